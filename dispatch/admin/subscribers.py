"""Subscribers in the admin, with all that their deliveries add."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.decorators import action, display

from dispatch.admin import trials, workbench
from dispatch.admin.bars import SubscriberBar
from dispatch.admin.files import FiledSubscriberAdmin
from dispatch.admin.health import HealthSubscriberAdmin
from dispatch.admin.ledger import CursorAdmin
from dispatch.admin.past_events import PastEventsSubscriberAdmin
from dispatch.admin.releasing import release_view
from dispatch.admin.resuming import ResumingSubscriberAdmin
from dispatch.admin.rotating import RotatingSubscriberAdmin
from dispatch.models import Delivery
from dispatch.resuming import settle_deleted, waiting
from dispatch.shown.times import PROGRESS, TIMES
from dispatch.viewing import seen_error
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet


@admin.register(Subscriber)
class DeliveredSubscriberAdmin(
    CursorAdmin,
    HealthSubscriberAdmin,
    ResumingSubscriberAdmin,
    PastEventsSubscriberAdmin,
    RotatingSubscriberAdmin,
    FiledSubscriberAdmin,
):
    """What a subscriber is by itself, the app `subscribers` shows; it knows nothing of deliveries."""

    bar_class = SubscriberBar
    sortable_by = ("title", "topic")
    empty_text = "A subscriber wants the events of a topic, sent to a URL. Add the first one, or import a file of them."
    compared_text = "The search finds any part of a name, topic, target URL or filter; the topic above is one in full."
    change_form_outer_after_template = "dispatch/admin/workbench.html"
    actions_detail = ("pause", "resume", "replay_dead", "deliver_past", "rotate_secret", "why_not")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(release_view, self))
        held = path("<int:subscriber_id>/held/", view, name="subscribers_subscriber_held")
        return [held, *workbench.urls(self.admin_site), *trials.urls(self.admin_site), *super().get_urls()]

    @display(description="Last filter error")
    def shown_last_filter_error(self, subscriber: Subscriber) -> str:
        return seen_error(super().shown_last_filter_error(subscriber))

    class Media:
        js = [TIMES, PROGRESS]

    @action(description="Why not?", icon="help", permissions=["view"])
    def why_not(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Where the event is named."""
        return redirect(reverse("why_not", query={"subscriber": object_id}))

    @action(description="Replay dead", icon="replay", permissions=["replay"])
    def replay_dead(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Where the state and a time span can be chosen."""
        criteria = {"subscriber": object_id, "state": Delivery.State.DEAD.value}
        return redirect(reverse("admin:dispatch_replay_new", query=criteria))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        """Pause for one that is active, resume for one that is paused."""
        subscriber = self.get_object(request, str(object_id))  # None for what is no id
        is_paused = subscriber is not None and subscriber.is_paused
        hidden = "subscribers_subscriber_pause" if is_paused else "subscribers_subscriber_resume"
        return [each for each in super().get_actions_detail(request, object_id) if each.action_name != hidden]

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Says what happens to the deliveries that still wait."""
        subscribers = list(objs)
        named, counts, lacking, protected = super().get_deleted_objects(subscribers, request)
        counts["deliveries that still wait, and are cancelled"] = waiting([each.pk for each in subscribers])
        return named, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        super().delete_model(request, obj)
        self._settle(request, [obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: SubscriberQuerySet) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)
        self._settle(request, ids)

    def _settle(self, request: HttpRequest, ids: list[int]) -> None:
        if settled := settle_deleted(ids):
            messages.info(request, f"Deliveries that were waiting and are cancelled: {settled:,}.")
