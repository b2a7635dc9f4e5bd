"""Alerts in the admin: what is wrong, what was, and what was said of it to whom."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from dispatch.admin.announcing import AnnouncingAdmin
from dispatch.admin.bars import AlertBar
from dispatch.admin.ledger import LedgerAdmin, badge, link
from dispatch.models import Alert, Notice
from dispatch.quantities import quantity
from dispatch.shown.times import shown_time

STATES = {"waits": "Not told yet", "open": "Open", "over": "Over"}


@admin.register(Alert)
class AlertAdmin(AnnouncingAdmin, LedgerAdmin):
    list_display = ("noticed", "shown_kind", "shown_state", "shown_subscriber", "sentence", "told", "ended")
    list_display_links = ("noticed", "shown_kind")
    bar_class = AlertBar
    empty_text = "Nothing was wrong, or alerts go nowhere: see SWITCH_ALERT_WEBHOOK_URL and SWITCH_ALERT_MAIL_TO."
    fields = (
        *("shown_kind", "state_badge", "shown_subscriber", "sentence"),
        *("since_long", "noticed_long", "told_long", "ended_long", "shown_notices"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        return Alert.objects.select_related("subscriber")

    @display(description="What")
    def shown_kind(self, alert: Alert) -> str:
        return str(alert.get_kind_display()).capitalize()

    @display(description="State", label={"waits": "info", "open": "danger", "over": "success"})
    def shown_state(self, alert: Alert) -> tuple[str, str]:
        return _state(alert), STATES[_state(alert)]

    @display(description="State")
    def state_badge(self, alert: Alert) -> str:
        return badge({"open": "dead", "over": "delivered"}.get(_state(alert), "pending"), STATES[_state(alert)])

    @display(description="Subscriber")
    def shown_subscriber(self, alert: Alert) -> str:
        return link(alert.subscriber)

    @display(description="Noticed")
    def noticed(self, alert: Alert) -> str:
        return shown_time(alert.noticed_at)

    @display(description="Noticed")
    def noticed_long(self, alert: Alert) -> str:
        return shown_time(alert.noticed_at, is_long=True)

    @display(description="So since")
    def since_long(self, alert: Alert) -> str:
        return shown_time(alert.since, is_long=True)

    @display(description="Last told")
    def told(self, alert: Alert) -> str:
        return shown_time(alert.told_at)

    @display(description="Last told")
    def told_long(self, alert: Alert) -> str:
        return shown_time(alert.told_at, is_long=True)

    @display(description="Over")
    def ended(self, alert: Alert) -> str:
        return shown_time(alert.ended_at)

    @display(description="Over")
    def ended_long(self, alert: Alert) -> str:
        return shown_time(alert.ended_at, is_long=True)

    @display(description="Told")
    def shown_notices(self, alert: Alert) -> str:
        rows = ((str(notice).capitalize(), _fate(notice)) for notice in alert.notices.order_by("-id")[:50])
        return format_html_join("\n", "{}: {}<br>", rows) or "—"


def _state(alert: Alert) -> str:
    if alert.ended_at:
        return "over"
    return "open" if alert.told_at else "waits"


def _fate(notice: Notice) -> str:
    if notice.sent_at:
        return format_html("sent {}", shown_time(notice.sent_at, is_long=True))
    tries = quantity(notice.tries, "try", "tries")
    if notice.due_at is None:
        return f"given up after {tries}: {notice.last_error}"
    return f"waits, after {tries}: {notice.last_error}" if notice.tries else "waits"
