"""What the dashboard says of the hub, as texts and links for its template."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from dispatch.admin import charts
from dispatch.admin.charts import Chart, Series
from dispatch.admin.places import deliveries_url, delivery_url, place_url, replay_url, subscriber_url
from dispatch.dashboard.figures import ago, counted, milliseconds, percent
from dispatch.dashboard.results import in_words
from dispatch.dashboard.standing import COUNTED, DEAD_LOOKED_AT, Group, Standing, groups
from dispatch.dashboard.traffic import Failures, Traffic
from dispatch.ledger.size import database_bytes
from dispatch.ledger.standing import HELD_COUNTED, failed_lately
from dispatch.models import Alert, Delivery, Health, Total
from dispatch.quantities import quantity

#: Rows of a table of failures.
LISTED = 20

Rows = list[dict[str, Any]]
Names = dict[int, str]

EVENTS = (Series("events", "events", lambda sums, minutes: sums.events / minutes),)
DELIVERIES = (Series("deliveries", "deliveries", lambda sums, minutes: sums.deliveries / minutes),)
TRIES = (
    Series("arrived", "arrived", lambda sums, minutes: sums.arrived / minutes),
    Series("failed", "failed", lambda sums, minutes: sums.failed / minutes),
)
LATENCY = (
    Series("half within", "half", lambda sums, minutes: sums.within_ms(0.5)),
    Series("99% within", "nearly-all", lambda sums, minutes: sums.within_ms(0.99)),
)


def tiles(stand: Standing, flowed: Traffic) -> list[tuple[str, str, str, str]]:
    """Name, figure, what it means, and where it leads."""
    total, waiting = flowed.total, stand.waiting
    minutes = max(1, sum(point.minutes for point in flowed.points))
    in_flight = sum(worker.consumer.in_flight for worker in stand.living)
    oldest = f"the oldest due for {ago(stand.due_for)}" if stand.due_since else "none is overdue"
    return [
        ("Events", f"{total.events:,}", f"{total.events / minutes:,.1f} a minute", place_url("events")),
        ("Deliveries", f"{total.deliveries:,}", f"{total.deliveries / minutes:,.1f} a minute", deliveries_url()),
        (
            "Success",
            percent(total.success_share),
            f"{total.failed:,} of {quantity(total.tries, 'try', 'tries')} failed",
            "#failures",
        ),
        (
            "Latency",
            milliseconds(total.within_ms(0.5)),
            f"half arrive within it; 99% {milliseconds(total.within_ms(0.99))}",
            "#latency",
        ),
        ("Due", counted(waiting.due, COUNTED), oldest, deliveries_url(state__exact="pending")),
        (
            "Retries to come",
            counted(waiting.scheduled, COUNTED),
            f"and {waiting.claimed:,} being sent now",
            deliveries_url(state__exact="pending"),
        ),
        ("Held", counted(waiting.held, COUNTED), "until a reason ends", "#held"),
        (
            "Dead",
            counted(len(stand.dead), DEAD_LOOKED_AT),
            f"given up, {counted(stand.died_lately, DEAD_LOOKED_AT)} of them in the last hour",
            deliveries_url(state__exact="dead"),
        ),
        ("Consumers", f"{len(stand.living)}", f"alive, {quantity(in_flight, 'request')} in flight", "#consumers"),
        ("Ledger", filesizeformat(database_bytes()), _ledger(), place_url("storage")),
    ]


def _ledger() -> str:
    totals = dict(
        Total.objects.filter(name__in=("events", "deliveries")).values_list("name").annotate(count=Sum("count"))
    )
    events, deliveries = totals.get("events", 0), totals.get("deliveries", 0)
    return f"{quantity(events, 'event')}, {quantity(deliveries, 'delivery', 'deliveries')} since it began"


def drawn(flowed: Traffic) -> list[Chart]:
    points = flowed.points
    return [
        charts.stacked("events", "Events a minute", points, EVENTS),
        charts.stacked("deliveries", "Deliveries a minute", points, DELIVERIES),
        charts.stacked("tries", "Tries a minute", points, TRIES),
        charts.logarithmic("latency", "From event to arrival", points, LATENCY),
    ]


def alerts(told: Iterable[Alert]) -> Rows:
    return [
        {
            "key": alert.pk,
            "what": str(alert.get_kind_display()).capitalize(),
            "url": reverse("admin:dispatch_alert_change", args=[alert.pk]),
            "sentence": alert.sentence,
            "since": alert.since,
            "told": alert.told_at,
        }
        for alert in told
    ]


def failures(failures: Failures, stand: Standing, names: Names) -> Rows:
    shown = list(failures.items())[:LISTED]
    samples = failed_lately(sorted({subscriber_id for (subscriber_id, _), _ in shown}))
    by_result = {(key[0], str(key[1] or key[2])): found for key, found in samples.items()}
    with_dead = {(each.subscriber_id, each.result) for each in stand.dead}
    return [
        {
            "key": f"{subscriber_id}-{result}",
            "name": names.get(subscriber_id, "—"),
            "url": subscriber_url(subscriber_id),
            "result": in_words(result),
            "count": f"{failing.count:,}",
            "first": failing.first,
            "last": failing.last,
            "sample": _url_or_none(by_result.get((subscriber_id, result))),
            "list": deliveries_url(subscriber=subscriber_id, **_by_result(result)),
            "replay": replay_url(subscriber=subscriber_id, state__exact="dead", **_by_result(result))
            if (subscriber_id, result) in with_dead
            else "",
        }
        for (subscriber_id, result), failing in shown
    ]


def _url_or_none(delivery_id: object) -> str:
    return delivery_url(delivery_id) if delivery_id else ""


def dead(stand: Standing, names: Names) -> Rows:
    return [
        {
            "key": f"{group.subscriber_id}-{group.result}-{group.reason}",
            "name": names.get(group.subscriber_id, "—"),
            "url": subscriber_url(group.subscriber_id),
            "result": in_words(group.result),
            "reason": Delivery.Reason(group.reason).label,
            "count": f"{group.count:,}",
            "first": group.first,
            "last": group.last,
            "sample": delivery_url(group.newest),
            "replay": _replay(group),
        }
        for group in groups(stand.dead)[:LISTED]
    ]


def _replay(group: Group) -> str:
    """Of all in the group, and of nothing else."""
    by = _by_result(group.result)
    return replay_url(subscriber=group.subscriber_id, state__exact="dead", **by, reason=group.reason)


def _by_result(result: str) -> dict[str, str]:
    return {"status" if result.isdigit() else "error": result}


def held(stand: Standing, names: Names) -> Rows:
    return [
        {
            "key": f"{line.subscriber_id}-{line.reason}",
            "name": names.get(line.subscriber_id, "—"),
            "url": subscriber_url(line.subscriber_id),
            "reason": Delivery.Reason(line.reason).label,
            "count": counted(line.count, HELD_COUNTED),
            "since": line.since,
            "list": deliveries_url(subscriber=line.subscriber_id, state__exact="held"),
        }
        for line in sorted(stand.lines, key=lambda line: -line.count)
    ]


def breaker(health: Health) -> dict[str, Any]:
    return {
        "key": health.pk,
        "name": str(health.subscriber),
        "url": subscriber_url(health.pk),
        "state": health.get_breaker_display(),
        "cause": health.get_cause_display(),
        "failing": health.failing_since,
        "until": health.open_until,
    }


def workers(stand: Standing) -> Rows:
    return [
        {
            "key": worker.consumer.pk,
            "name": str(worker.consumer),
            "state": _worker_state(worker.lives, worker.consumer.is_stopping),
            "queue": worker.consumer.queue,
            "in_flight": f"{worker.consumer.in_flight:,} of {worker.consumer.concurrency:,}",
            "delivered": f"{worker.consumer.delivered:,}",
            "progressed": worker.consumer.progressed_at,
            "tasks": ", ".join(worker.tasks) or "—",
        }
        for worker in stand.workers
    ]


def _worker_state(lives: bool, is_stopping: bool) -> tuple[str, str]:
    if not lives:
        return "dead", "no sign of life"
    return ("held", "stops") if is_stopping else ("delivered", "works")
