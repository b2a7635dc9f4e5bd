"""A new signing secret from a subscriber's page: made by the hub, shown in one answer and in no other."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from dispatch.admin.history import HistoricSubscriberAdmin
from dispatch.signing import public_key
from subscribers.models import Subscriber
from subscribers.secrets import (
    LONGEST_OVERLAP_HOURS,
    OVERLAP,
    OverlapRunningError,
    new_private_key,
    new_shared_secret,
    overlap_end,
    rotate,
)

HOUR = timedelta(hours=1)
MAKERS = {"shared": new_shared_secret, "ed25519": new_private_key}


class RotationForm(forms.Form):
    """`running_until`: when the overlap of an earlier rotation ends, which only a switch ends sooner."""

    kind = forms.ChoiceField(
        choices=[("shared", "A shared key (HMAC)"), ("ed25519", "A private key (Ed25519)")],
        widget=UnfoldAdminSelectWidget,
        help_text="Of a private key, receivers get the public one, which can sign nothing.",
    )
    overlap_hours = forms.FloatField(
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        initial=OVERLAP / HOUR,
        widget=UnfoldAdminTextInputWidget,
        help_text="For so long requests carry the signature of the old secret as well. 0: the old one ends now.",
    )
    force = forms.BooleanField(required=False, label="Force it", widget=UnfoldBooleanSwitchWidget)

    def __init__(self, data: Any = None, *, running_until: datetime | None = None) -> None:
        super().__init__(data)
        if running_until is None:
            del self.fields["force"]
        else:
            self.fields["force"].help_text = (
                f"Until {running_until:%Y-%m-%d %H:%M:%S} UTC requests carry the signature of the secret before as "
                "well, for receivers that know no other. With this it ends now."
            )

    @property
    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap_hours"])


class RotatingSubscriberAdmin(HistoricSubscriberAdmin):
    """Adds *New secret* to a subscriber's page."""

    @action(description="New secret", icon="key", permissions=["change"])
    def rotate_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The secret stands in the answer to the confirmation and in no session; no page of the admin is cached."""
        subscriber = self._asked_for(request, object_id)
        data = request.POST if request.method == "POST" else None
        form = RotationForm(data, running_until=overlap_end(subscriber))
        made = _rotated(subscriber, form) if form.is_valid() else {}
        return self._page(request, subscriber, "rotation.html", "New secret of", {"form": form, **made})


def _rotated(subscriber: Subscriber, form: RotationForm) -> dict[str, Any]:
    """What the page shows of the new secret; nothing, and the form says why, if it is refused."""
    secret = MAKERS[form.cleaned_data["kind"]]()
    try:
        rotate(subscriber, secret, form.overlap, force=form.cleaned_data.get("force", False))
    except OverlapRunningError as error:
        form.add_error(None, str(error))
        return {}
    return {"secret": secret, "public_key": public_key(secret), "until": subscriber.previous_secret_until}
