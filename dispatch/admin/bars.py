"""The bar above each list of the ledger: by what it can be narrowed, and what that means for its rows."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.urls import reverse_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from dispatch.admin.narrowing import Lead, Narrowed, lead
from dispatch.identifiers import first_id_at
from dispatch.ledger.finding import attempt_ids_between
from dispatch.models import Alert, Attempt, Delivery, Event, Replay
from dispatch.outcomes import UNSENT, ErrorKind
from dispatch.statuses import statuses
from subscribers.models import Subscriber
from subscribers.topics import patterns_of

#: Events, and deliveries of them, by whose ids a topic is found.
FEW = 1_000
ERROR_KINDS = [(kind.value, kind.value.replace("_", " ")) for kind in ErrorKind]
#: Of deliveries, whose last try may be none.
LAST_ERRORS = [*ERROR_KINDS, (UNSENT, "not sent")]


class SuggestedInput(UnfoldAdminTextInputWidget):
    """A text field that offers what begins as its text; suggestions.js asks the address for it."""

    def __init__(self, url_name: str, query: dict[str, str] | None = None, **attrs: Any) -> None:
        super().__init__(attrs={"data-suggest": reverse_lazy(url_name, query=query), "autocomplete": "off", **attrs})


class SubscriberField(forms.CharField):
    """A subscriber's name or id; deleted ones are found as well, behind the existing ones."""

    def __init__(self, **kwargs: Any) -> None:
        widget = SuggestedInput("suggest_subscribers", {"deleted": "1"}, placeholder="name or id")
        super().__init__(**{"widget": widget, **kwargs})

    def clean(self, value: Any) -> Subscriber | None:
        text = super().clean(value)
        if not text:
            return None
        if found := Subscriber.objects.all().ever_called(text):
            return found
        raise ValidationError(f"There is no subscriber with the name or id {text}.", code="unknown")


class StatusField(forms.CharField):
    """A status such as 500, or a hundred of them, such as 5xx; cleaned to a range."""

    def clean(self, value: Any) -> tuple[int, int] | None:
        text = super().clean(value)
        try:
            return statuses(text) if text else None
        except ValueError as error:
            raise ValidationError(str(error), code="no_status") from error


def topic_field(*suggested: str, **kwargs: Any) -> forms.CharField:
    """Topics of events are suggested, and if `wanted` is, those of subscribers as well."""
    query = dict.fromkeys(suggested, "1")
    widget = SuggestedInput("suggest_topics", query, placeholder="order.created")
    return forms.CharField(required=False, max_length=255, strip=False, widget=widget, **kwargs)


def choice_field(choices: list[tuple[str, str]], every: str, **kwargs: Any) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=[("", every), *choices], widget=UnfoldAdminSelectWidget, **kwargs)


def status_field(**kwargs: Any) -> StatusField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": "500 or 5xx"})
    return StatusField(required=False, widget=widget, **kwargs)


def day_field() -> forms.DateField:
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(required=False, widget=widget, label="Day (UTC)")


class LedgerBar(forms.Form):
    """Made of a query string. `state__exact` and the like, which older links have, say the same as `state`."""

    #: Set by links, and taken off again; nobody types them.
    pointed: ClassVar[tuple[str, ...]] = ()

    def __init__(self, query: QueryDict) -> None:
        names = self.base_fields
        data = {name: query.get(name) or query.get(f"{name}__exact", "") for name in names}
        super().__init__({name: value for name, value in data.items() if value}, prefix=None)

    @classmethod
    def parameters(cls) -> list[str]:
        return [each for name in cls.base_fields for each in (name, f"{name}__exact")]

    @property
    def given(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.data.items()}

    @property
    def pointed_fields(self) -> list[Any]:
        return [self[name] for name in self.pointed if name in self.data]

    @property
    def typed_fields(self) -> list[Any]:
        return [bound for bound in self if bound.name not in self.pointed]

    def narrowed(self) -> Narrowed | None:
        """None if something that was entered is nothing: then no row is meant."""
        if not self.is_valid():
            return None
        narrowed = Narrowed()
        self.narrow(narrowed, {name: value for name, value in self.cleaned_data.items() if value})
        return narrowed

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        """Adds the conditions of what was entered: each list's own bar knows its columns."""
        raise NotImplementedError


def day_span(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, time(), UTC)
    return begin, begin + timedelta(days=1)


def ids_of(day: date) -> Q:
    begin, end = day_span(day)
    return Q(pk__gte=first_id_at(begin), pk__lt=first_id_at(end))


def asked_of(rows: QuerySet[Any], column: str, value: object) -> Q:
    """A question about another table's row: asked of each, where a join might begin with all of that table."""
    return Q(Exact(Subquery(rows.values(column)[:1]), value))


