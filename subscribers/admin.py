"""Subscribers in the admin: write them, pause them, see which of them cannot work."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from subscribers.filters import FilterError, compile_filter
from subscribers.filters.slips import find_slip
from subscribers.forms import PauseForm, SubscriberForm
from subscribers.models import Subscriber
from subscribers.querysets import SubscriberQuerySet
from subscribers.topics import slip_in

SECRETS = ("secret", "previous_secret")
STATE_LABELS = {"active": "success", "paused": "warning", "broken": "danger"}


def compile_problem(expression: str) -> str:
    """Why a stored expression does not compile, with a pointer to the place; empty if it does."""
    try:
        compile_filter(expression)
    except FilterError as error:
        return error.pointed()
    return ""


def _troubles(subscriber: Model) -> list[str]:
    """Fields that tell what is wrong with a subscriber: of one that is well, none."""
    told = {
        "state_reason": getattr(subscriber, "state_reason", ""),
        "shown_filter_errors": getattr(subscriber, "filter_error_count", 0),
        "shown_last_filter_error": getattr(subscriber, "last_filter_error", ""),
        "last_filter_error_at": getattr(subscriber, "last_filter_error_at", None),
    }
    return [field for field, found in told.items() if found]


class SubscriberAdmin(ModelAdmin):
    """What a subscriber is by itself. The app `dispatch` registers it, with what its deliveries add."""

    form = SubscriberForm
    list_display = ("title", "topic", "shown_filter", "shown_state", "shown_filter_errors", "deliveries_link")
    list_display_links = ("title",)
    search_fields = ("name", "topic", "target_url", "filter_expression")
    search_help_text = "Name, topic, target URL or filter expression"
    actions: tuple[str, ...] = ("pause_selected",)
    actions_detail: tuple[str, ...] = ("pause",)
    warn_unsaved_form = True
    readonly_fields: tuple[str, ...] = (
        *("state_badge", "state_reason", "shown_filter_errors", "shown_last_filter_error", "last_filter_error_at"),
        *("shown_secret", "deliveries_link", "created_at", "updated_at"),
    )

    def get_queryset(self, request: HttpRequest) -> SubscriberQuerySet:
        return Subscriber.objects.existing()

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The state comes first: whether it hears of events at all."""
        written = [
            (None, {"fields": ("name", "topic", "filter_expression", "target_url")}),
            (
                "Limits",
                {
                    "fields": (
                        *("retry_limit", "connect_timeout_seconds", "idle_timeout_seconds"),
                        *("total_timeout_seconds", "max_in_flight", "rate_limit_per_second"),
                    )
                },
            ),
            ("Request", {"fields": ("body_format", *self._signature_fields(request, obj))}),
        ]
        if obj is None:
            return written
        state = ("state_badge", *_troubles(obj))
        seen = ("deliveries_link", "created_at", "updated_at")
        return [("State", {"fields": state}), *written, ("History", {"fields": seen})]

    def _signature_fields(self, request: HttpRequest, obj: Model | None) -> tuple[str, ...]:
        """Who may not change a subscriber gets each field's value as text: of the secret only that there is one."""
        if obj is None:
            return ("secret",)
        if not self.has_change_permission(request, obj):
            return ("shown_secret",)
        return ("secret", "remove_secret") if getattr(obj, "secret", "") else ("secret",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No list is narrowed by a secret: letter by letter that would tell it."""
        return lookup.split("__")[0] not in SECRETS and super().lookup_allowed(lookup, value, request)

    @display(description="Subscriber", ordering="name")
    def title(self, subscriber: Subscriber) -> str:
        target = Truncator(subscriber.target_url).chars(60)
        if not subscriber.name:
            return target
        return format_html('{}<br><span class="switch-faint">{}</span>', subscriber.name, target)

    @display(description="Filter")
    def shown_filter(self, subscriber: Subscriber) -> str:
        if not subscriber.filter_expression.strip():
            return format_html('<span class="switch-faint">{}</span>', "every event")
        return format_html("<code>{}</code>", Truncator(subscriber.filter_expression).chars(80))

    @display(description="State", label=STATE_LABELS)
    def shown_state(self, subscriber: Subscriber) -> tuple[str, str]:
        if compile_problem(subscriber.filter_expression):
            return "broken", "Broken filter"
        return subscriber.state, "Paused" if subscriber.is_paused else "Active"

    @display(description="State")
    def state_badge(self, subscriber: Subscriber) -> str:
        state, text = self.shown_state(subscriber)
        return format_html('<span class="switch-state switch-{}">{}</span>', state, text)

    @display(description="Undecided")
    def shown_filter_errors(self, subscriber: Subscriber) -> str:
        count = subscriber.filter_error_count
        return "—" if not count else "1 event" if count == 1 else f"{count:,} events"

    @display(description="Secret")
    def shown_secret(self, subscriber: Subscriber) -> str:
        return "Set" if subscriber.secret else "None"

    @display(description="Last filter error")
    def shown_last_filter_error(self, subscriber: Subscriber) -> str:
        return subscriber.last_filter_error or "—"

    @display(description="Deliveries")
    def deliveries_link(self, subscriber: Subscriber) -> str:
        url = reverse("admin:dispatch_delivery_changelist", query={"subscriber": subscriber.pk})
        return format_html('<a class="switch-link" href="{}">Show</a>', url)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id and request.method == "GET":
            self._tell_if_broken(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]

    def _tell_if_broken(self, request: HttpRequest, object_id: str) -> None:
        subscriber = self.get_object(request, object_id)
        if subscriber and (problem := compile_problem(subscriber.filter_expression)):
            text = "Its filter does not compile, so its events are held until it is mended."
            messages.error(request, format_html('{}<pre class="switch-code">{}</pre>', text, problem))

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Writes only what the operator changed: a pause that came meanwhile stays."""
        if "filter_expression" in form.changed_data and (slip := find_slip(form.cleaned_data["filter_expression"])):
            messages.warning(request, f"Is the filter the one you mean? {slip.message} {slip.hint}")
        if "topic" in form.changed_data and (slip_of_topic := slip_in(form.cleaned_data["topic"])):
            messages.warning(request, f"Is the topic the one you mean? {slip_of_topic}")
        if not change:
            obj.save()
        elif form.changed_fields:
            obj.save(update_fields=form.changed_fields)

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Deletion is soft: deliveries stay and do not forbid it."""
        subscribers = list(objs)
        lacking = set() if self.has_delete_permission(request) else {Subscriber._meta.verbose_name}
        return [str(each) for each in subscribers], {"subscribers": len(subscribers)}, lacking, []

    @admin.action(description="Pause", permissions=["change"])
    def pause_selected(self, request: HttpRequest, queryset: SubscriberQuerySet) -> None:
        count = queryset.pause(f"Paused by {request.user}.")
        messages.success(request, f"Paused: {count}. Their events are held from now on.")

    @action(
        description="Pause",
        icon="pause",
        permissions=["change"],
        dialog={
            "title": "Pause this subscriber?",
            "description": "Its events are held, not lost; they are sent once it is resumed.",
            "form_class": PauseForm,
            "form_submit_text": "Pause",
        },
    )
    def pause(self, request: HttpRequest, form: PauseForm, object_id: str) -> HttpResponse:
        reason = form.cleaned_data["reason"] or f"Paused by {request.user}."
        Subscriber.objects.filter(pk=object_id).pause(reason)
        messages.success(request, "Paused. Its events are held from now on.")
        return self._back_to(object_id)

    def _back_to(self, object_id: str) -> HttpResponse:
        """The dialog is submitted by htmx, which loads the page anew at this header."""
        url = reverse("admin:subscribers_subscriber_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": url})
