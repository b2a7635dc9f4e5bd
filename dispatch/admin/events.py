"""Events in the admin: what was published, and what became of it."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from dispatch.admin.announcing import AnnouncingAdmin
from dispatch.admin.bars import EventBar
from dispatch.admin.explaining import shown_payload
from dispatch.admin.ledger import LedgerAdmin, as_id, code
from dispatch.admin.timeline import DELIVERIES_SHOWN, lines_of
from dispatch.admin.why_not import WhyForm
from dispatch.models import Event
from dispatch.shown.times import EXCHANGES, shown_time

#: Counting by state reads a row for each delivery.
DELIVERIES_COUNTED = 10_000


@admin.register(Event)
class EventAdmin(AnnouncingAdmin, LedgerAdmin):
    list_display = ("received", "topic", "author", "matched_count", "shown_size", "shown_id")
    bar_class = EventBar
    empty_text = "Publish one: manage.py publish, or POST /publish. What a filter leaves out is not shown."
    search_fields = ("id",)
    search_help_text = "An event's id, or a topic in full"
    change_form_outer_before_template = "dispatch/admin/event_deliveries.html"
    change_form_outer_after_template = "dispatch/admin/event_why.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("topic", "author", "received_long", "matched_count", "idempotency_key"),
                    *("shown_size", "shown_id", "payload_shown"),
                )
            },
        ),
    )
    readonly_fields = ("received_long", "matched_count", "shown_size", "shown_id", "payload_shown")

    class Media:
        js = [EXCHANGES]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        events = Event.objects.all()
        is_list = bool(request.resolver_match and request.resolver_match.url_name == "dispatch_event_changelist")
        return events.defer("payload", "attributes") if is_list else events

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By id or topic, which have an index; a search within the text of a million rows would take too long."""
        term = search_term.strip()
        if not term:
            return queryset, False
        event_id = as_id(term)
        return queryset.filter(pk=event_id) if event_id else queryset.filter(topic=term), False

    @display(description="Received")
    def received(self, event: Event) -> str:
        return shown_time(event.received_at)

    @display(description="Received")
    def received_long(self, event: Event) -> str:
        return shown_time(event.received_at, is_long=True)

    @display(description="Subscribers")
    def matched_count(self, event: Event) -> str:
        return "being worked out" if event.matched is None else f"{event.matched:,}"

    @display(description="Size")
    def shown_size(self, event: Event) -> str:
        return filesizeformat(event.size)

    @display(description="Id")
    def shown_id(self, event: Event) -> str:
        return format_html("<code>{}</code>", event.pk)

    @display(description="Payload")
    def payload_shown(self, event: Event) -> str:
        return code(shown_payload(event.payload))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        event = self.get_object(request, object_id) if object_id else None
        context = (extra_context or {}) | (self._deliveries(event) if event else {})
        return super().changeform_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    def _deliveries(self, event: Model) -> dict[str, Any]:
        assert isinstance(event, Event)  # noqa: S101 - the admin of events has no others
        deliveries = event.deliveries.select_related("subscriber").order_by("id")
        is_countable = event.matched is not None and event.matched <= DELIVERIES_COUNTED
        return {
            "event": event,
            "lines": lines_of(list(deliveries[:DELIVERIES_SHOWN])),
            "why_form": WhyForm(auto_id="why-%s"),
            "states": deliveries.by_state() if is_countable else {},
            "all_deliveries_url": reverse("admin:dispatch_delivery_changelist", query={"event": event.pk}),
        }
