"""Deliveries in the admin: where each stands, what was tried, and replay."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from unfold.decorators import action, display

from dispatch.admin.explaining import STATE_LABELS, last_result, next_step
from dispatch.admin.ledger import LedgerAdmin, PointedFilter, as_id, badge, link, short
from dispatch.admin.matching import replay_matching, tell
from dispatch.models import Delivery, Event, Replay
from dispatch.replaying import replay
from dispatch.replays.telling import about
from dispatch.viewing import seen_error
from subscribers.models import Subscriber

ATTEMPTS_SHOWN = 50
REPLAYS_SHOWN = 20
RESULT_SHOWN = 70


class SubscriberFilter(PointedFilter):
    title = "subscriber"
    parameter_name = "subscriber"
    field = "subscriber_id"
    model = Subscriber


class EventFilter(PointedFilter):
    title = "event"
    parameter_name = "event"
    field = "event_id"
    model = Event


class ReplayFilter(PointedFilter):
    title = "replay"
    parameter_name = "replay"
    field = "replay_id"
    model = Replay


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    list_display = ("created", "topic", "subscriber_link", "shown_state", "attempts", "result_begin", "shown_event")
    list_display_links = ("created",)
    list_filter = ("state", SubscriberFilter, EventFilter, ReplayFilter)
    search_fields = ("id",)
    search_help_text = "The id of a delivery or of its event, or a subscriber's name in full"
    actions = ("replay_selected",)
    actions_detail = ("replay_one",)
    change_form_after_template = "dispatch/admin/delivery_attempts.html"
    list_before_template = "dispatch/admin/replay_matching.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("state_badge", "what_next", "subscriber_link", "event_link", "shown_result", "shown_error"),
                    *(
                        "attempts",
                        "failures",
                        "created_at",
                        "settled_at",
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
        *("shown_id", "first_delivery", "replays", "replay_link"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return Delivery.objects.select_related("event", "subscriber").defer("event__payload", "event__attributes")

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
        context = (extra_context or {}) | {"can_replay": self.has_replay_permission(request)}
        return super().changelist_view(request, context)  # type: ignore[no-any-return]

    @display(description="Created")
    def created(self, delivery: Delivery) -> str:
        return f"{delivery.created_at:%Y-%m-%d %H:%M:%S}"

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
            attempts = delivery.tries.order_by("-number").defer("request_headers", "response_headers", "response_body")
            extra_context = (extra_context or {}) | {"attempts": attempts[:ATTEMPTS_SHOWN]}
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    @admin.action(description="Replay", permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        tell(request, replay(list(queryset.values_list("pk", flat=True)), request.user.get_username()))

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
