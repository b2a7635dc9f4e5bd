"""Forms that ask for much at once: it is counted first, and asked for once that count was seen."""

import json
from collections.abc import Callable
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from dispatch.models import Replay
from dispatch.reconciliation import living_consumers
from dispatch.replays.requesting import request as ask
from dispatch.replays.selecting import Count
from dispatch.replays.telling import LATER


class CountedForm(forms.Form):
    """`wished` is what a valid form asks for. What stands in the fields `decisive` decides how much that is."""

    decisive: ClassVar[tuple[str, ...]]

    counted_for = forms.CharField(required=False, widget=forms.HiddenInput)

    wished: Replay

    @property
    def criteria(self) -> str:
        """What was entered, to tell whether it has been changed since it was counted."""
        return json.dumps([self.data.get(name, "") for name in self.decisive])

    @property
    def is_confirmed(self) -> bool:
        return bool(self.cleaned_data["counted_for"] == self.criteria)


def is_asked(request: HttpRequest, form: CountedForm) -> bool:
    """Whether what the form says is to be done: its own count was seen, and nobody wants another one."""
    return request.method == "POST" and form.is_valid() and form.is_confirmed and "recount" not in request.POST


def counted(request: HttpRequest, form: CountedForm, count: Callable[[Replay], Count]) -> Count | None:
    """How much the form asks for; None as long as it is not filled in, or wrongly."""
    if not form.is_valid():
        return None
    if form.cleaned_data["counted_for"] and not form.is_confirmed:
        messages.warning(request, "What to send was changed: it is counted anew, and waits for your word.")
    return count(form.wished)


def ask_for(request: HttpRequest, wished: Replay) -> HttpResponse:
    """Leads to the page of the replay, where its progress is shown, and a stop."""
    replay = ask(wished, request.user.get_username())
    messages.success(request, "Asked for. The consumers carry it out, also when you leave this page.")
    if not living_consumers(timezone.now()):
        messages.warning(request, LATER)
    return redirect("admin:dispatch_replay_change", replay.pk)
