"""The form in which an operator writes a subscriber."""

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from subscribers.models import Subscriber


class SubscriberForm(forms.ModelForm):
    """A stored secret is never sent to the browser: an empty field keeps it, a switch removes it."""

    remove_secret = forms.BooleanField(
        required=False, widget=UnfoldBooleanSwitchWidget, help_text="Requests are no longer signed."
    )

    class Meta:
        model = Subscriber
        fields = (
            *("name", "topic", "filter_expression", "target_url", "secret"),
            *("retry_limit", "connect_timeout_seconds", "idle_timeout_seconds", "total_timeout_seconds"),
            *("max_in_flight", "rate_limit_per_second", "body_format"),
        )
        labels = {"target_url": "Target URL"}
        widgets = {
            "filter_expression": UnfoldAdminTextareaWidget({"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
            "secret": UnfoldAdminPasswordWidget({"autocomplete": "new-password"}, render_value=False),
            "target_url": UnfoldAdminTextInputWidget({"placeholder": "http://billing:8000/orders/:order_id"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("retry_limit", 25)
            self.initial.setdefault("body_format", Subscriber.Format.PLAIN)
        if "topic" in self.fields:
            # A publish keeps every blank of its topic.
            self.fields["topic"].strip = False  # type: ignore[attr-defined] # it is a CharField
        if "body_format" in self.fields:
            self.fields["body_format"].required = False
        if "secret" in self.fields and self._has_secret:
            self.fields["secret"].help_text = "It has one, which is not shown. Empty keeps it."

    @property
    def _has_secret(self) -> bool:
        return bool(self.instance.pk and self.instance.secret)

    def clean_name(self) -> str:
        """The constraint's condition names a field that is not in the form, so Django leaves it to the database."""
        name: str = self.cleaned_data["name"]
        others = Subscriber.objects.existing().exclude(pk=self.instance.pk)
        if name and others.filter(name=name).exists():
            raise forms.ValidationError("Another subscriber has this name.", code="name_taken")
        return name

    def clean_body_format(self) -> str:
        """Nothing said: as it was."""
        return str(self.cleaned_data["body_format"] or self.initial["body_format"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("remove_secret"):
            cleaned["secret"] = ""
        elif self._has_secret and not cleaned.get("secret"):
            cleaned["secret"] = self.initial["secret"]
        return cleaned

    @property
    def changed_fields(self) -> list[str]:
        """The model's fields to write: those that the operator changed, and no others."""
        names = [name for name in SubscriberForm.Meta.fields if name in self.cleaned_data]
        return [name for name in names if self.cleaned_data[name] != self.initial.get(name)]


class PauseForm(BaseDialogForm):
    reason = forms.CharField(
        max_length=400,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Shown to whoever wonders why it is paused.",
    )
