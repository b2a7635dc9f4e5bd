"""Import and export of subscribers in the admin: a file is looked through first, then applied as it was shown."""

import base64
import binascii
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget

from dispatch.admin.history import HistoricSubscriberAdmin
from dispatch.applying import CHANGED, NEW, SAME, Applied, apply, format_of
from subscribers.acting import because
from subscribers.files import FORMATS, FileRefusedError
from subscribers.models import Subscriber
from subscribers.resources import SubscriberResource

#: The endings offered; `yml` is read as well.
OFFERED = ("yaml", "json", "csv")


class FileForm(forms.Form):
    """A file to look through; then the same file, carried along in the page, to be applied."""

    file = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget({"accept": ".yaml,.yml,.json,.csv"}),
        help_text="YAML, JSON or CSV, as an export has it. What a file does not say stays as it is.",
    )
    name = forms.CharField(required=False, widget=forms.HiddenInput)
    # Not as text: browsers write its ends of lines anew.
    content = forms.CharField(required=False, widget=forms.HiddenInput)

    data_read: bytes
    file_format: Any

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = cleaned.get("file")
        if given is None and not cleaned.get("content"):
            raise forms.ValidationError("Choose a file.", code="no_file")
        cleaned["name"] = given.name if given else cleaned["name"]
        try:
            self.data_read = given.read() if given else base64.b64decode(cleaned["content"], validate=True)
            self.file_format = format_of(cleaned["name"])
        except (FileRefusedError, binascii.Error) as error:
            raise forms.ValidationError(str(error), code="refused") from error
        return cleaned

    @property
    def carried(self) -> dict[str, str]:
        return {"name": self.cleaned_data["name"], "content": base64.b64encode(self.data_read).decode()}


class FiledSubscriberAdmin(HistoricSubscriberAdmin):
    """Adds import and export to the list of subscribers."""

    actions_list = ("files",)

    @action(description="Import / export", icon="swap_vert", url_path="files")
    def files(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_import = self.has_add_permission(request) and self.has_change_permission(request)
        if request.method == "POST" and not may_import:
            raise PermissionDenied
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        applied = self._apply(request, form) if form.is_bound and form.is_valid() else None
        if applied and not applied.refusals and "confirmed" in request.POST:
            return self._done(request, applied)
        return TemplateResponse(request, "dispatch/admin/files.html", self._context(request, form, applied, may_import))

    def _apply(self, request: HttpRequest, form: FileForm) -> Applied | None:
        try:
            with because(f"Imported from {form.cleaned_data['name']}."):
                return apply(form.data_read, form.file_format, dry_run="confirmed" not in request.POST)
        except FileRefusedError as error:
            form.add_error(None, str(error))
            return None

    def _done(self, request: HttpRequest, applied: Applied) -> HttpResponse:
        counts = f"{applied.count(NEW)} created, {applied.count(CHANGED)} changed, {applied.count(SAME)} as they were"
        messages.success(request, f"Imported: {counts}.")
        return redirect("admin:subscribers_subscriber_changelist")

    def _context(
        self, request: HttpRequest, form: FileForm, applied: Applied | None, may_import: bool
    ) -> dict[str, Any]:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import and export of subscribers",
            "opts": self.opts,
            "formats": OFFERED,
            "may_import": may_import,
            "form": form,
            "applied": applied,
        }
        if applied:
            shown = [row for row in applied.rows if row.act != SAME]
            counts = {"created": applied.count(NEW), "changed": applied.count(CHANGED), "same": applied.count(SAME)}
            context |= {"rows": shown, "counts": counts, "carried": form.carried}
        return context

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export_view)
        return [path("files/<str:ending>", export, name="subscribers_subscriber_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, ending: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if ending not in OFFERED:
            raise Http404
        file_format = FORMATS[ending]()
        text = file_format.export_data(SubscriberResource().export(Subscriber.objects.existing()))
        headers = {"Content-Disposition": f'attachment; filename="subscribers.{ending}"'}
        return HttpResponse(text, content_type=f"{file_format.CONTENT_TYPE}; charset=utf-8", headers=headers)
