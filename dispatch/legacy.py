"""Adopts the original's jobs, whose arguments are `[url, filter, payload in base64]`, into the ledger."""

from hashlib import sha256
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

from dispatch.bodies import decode_payload
from dispatch.masking import as_stored_text
from dispatch.models import Delivery, Event
from dispatch.payloads import PayloadError, check_data, to_text
from dispatch.queues.base import Job
from subscribers.acting import SYSTEM, acting
from subscribers.filters import FilterError, compile_filter
from subscribers.models import Subscriber
from subscribers.targets import TargetError, check_target
from subscribers.topics import is_pattern

#: Makes ids of deliveries and events from job ids: however often a job comes, it is adopted once.
NAMESPACE = UUID("6f1c5e1e-2a0e-5d55-9f0c-3a1d8a1f7b10")
#: The topic of adopted events whose subscriber is not in the table.
ADOPTED_TOPIC = "switch.adopted"
#: Stands for URLs that no subscriber can have; the name never resolves (RFC 6761, section 6.4).
UNUSABLE_URL = "http://unusable.invalid/"
#: Where an event keeps a payload that no request can be built of, as the job had it.
UNUSABLE = "unusable_payload"
MAX_URL_LENGTH = 2048
#: How often it is looked for what a job needs: another process may have stored the same since the first look.
LOOKS = 3
MAX_NAME_LENGTH = 100


def adopt(job: Job) -> Job:
    """The job as one of ours, pointing at the delivery that it has become."""
    assert job.legacy is not None  # noqa: S101 - callers adopt legacy jobs only
    delivery_id = uuid5(NAMESPACE, job.id)
    for looks_left in reversed(range(LOOKS)):
        try:
            if not Delivery.objects.filter(pk=delivery_id).exists():
                with transaction.atomic():
                    _store(delivery_id, job, *job.legacy)
            break
        except IntegrityError:
            if not looks_left:
                raise
    return job._replace(deliveries=(delivery_id,), legacy=None)


def _store(delivery_id: UUID, job: Job, url: str, expression: str, encoded: str) -> None:
    now = timezone.now()
    unusable = _url_problem(url)
    subscriber = _subscriber(UNUSABLE_URL if unusable else url, expression)
    problem, payload, is_wanted = _judge(encoded, expression)
    problem = unusable or problem
    event = Event.objects.create(
        id=uuid5(NAMESPACE, f"{job.id} event"),
        topic=ADOPTED_TOPIC if is_pattern(subscriber.topic) else subscriber.topic,
        author="",
        payload=payload,
        size=len(payload.encode()),
        received_at=now,
        matched=1,
    )
    state, reason = Delivery.State.PENDING, Delivery.Reason.NONE
    if problem:
        state, reason = Delivery.State.DEAD, Delivery.Reason.PERMANENT
    elif not is_wanted:
        state, reason = Delivery.State.CANCELLED, Delivery.Reason.UNMATCHED
    Delivery.objects.create(
        id=delivery_id,
        event=event,
        subscriber=subscriber,
        subscriber_revision=subscriber.revision,
        state=state,
        reason=reason,
        failures=job.failures,
        last_error=as_stored_text(problem)[:500],
        due_at=now,
        queued_at=now,
        settled_at=None if state == Delivery.State.PENDING else now,
    )


def _judge(encoded: str, expression: str) -> tuple[str, str, bool]:
    """What is wrong with the job, its payload as JSON text, and whether its filter takes it, as the original asked."""
    try:
        data, payload = decode_payload(encoded)
        check_data(data, payload)
        return "", payload, compile_filter(expression).matches(data)
    except PayloadError as error:
        return f"The job's payload cannot be used: {error.message}", to_text({UNUSABLE: as_stored_text(encoded)}), False
    except FilterError as error:
        return f"The job's filter does not compile: {error}", payload, False


def _url_problem(url: str) -> str:
    if len(url) > MAX_URL_LENGTH:
        return f"The job's URL cannot be used: it is longer than {MAX_URL_LENGTH} characters."
    try:
        check_target(url)
    except TargetError as error:
        return f"The job's URL cannot be used: {error}"
    return ""


def _subscriber(url: str, expression: str) -> Subscriber:
    """The subscriber that the job was made for, or one that stands for it under a topic of its own."""
    known = Subscriber.objects.existing().filter(target_url=url).order_by("id")
    found = known.filter(filter_expression=as_stored_text(expression)).first() or known.first()
    return found or _stand_in(url)


def _stand_in(url: str) -> Subscriber:
    """A name of its own keeps two processes from making two of them, unless an operator has given it away."""
    name = _name_for(url)
    namesake = Subscriber.objects.existing().filter(name=name).first()
    if namesake and namesake.target_url == url:
        return namesake
    with acting(SYSTEM, "Stands for jobs of the original whose subscriber is not in the table."):
        return Subscriber.objects.create(
            topic=ADOPTED_TOPIC, target_url=url, filter_expression="False", name="" if namesake else name
        )


def _name_for(url: str) -> str:
    name = f"adopted: {url}"
    if len(name) <= MAX_NAME_LENGTH:
        return name
    digest = sha256(url.encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME_LENGTH - len(digest) - 1]} {digest}"
