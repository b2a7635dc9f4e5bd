"""What the filter workbench asks: does an expression compile, what does it say of an event, what would it change."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from dispatch.backtesting import EVENTS, BackTest, Group, back_test
from dispatch.models import Event
from dispatch.payloads import PayloadError, check_data, parse_json
from dispatch.recent import names_in, recent_events
from dispatch.revealing import Veil
from dispatch.turns import BusyError, turn
from subscribers.filters import FilterError, compile_filter
from subscribers.filters.explaining import explain
from subscribers.filters.slips import find_slip
from subscribers.models import Subscriber
from subscribers.validators import validate_topic

SEE_EVENTS = "dispatch.view_event"
PAYLOAD_MAX = 256 << 10

Answer = dict[str, Any]
Question = Callable[[HttpRequest], Answer]


class AskedWrongError(Exception):
    """A question that has no answer; the text says what to change."""


def may_write(request: HttpRequest) -> bool:
    """Whoever asks events by expressions of their own could as well save them."""
    return any(request.user.has_perm(f"subscribers.{act}_subscriber") for act in ("change", "add"))


def question(ask: Question) -> Callable[[HttpRequest], JsonResponse]:
    """A view that answers in JSON; what is wrong with a question, or in the way of it, is an answer as well."""

    @require_POST
    @wraps(ask)
    def view(request: HttpRequest) -> JsonResponse:
        try:
            return JsonResponse(ask(request))
        except FilterError as error:
            return JsonResponse({"refused": refused(error)})
        except (AskedWrongError, BusyError, PayloadError) as error:
            return JsonResponse({"problem": str(error)})
        except ValidationError as error:
            return JsonResponse({"problem": " ".join(error.messages)})

    return view


def demand(is_allowed: bool) -> None:
    if not is_allowed:
        raise PermissionDenied


def refused(error: FilterError) -> Answer:
    names = ("message", "line", "column", "end_column", "hint")
    return {name: getattr(error, name) for name in names}


@question
def check(request: HttpRequest) -> Answer:
    """Whether the expression can be a filter, and whether it is surely not the one that was meant."""
    demand(may_write(request))
    expression = request.POST.get("expression", "")
    compile_filter(expression)
    slip = find_slip(expression)
    return {"slip": {"message": slip.message, "hint": slip.hint}} if slip else {}


@question
def recent(request: HttpRequest) -> Answer:
    """The newest events of a topic, without their payloads, and the names that stand in these."""
    demand(may_write(request) and request.user.has_perm(SEE_EVENTS))
    topic = _topic(request)
    events = recent_events(topic)
    told = [{"id": str(each.id), "topic": each.topic, "received_at": each.received_at.isoformat()} for each in events]
    return {"events": told, "names": names_in(events)}


@question
def explanation(request: HttpRequest) -> Answer:
    """What each part of the expression comes to."""
    demand(may_write(request))
    data = parse_json(event_of(request).payload) if request.POST.get("event") else _given_data(request)
    explained = explain(request.POST.get("expression", ""), data)
    return {"verdict": explained.verdict, "explanation": _tree(Veil(data).shown(explained))}


@question
def comparison(request: HttpRequest) -> Answer:
    """What the expression takes of the newest events, and what changes against the saved one."""
    demand(may_write(request) and request.user.has_perm(SEE_EVENTS))
    saved = saved_subscriber(request)
    with turn():
        found = back_test(
            _topic(request), request.POST.get("expression", ""), saved.filter_expression if saved else None
        )
    return _compared(found, has_saved=saved is not None)


def urls(site: AdminSite) -> list[URLPattern]:
    views = {"check": check, "recent": recent, "explanation": explanation, "comparison": comparison}
    return [
        path(f"workbench/{name}/", site.admin_view(view), name=f"subscribers_subscriber_{name}")
        for name, view in views.items()
    ]


def event_of(request: HttpRequest) -> Event:
    demand(request.user.has_perm(SEE_EVENTS))
    try:
        found = Event.objects.filter(pk=UUID(request.POST["event"])).first()
    except ValueError:
        found = None
    if found is None:
        raise AskedWrongError("There is no event with this id; retention may have removed it. Choose another.")
    return found


def saved_subscriber(request: HttpRequest) -> Subscriber | None:
    """The one whose form it is; None on the form of a new one."""
    number = request.POST.get("subscriber", "")
    return Subscriber.objects.existing().filter(pk=number).first() if number.isdecimal() else None


def _topic(request: HttpRequest) -> str:
    topic = request.POST.get("topic", "")
    validate_topic(topic)
    return topic


def _given_data(request: HttpRequest) -> Any:
    text = request.POST.get("payload", "")
    if len(text) > PAYLOAD_MAX:
        raise AskedWrongError(f"The payload is longer than the {PAYLOAD_MAX >> 10} KiB that can be tried here.")
    data = parse_json(text)
    check_data(data, text)
    return data


def _tree(shown: Any) -> Answer:
    names = ("text", "start", "end", "verdict", "value", "unknown")
    return {name: getattr(shown, name) for name in names} | {"parts": [_tree(part) for part in shown.parts]}


def _compared(found: BackTest, *, has_saved: bool) -> Answer:
    groups = {name: _group(getattr(found, name)) for name in ("taken", "gained", "lost", "unknown")}
    limits = {"is_cut_short": found.is_cut_short, "limit": EVENTS, "has_saved": has_saved}
    return {"looked_at": found.looked_at, **limits, **groups}


def _group(group: Group) -> Answer:
    links = [{"id": str(each), "url": reverse("admin:dispatch_event_change", args=[each])} for each in group.events]
    return {"count": group.count, "events": links}
