"""Deliveries in the admin: where each stands, what was tried, and replay."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from unfold.decorators import action, display

from dispatch import intervening
from dispatch.admin.announcing import AnnouncingAdmin
from dispatch.admin.bars import DeliveryBar
from dispatch.admin.explaining import STATE_LABELS, last_result, next_step
from dispatch.admin.ledger import LedgerAdmin, as_id, badge, link, short
from dispatch.admin.matching import replay_matching, tell
from dispatch.admin.timeline import line_of
from dispatch.admin.trying_now import TryNowForm
from dispatch.intervening import is_left_alone, why_held_then, why_not_now
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import SETTLED
from dispatch.replaying import replay
from dispatch.replays.telling import about
from dispatch.shown.times import COPYING, EXCHANGES, PROGRESS, shown_time
from dispatch.viewing import seen_error
from subscribers.models import Subscriber

REPLAYS_SHOWN = 20
RESULT_SHOWN = 70
#: Replays whose progress the list shows above itself.
RUNNING_SHOWN = 3
#: What an operator can do with a delivery that is not held, by its state.
ALLOWED: dict[str, tuple[str, ...]] = {
    Delivery.State.PENDING: ("try_now", "stop_trying"),
    **dict.fromkeys(SETTLED, ("replay_one",)),
}


@admin.register(Delivery)
class DeliveryAdmin(AnnouncingAdmin, LedgerAdmin):
    list_display = ("created", "topic", "subscriber_link", "shown_state", "attempts", "result_begin", "shown_event")
    list_display_links = ("created",)
    bar_class = DeliveryBar
    empty_text = "A publish makes them, where a subscriber wants the topic and its filter takes the event."
    search_fields = ("id",)
    search_help_text = "The id of a delivery or of its event, or a subscriber's name in full"
    actions = ("replay_selected",)
    actions_detail = ("try_now", "stop_trying", "replay_one")
    change_form_outer_before_template = "dispatch/admin/delivery_attempts.html"
    list_above_template = "dispatch/admin/replay_matching.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("state_badge", "what_next", "subscriber_link", "event_link", "shown_result", "shown_error"),
                    *(
                        "attempts",
                        "failures",
                        "created_long",
                        "settled",
                        "shown_id",
                        "first_delivery",
                        "replays",
                        "replay_link",
                    ),
                )
            },
        ),
    )
    readonly_fields = (
        *("state_badge", "what_next", "subscriber_link", "event_link", "shown_result", "shown_error"),
        *("created_long", "settled", "shown_id", "first_delivery", "replays", "replay_link"),
    )

    class Media:
        js = [COPYING, EXCHANGES, PROGRESS]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        is_list = bool(request.resolver_match and request.resolver_match.url_name == "dispatch_delivery_changelist")
        if is_list:
            lean = Delivery.objects.select_related("event", "subscriber")
            return lean.defer("event__payload", "event__attributes")
        return Delivery.objects.select_related("event", "subscriber", "replay__subscriber")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what has an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if searched := as_id(term):
            found = queryset.filter(pk=searched)
            return (found if found.exists() else queryset.filter(event_id=searched)), False
        named = Subscriber.objects.filter(name=term).values_list("pk", flat=True)
        return queryset.filter(subscriber_id__in=list(named)), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(replay_matching, self))
        return [path("replay-matching/", view, name="dispatch_delivery_replay_matching"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        running = Replay.objects.filter(status=Replay.Status.RUNNING).select_related("subscriber")[:RUNNING_SHOWN]
        context = (extra_context or {}) | {"can_replay": self.has_replay_permission(request), "running": running}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    @display(description="Created")
    def created(self, delivery: Delivery) -> str:
        return shown_time(delivery.created_at)

    @display(description="Created")
    def created_long(self, delivery: Delivery) -> str:
        return shown_time(delivery.created_at, is_long=True)

    @display(description="Settled")
    def settled(self, delivery: Delivery) -> str:
        return shown_time(delivery.settled_at, is_long=True)

    @display(description="Topic")
    def topic(self, delivery: Delivery) -> str:
        return delivery.event.topic

    @display(description="Subscriber")
    def subscriber_link(self, delivery: Delivery) -> str:
        if delivery.subscriber.deleted_at:
            return f"{delivery.subscriber} (deleted)"
        return link(delivery.subscriber)

    @display(description="Event")
    def event_link(self, delivery: Delivery) -> str:
        return link(delivery.event, delivery.event_id)

    @display(description="State", label=STATE_LABELS)
    def shown_state(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.state, Delivery.State(delivery.state).label.capitalize()

    @display(description="State")
    def state_badge(self, delivery: Delivery) -> str:
        return badge(delivery.state, delivery.get_state_display())

    @display(description="Event")
    def shown_event(self, delivery: Delivery) -> str:
        return link(delivery.event, short(delivery.event_id))

    @display(description="Last result")
    def result_begin(self, delivery: Delivery) -> str:
        return Truncator(last_result(delivery)).chars(RESULT_SHOWN)

    @display(description="Last result")
    def shown_result(self, delivery: Delivery) -> str:
        return last_result(delivery)

    @display(description="Last error")
    def shown_error(self, delivery: Delivery) -> str:
        return seen_error(delivery.last_error) or "—"

    @display(description="What happens next")
    def what_next(self, delivery: Delivery) -> str:
        return next_step(delivery)

    @display(description="Id")
    def shown_id(self, delivery: Delivery) -> str:
        return format_html("<code>{}</code>", delivery.pk)

    @display(description="Replay of")
    def first_delivery(self, delivery: Delivery) -> str:
        if delivery.replay_of_id is None:
            return "—"
        first = Delivery.objects.filter(pk=delivery.replay_of_id).first()
        return (
            link(first) if first else format_html("<code>{}</code>, which retention has removed", delivery.replay_of_id)
        )

    @display(description="Made by")
    def replay_link(self, delivery: Delivery) -> str:
        return link(delivery.replay, about(delivery.replay)) if delivery.replay else "the publish"

    @display(description="Replayed as")
    def replays(self, delivery: Delivery) -> str:
        newest = delivery.replays.order_by("-id")[:REPLAYS_SHOWN]
        return format_html_join("\n", "{} ({})<br>", ((link(each), each.state) for each in newest)) or "—"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        delivery = self.get_object(request, object_id) if object_id else None
        if isinstance(delivery, Delivery):
            extra_context = (extra_context or {}) | {"line": line_of(delivery)}
            if self.has_replay_permission(request):
                extra_context |= {"not_now": why_not_now(delivery), "held_then": why_held_then(delivery)}
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    @admin.action(description="Replay", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        tell(request, replay(list(queryset.values_list("pk", flat=True)), request.user.get_username()))

    @action(
        description="Try now",
        icon="bolt",
        permissions=["replay"],
        dialog={
            "title": "Try this delivery now?",
            "description": "Its next attempt is due at once, and not at the time that its schedule names. "
            "If it fails, the schedule goes on from there. Of a subscriber that is left alone because it kept failing, "
            "one delivery is sent to find out, this one or another.",
            "form_class": TryNowForm,
            "form_submit_text": "Try now",
        },
    )
    def try_now(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._intervene(request, intervening.try_now, object_id)

    @action(
        description="Stop trying",
        icon="stop_circle",
        permissions=["replay"],
        dialog={
            "title": "Stop trying this delivery?",
            "description": "It is cancelled: no attempt follows. It is kept, and can be replayed.",
            "form_class": None,
            "form_submit_text": "Stop trying",
        },
    )
    def stop_trying(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self._intervene(request, intervening.stop_trying, object_id)

    def _intervene(self, request: HttpRequest, act: Callable[[UUID], str], object_id: str) -> HttpResponse:
        try:
            messages.success(request, act(UUID(object_id)))
        except intervening.NotWaitingError as error:
            messages.warning(request, str(error))
        # The dialog is submitted by htmx, which follows this header.
        return HttpResponse(headers={"HX-Redirect": reverse("admin:dispatch_delivery_change", args=[object_id])})

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        """Those that its state allows."""
        delivery = self.get_object(request, str(object_id))
        allowed = _allowed(delivery) if isinstance(delivery, Delivery) else ()
        names = {f"dispatch_delivery_{name}" for name in allowed}
        return [each for each in super().get_actions_detail(request, object_id) if each.action_name in names]

    @action(
        description="Replay",
        icon="replay",
        permissions=["replay"],
        dialog={
            "title": "Replay this delivery?",
            "description": "The event is sent to the subscriber again, as the subscriber is now. "
            "Its webhook-id stays the same, so a careful receiver can tell that it has seen it.",
            "form_class": None,
            "form_submit_text": "Replay",
        },
    )
    def replay_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        replayed = replay([UUID(object_id)], request.user.get_username())
        tell(request, replayed)
        shown = replayed.deliveries[0].pk if replayed.deliveries else object_id
        # The dialog is submitted by htmx, which follows this header.
        return HttpResponse(headers={"HX-Redirect": reverse("admin:dispatch_delivery_change", args=[shown])})


def _allowed(delivery: Delivery) -> tuple[str, ...]:
    if delivery.state == Delivery.State.HELD:
        return ("try_now", "stop_trying") if is_left_alone(delivery) else ("stop_trying",)
    return ALLOWED.get(delivery.state, ())
