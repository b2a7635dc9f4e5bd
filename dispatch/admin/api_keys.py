"""API keys in the admin: made, shown once, deleted when they are to hold no longer."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from dispatch.api import keys
from dispatch.models import ApiKey
from dispatch.scopes import SCOPES


class ApiKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {meaning}") for scope, meaning in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="What whoever holds the key may do: at least one, and no more than the machine needs.",
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "expires_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    form = ApiKeyForm
    list_display = ("name", "shown_prefix", "shown_scopes", "shown_state", "last_used_at", "created_by")
    list_fullwidth = True
    empty_text = "A program needs a key to call the management API. Add the first one."
    fields = ("name", "scopes", "expires_at")
    readonly_fields = ("shown_prefix", "created_by", "created_at", "last_used_at")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields if obj is None else (*self.fields, *self.readonly_fields)

    @display(description="Begins with")
    def shown_prefix(self, key: ApiKey) -> str:
        return format_html("<code>{}…</code>", key.prefix)

    @display(description="Scopes")
    def shown_scopes(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="State", label={"holds": "success", "expired": "warning"})
    def shown_state(self, key: ApiKey) -> tuple[str, str]:
        return ("holds", "Holds") if key.holds_at(timezone.now()) else ("expired", "Expired")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        text = keys.new_key()
        obj.created_by = request.user.get_username()
        keys.seal(obj, text).save()
        shown = '<code class="switch-code">{}</code> Copy it now: it is not kept, and never shown again.'
        messages.success(request, format_html(shown, text))
