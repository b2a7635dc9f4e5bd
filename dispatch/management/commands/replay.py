"""`manage.py replay`: sends settled deliveries again, one by one or all that match; lists and stops such replays."""

from argparse import ArgumentTypeError
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from dispatch import pushing
from dispatch.management.arguments import as_moment, operator, positive_rate, subscriber_called
from dispatch.management.progress import watch
from dispatch.models import Delivery, Replay
from dispatch.models.delivery import REPLAYABLE_REASONS
from dispatch.outcomes import UNSENT, ErrorKind
from dispatch.reconciliation import living_consumers
from dispatch.replaying import count_replayable, replay
from dispatch.replays import selecting
from dispatch.replays.requesting import ReplayRefusedError, request, stop, wish
from dispatch.replays.telling import LATER, about, progress, refusals, speed
from dispatch.statuses import statuses
from subscribers.management.database import DatabaseCommand

LISTED = 20
PUSH_SECONDS = 5.0
CRITERIA = ("subscriber", "topic", "state", "status", "error", "reason", "since", "until")
#: As the columns hold them.
ERRORS = [*(kind.value for kind in ErrorKind), UNSENT]
REASONS = [reason.value for reason in REPLAYABLE_REASONS]


def as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no id") from error


def as_statuses(text: str) -> tuple[int, int]:
    try:
        return statuses(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(DatabaseCommand):
    help = "Sends settled deliveries again, each as a new delivery with the webhook-id of the first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delivery", type=as_id, action="append", metavar="ID", help="this one; repeatable")
        parser.add_argument("--subscriber", metavar="NAME_OR_ID", help="those of this subscriber")
        parser.add_argument("--topic", help="those of events on this topic")
        parser.add_argument("--state", help="delivered, dead or cancelled (default: all three)")
        parser.add_argument(
            "--status",
            type=as_statuses,
            help="those whose last attempt was answered so: 503, or 5xx for all of its kind",
        )
        parser.add_argument(
            "--error",
            choices=ERRORS,
            metavar="KIND",
            help=f"those whose last attempt had no answer: {', '.join(ERRORS)}",
        )
        parser.add_argument(
            "--reason", choices=REASONS, help="those that were given up or cancelled for it, such as exhausted or gone"
        )
        parser.add_argument("--since", type=as_moment, help="made since: 2h (ago), or 2026-01-31T08:00 (UTC)")
        parser.add_argument("--until", type=as_moment, help="made before; written as for --since")
        parser.add_argument("--rate", type=positive_rate, help="deliveries a second (default: as fast as it goes)")
        parser.add_argument("--dry-run", action="store_true", help="only count them")
        parser.add_argument("--wait", action="store_true", help="show the progress until it is done")
        parser.add_argument("--list", action="store_true", help="show the newest replays")
        parser.add_argument("--stop", type=as_id, metavar="ID", help="end a running replay")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
        elif options["stop"]:
            self._stop(options["stop"])
        elif options["delivery"]:
            self._replay_chosen(options)
        else:
            self._replay_matching(options)

    def _list(self) -> None:
        for each in Replay.objects.select_related("subscriber").order_by("-pk")[:LISTED]:
            self.stdout.write(f"{each.pk}  {each.status:8}  {about(each)}: {progress(each)}")

    def _stop(self, replay_id: UUID) -> None:
        if stop(replay_id):
            self.stdout.write(self.style.SUCCESS(f"Replay {replay_id} is stopped. What it has made is still sent."))
        elif Replay.objects.filter(pk=replay_id).exists():
            self.stdout.write(f"Replay {replay_id} was over already.")
        else:
            raise CommandError(f"There is no replay {replay_id}.")

    def _replay_chosen(self, options: dict[str, Any]) -> None:
        if others := [name for name in (*CRITERIA, "rate") if options[name] is not None]:
            raise CommandError(f"--delivery names the deliveries itself: leave out --{others[0]}.")
        ids = set(options["delivery"])
        if unknown := ids - set(Delivery.objects.filter(pk__in=ids).values_list("pk", flat=True)):
            raise CommandError(f"There is no delivery {min(unknown)}.")
        if options["dry_run"]:
            self.stdout.write(f"{count_replayable(sorted(ids))} of {len(ids)} would be replayed.")
            return
        replayed = replay(sorted(ids), operator())
        pushing.wait_until_idle(PUSH_SECONDS)
        self.stdout.write(self.style.SUCCESS(f"Replayed: {len(replayed.deliveries)}."))
        for reason, number in replayed.refused.items():
            self.stdout.write(self.style.WARNING(f"Not replayed: {number}, {reason}."))

    def _replay_matching(self, options: dict[str, Any]) -> None:
        wished = self._wish(options)
        if options["dry_run"]:
            self.stdout.write(f"{selecting.count_replayable(wished)} would be replayed: {about(wished)}.")
            return
        asked = request(wished, operator())
        number = "more than can be counted quickly" if asked.total is None else f"{asked.total:,}"
        self.stdout.write(f"Replay {asked.pk}: {about(asked)}, {number}, {speed(asked)}.")
        if not living_consumers(timezone.now()):
            self.stdout.write(self.style.WARNING(LATER))
        if options["wait"]:
            self._tell_end(watch(asked, self.stdout))

    def _wish(self, options: dict[str, Any]) -> Replay:
        name_or_id = options["subscriber"]
        try:
            return wish(
                subscriber=None if name_or_id is None else subscriber_called(name_or_id),
                topic=options["topic"] or "",
                state=options["state"] or "",
                statuses=options["status"],
                error=options["error"] or "",
                reason=options["reason"] or "",
                since=options["since"],
                until=options["until"],
                rate_per_second=options["rate"],
            )
        except ReplayRefusedError as error:
            raise CommandError(str(error)) from error

    def _tell_end(self, ended: Replay) -> None:
        if ended.is_running:
            self.stdout.write(f"It goes on. Stop it by: manage.py replay --stop {ended.pk}")
            return
        self.stdout.write(self.style.SUCCESS(f"Replay {ended.pk} is {ended.status}: {progress(ended)}."))
        if ended.refused:
            self.stdout.write(self.style.WARNING(f"Left out: {refusals(ended)}."))
