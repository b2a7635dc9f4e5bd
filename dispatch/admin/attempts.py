"""Attempts in the admin: what was sent, what came back, and how long each phase took."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.decorators import display

from dispatch.admin.explaining import shown_body
from dispatch.admin.ledger import LedgerAdmin, as_id, code, link, short
from dispatch.building import EventContent
from dispatch.ledger.loading import LoadedEvent
from dispatch.models import Attempt
from dispatch.viewing import seen_error, seen_headers, seen_text, seen_url

PHASES = (
    ("name found", "name_lookup_ms"),
    ("connected", "connect_ms"),
    ("TLS agreed", "tls_ms"),
    ("first byte", "first_byte_ms"),
    ("done", "total_ms"),
)
RESULT_SHOWN = 70
URL_SHOWN = 45


@admin.register(Attempt)
class AttemptAdmin(LedgerAdmin):
    list_display = ("started", "shown_delivery", "subscriber_link", "number", "result_begin", "total", "request_begin")
    list_display_links = ("started",)
    search_fields = ("delivery__id",)
    search_help_text = "A delivery's id"
    fieldsets = (
        (None, {"fields": ("delivery_link", "subscriber_link", "number", "started_at", "result", "took")}),
        ("Request", {"fields": ("shown_request", "shown_headers", "shown_body")}),
        ("Response", {"fields": ("status", "shown_response_headers", "shown_response_body", "shown_error")}),
    )
    readonly_fields = (
        *("delivery_link", "subscriber_link", "result", "took", "shown_request", "shown_headers", "shown_body"),
        *("shown_response_headers", "shown_response_body", "shown_error"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        attempts = Attempt.objects.select_related("delivery__subscriber")
        if request.resolver_match and request.resolver_match.url_name == "dispatch_attempt_changelist":
            return attempts.defer("request_headers", "response_headers", "response_body")
        return attempts.select_related("delivery__event")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(delivery_id=as_id(term)) if term else queryset), False

    @display(description="Started")
    def started(self, attempt: Attempt) -> str:
        return f"{attempt.started_at:%Y-%m-%d %H:%M:%S}"

    @display(description="Delivery")
    def delivery_link(self, attempt: Attempt) -> str:
        return link(attempt.delivery)

    @display(description="Subscriber")
    def subscriber_link(self, attempt: Attempt) -> str:
        subscriber = attempt.delivery.subscriber
        return f"{subscriber} (deleted)" if subscriber.deleted_at else link(subscriber)

    @display(description="Result")
    def result(self, attempt: Attempt) -> str:
        return str(attempt.status or seen_error(attempt.error))

    @display(description="Delivery")
    def shown_delivery(self, attempt: Attempt) -> str:
        return link(attempt.delivery, short(attempt.delivery_id))

    @display(description="Result")
    def result_begin(self, attempt: Attempt) -> str:
        return Truncator(self.result(attempt)).chars(RESULT_SHOWN)

    @display(description="Took")
    def total(self, attempt: Attempt) -> str:
        return f"{attempt.total_ms:,.1f} ms"

    @display(description="Took")
    def took(self, attempt: Attempt) -> str:
        reached = [(name, getattr(attempt, field)) for name, field in PHASES]
        return " · ".join(f"{name} {value:,.1f} ms" for name, value in reached if value is not None)

    @display(description="Request")
    def shown_request(self, attempt: Attempt) -> str:
        return format_html("<code>{} {}</code>", attempt.method, seen_url(attempt.url))

    @display(description="Request")
    def request_begin(self, attempt: Attempt) -> str:
        return format_html("<code>{} {}</code>", attempt.method, Truncator(seen_url(attempt.url)).chars(URL_SHOWN))

    @display(description="Headers")
    def shown_headers(self, attempt: Attempt) -> str:
        return code(seen_headers(attempt.request_headers))

    @display(description="Body")
    def shown_body(self, attempt: Attempt) -> str:
        """Built from the event as it was for the request: the ledger keeps it once, not for every attempt."""
        event = attempt.delivery.event
        body = EventContent(LoadedEvent(event.pk, event.topic, event.author, event.payload)).body
        return code(shown_body(body)) if body else "none"

    @display(description="Headers")
    def shown_response_headers(self, attempt: Attempt) -> str:
        return code(seen_headers(attempt.response_headers))

    @display(description="Body, its first 4 KiB")
    def shown_response_body(self, attempt: Attempt) -> str:
        return code(seen_text(attempt.response_body))

    @display(description="Error")
    def shown_error(self, attempt: Attempt) -> str:
        return seen_error(attempt.error) or "—"
