"""Replays in the admin: what was asked for, how far it is, and a stop."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display

from dispatch.admin.announcing import AnnouncingAdmin
from dispatch.admin.bars import ReplayBar
from dispatch.admin.counted import ask_for, counted, is_asked
from dispatch.admin.forms import ReplayForm
from dispatch.admin.ledger import LedgerAdmin, as_id, badge
from dispatch.admin.progress import progress_view
from dispatch.models import Replay
from dispatch.replays.requesting import stop
from dispatch.replays.selecting import Count, count_replayable
from dispatch.replays.telling import about, speed
from dispatch.shown.progress import shown_progress
from dispatch.shown.times import PROGRESS, shown_time

STATUS_LABELS = {"running": "info", "stopped": "warning", "done": "success"}


@admin.register(Replay)
class ReplayAdmin(AnnouncingAdmin, LedgerAdmin):
    list_display = ("created", "shown_what", "shown_status", "shown_progress", "shown_speed", "requested_by")
    list_display_links = ("created", "shown_what")
    bar_class = ReplayBar
    empty_text = "A replay sends settled deliveries again: filter the list of deliveries, or begin with New replay."
    actions_list = ("new",)
    actions_row = ("stop",)
    actions_detail = ("stop",)
    fields = (
        *("shown_what", "status_badge", "shown_progress", "shown_refused", "shown_speed", "requested_by"),
        *("created_long", "finished", "deliveries_link", "shown_id"),
    )
    readonly_fields = (
        *("shown_what", "status_badge", "shown_progress", "shown_refused", "shown_speed"),
        *("created_long", "finished", "deliveries_link", "shown_id"),
    )

    class Media:
        js = [PROGRESS]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(progress_view, self))
        return [path("<uuid:replay_id>/progress/", view, name="dispatch_replay_progress"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        return Replay.objects.select_related("subscriber")

    @display(description="Asked for")
    def created(self, replay: Replay) -> str:
        return shown_time(replay.created_at)

    @display(description="Asked for")
    def created_long(self, replay: Replay) -> str:
        return shown_time(replay.created_at, is_long=True)

    @display(description="Finished")
    def finished(self, replay: Replay) -> str:
        return shown_time(replay.finished_at, is_long=True)

    @display(description="What")
    def shown_what(self, replay: Replay) -> str:
        text = about(replay)
        return text[0].upper() + text[1:]

    @display(description="Status", label=STATUS_LABELS)
    def shown_status(self, replay: Replay) -> tuple[str, str]:
        return replay.status, replay.get_status_display().capitalize()

    @display(description="Status")
    def status_badge(self, replay: Replay) -> str:
        return badge(replay.status, replay.get_status_display())

    @display(description="Progress")
    def shown_progress(self, replay: Replay) -> str:
        return shown_progress(replay)

    @display(description="Left out")
    def shown_refused(self, replay: Replay) -> str:
        rows = ((f"{number:,}", reason) for reason, number in replay.refused.items())
        return format_html_join("\n", "{}: {}<br>", rows) or "none"

    @display(description="Rate")
    def shown_speed(self, replay: Replay) -> str:
        return speed(replay) if replay.has_criteria else "at once"

    @display(description="Deliveries")
    def deliveries_link(self, replay: Replay) -> str:
        url = reverse("admin:dispatch_delivery_changelist", query={"replay": replay.pk})
        return format_html('<a class="switch-link" href="{}">Show what it has made</a>', url)

    @display(description="Id")
    def shown_id(self, replay: Replay) -> str:
        return format_html("<code>{}</code>", replay.pk)

    @action(description="New replay", icon="add", url_path="new", permissions=["replay"])
    def new(self, request: HttpRequest) -> HttpResponse:
        """Counts what would be sent again, and asks for the replay once the count was seen."""
        form = ReplayForm(request.POST or request.GET or None)
        if is_asked(request, form):
            return ask_for(request, form.wished)
        return self._page(request, form, counted(request, form, count_replayable))

    def _page(self, request: HttpRequest, form: ReplayForm, number: Count | None) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": "New replay",
            "form": form,
            "verb": "Replay",
            "counted": number,
            "about": about(form.wished, is_one=number.is_one) if number else "",
            "media": self.media,
        }
        return render(request, "dispatch/admin/new_replay.html", context)

    @action(
        description="Stop",
        icon="stop_circle",
        permissions=["replay"],
        dialog={
            "title": "Stop this replay?",
            "description": "It makes no more deliveries. Those that it has made are still sent.",
            "form_class": None,
            "form_submit_text": "Stop",
        },
    )
    def stop(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        replay_id = as_id(object_id)
        if replay_id and stop(replay_id):
            messages.success(request, "Stopped. What it has made is still sent.")
        else:
            messages.warning(request, "It was over already.")
        url = reverse("admin:dispatch_replay_change", args=[object_id])
        # The dialog is submitted by htmx, which follows this header.
        return HttpResponse(headers={"HX-Redirect": url})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        """A stop for one that runs."""
        replay = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if replay and replay.is_running else []