def of_few_events(topic: str) -> Q | None:
    """Deliveries of a topic by its events; None if they, or the events, are more than FEW."""
    events = list(Event.objects.filter(topic=topic).order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(events) > FEW:
        return None
    found = list(Delivery.objects.filter(event_id__in=events).order_by().values_list("pk", flat=True)[: FEW + 1])
    return Q(pk__in=found) if len(found) <= FEW else None


class EventBar(LedgerBar):
    topic = topic_field()
    author = forms.CharField(required=False, max_length=255, widget=UnfoldAdminTextInputWidget)
    day = day_field()

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        if topic := given.get("topic"):
            narrowed.leads.append(lead("topic", topic))
        if author := given.get("author"):
            narrowed.rest.append(Q(author=author))
        if day := given.get("day"):
            narrowed.span = ids_of(day)


#: Fields with an index of their own, and its column.
LEADING = {"event": "event_id", "replay": "replay_id", "state": "state"}


class DeliveryBar(LedgerBar):
    pointed = ("event", "replay")

    topic = topic_field()
    subscriber = SubscriberField(required=False)
    state = choice_field(Delivery.State.choices, "any state")
    reason = choice_field([choice for choice in Delivery.Reason.choices if choice[0]], "any reason")
    status = status_field()
    error = choice_field(LAST_ERRORS, "any error")
    day = day_field()
    event = forms.UUIDField(required=False, widget=forms.HiddenInput)
    replay = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        narrowed.leads += [lead(column, given[name]) for name, column in LEADING.items() if name in given]
        if subscriber := given.get("subscriber"):
            narrowed.leads.append(lead("subscriber_id", subscriber.pk))
        if topic := given.get("topic"):
            asked = asked_of(Event.objects.filter(pk=OuterRef("event_id")), "topic", topic)
            few = of_few_events(topic)
            narrowed.leads += [Lead(few, asked)] if few else []
            narrowed.rest += [] if few else [asked]
        if reason := given.get("reason"):
            narrowed.rest.append(Q(reason=reason))
        if status := given.get("status"):
            narrowed.rest.append(Q(last_status__range=status))
        if error := given.get("error"):
            narrowed.rest += [Q(last_status__isnull=True), _with_last_error(error)]
        if day := given.get("day"):
            narrowed.span = ids_of(day)


def _with_last_error(error: str) -> Q:
    newest = Attempt.objects.filter(delivery=OuterRef("pk"), number=OuterRef("attempts")).order_by()
    if error == UNSENT:
        return Q(~Exists(newest.exclude(error_kind="")))
    return Q(attempts__gt=0) & asked_of(newest, "error_kind", error)


THEIR_DELIVERY = Delivery.objects.filter(pk=OuterRef("delivery_id")).order_by()


class AttemptBar(LedgerBar):
    topic = topic_field()
    subscriber = SubscriberField(required=False)
    status = status_field()
    error = choice_field(ERROR_KINDS, "any error")
    day = day_field()

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        if topic := given.get("topic"):
            narrowed.rest.append(asked_of(THEIR_DELIVERY, "event__topic", topic))
        if subscriber := given.get("subscriber"):
            narrowed.rest.append(asked_of(THEIR_DELIVERY, "subscriber_id", subscriber.pk))
        if status := given.get("status"):
            narrowed.rest.append(Q(status__range=status))
        if error := given.get("error"):
            narrowed.rest.append(Q(error_kind=error))
        if day := given.get("day"):
            begin, end = day_span(day)
            first, last = attempt_ids_between(begin, end)
            narrowed.span = Q(pk__gte=first, pk__lte=last)
            narrowed.rest.append(Q(started_at__gte=begin, started_at__lt=end))


TROUBLES = {
    "failing": ("failing", Q(health__failing_since__isnull=False)),
    "left_alone": ("left alone by its breaker", Q(health__breaker__in=("open", "half_open"))),
    "undecided": ("its filter was undecided", Q(filter_error_count__gt=0)),
}


class SubscriberBar(LedgerBar):
    topic = topic_field("wanted", label="Hears of topic")
    state = choice_field(Subscriber.State.choices, "any state")
    trouble = choice_field([(name, label) for name, (label, _) in TROUBLES.items()], "well or not")

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        if topic := given.get("topic"):
            wants = Q(topic__in=[topic, *patterns_of(topic)])
            narrowed.leads.append(Lead(wants, wants))
        if state := given.get("state"):
            narrowed.rest.append(Q(state=state))
        if trouble := given.get("trouble"):
            narrowed.rest.append(TROUBLES[trouble][1])


class AlertBar(LedgerBar):
    state = choice_field([("open", "open"), ("over", "over")], "open and over")
    kind = choice_field(Alert.Kind.choices, "whatever it is")
    subscriber = SubscriberField(required=False)

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        if state := given.pop("state", None):
            narrowed.rest.append(Q(ended_at__isnull=state == "open"))
        narrowed.rest += [Q(**{name: value}) for name, value in given.items()]


class ReplayBar(LedgerBar):
    status = choice_field(Replay.Status.choices, "any status")
    kind = choice_field(Replay.Kind.choices, "replays and backfills")
    subscriber = SubscriberField(required=False)

    def narrow(self, narrowed: Narrowed, given: dict[str, Any]) -> None:
        narrowed.rest += [Q(**{name: value}) for name, value in given.items()]
