"""Attempts in the admin: what was sent, what came back, what that means, and how long each phase took."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.decorators import display

from dispatch.admin.announcing import AnnouncingAdmin
from dispatch.admin.bars import AttemptBar
from dispatch.admin.ledger import LedgerAdmin, as_id, link, short
from dispatch.admin.timeline import full_step
from dispatch.meanings import meaning
from dispatch.models import Attempt
from dispatch.shown.times import COPYING, shown_time
from dispatch.viewing import seen_error, seen_url

RESULT_SHOWN = 70
URL_SHOWN = 45


@admin.register(Attempt)
class AttemptAdmin(AnnouncingAdmin, LedgerAdmin):
    list_display = ("started", "shown_delivery", "subscriber_link", "number", "result_begin", "total", "request_begin")
    list_display_links = ("started",)
    bar_class = AttemptBar
    empty_text = "Attempts come with deliveries: publish an event that a subscriber takes, and run a consumer."
    search_fields = ("delivery__id",)
    search_help_text = "A delivery's id"
    change_form_outer_after_template = "dispatch/admin/attempt_exchange.html"
    fields = readonly_fields = ("delivery_link", "subscriber_link", "number", "started_long", "result", "shown_meaning")

    class Media:
        js = [COPYING]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        attempts = Attempt.objects.select_related("delivery__subscriber")
        if request.resolver_match and request.resolver_match.url_name == "dispatch_attempt_changelist":
            return attempts.defer("request_headers", "response_headers", "response_body")
        return attempts.select_related("delivery__event")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.exchange)
        return [path("<int:attempt_id>/exchange/", view, name="dispatch_attempt_exchange"), *super().get_urls()]

    def exchange(self, request: HttpRequest, attempt_id: int) -> HttpResponse:
        """Request and response alone, for a timeline that does not hold them: exchanges.js puts them there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        step = full_step(get_object_or_404(self.get_queryset(request), pk=attempt_id))
        return render(request, "dispatch/admin/exchange.html", {"attempt": step.attempt, "sent": step.sent})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(delivery_id=as_id(term)) if term else queryset), False

    @display(description="Started")
    def started(self, attempt: Attempt) -> str:
        return shown_time(attempt.started_at)

    @display(description="Started")
    def started_long(self, attempt: Attempt) -> str:
        return shown_time(attempt.started_at, is_long=True)

    @display(description="What it means")
    def shown_meaning(self, attempt: Attempt) -> str:
        return str(meaning(attempt.status, attempt.error_kind))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        attempt = self.get_object(request, object_id) if object_id else None
        context = (extra_context or {}) | ({"step": full_step(attempt)} if isinstance(attempt, Attempt) else {})
        return super().changeform_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

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

    @display(description="Request")
    def request_begin(self, attempt: Attempt) -> str:
        return format_html("<code>{} {}</code>", attempt.method, Truncator(seen_url(attempt.url)).chars(URL_SHOWN))
