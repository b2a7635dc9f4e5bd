"""`manage.py apply_subscribers file.yaml`: brings the subscribers into the state that a file describes."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from dispatch.applying import CHANGED, NEW, SAME, Applied, apply, format_of
from subscribers.acting import acting, operator
from subscribers.files import FORMATS, FileRefusedError
from subscribers.management.database import DatabaseCommand

SIGNS = {NEW: "+", CHANGED: "~"}


class Command(DatabaseCommand):
    help = "Creates and changes subscribers as FILE says, all or none of it. What the file does not name stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="its ending says the format: .yaml, .json or .csv")
        parser.add_argument("--format", choices=sorted(FORMATS), default="", help="whatever the ending says")
        parser.add_argument("--dry-run", action="store_true", help="change nothing; tell what would be")
        parser.add_argument("--prune", action="store_true", help="delete those that the file does not name")
        parser.add_argument("--allow-empty", action="store_true", help="let --prune delete all if the file has no rows")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with acting(operator(), f"manage.py apply_subscribers {path.name}"):
                file_format = format_of(path.name, options["format"])
                said = {name: options[name] for name in ("prune", "allow_empty", "dry_run")}
                applied = apply(path.read_bytes(), file_format, **said)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except FileRefusedError as error:
            raise CommandError(str(error)) from error
        if applied.refusals:
            raise CommandError("\n".join([*applied.refusals, "Nothing was changed."]))
        self._tell(applied, is_dry=options["dry_run"])

    def _tell(self, applied: Applied, *, is_dry: bool) -> None:
        for row in applied.rows:
            if row.act == SAME:
                continue
            self.stdout.write(f"{SIGNS[row.act]} {row.subscriber}")
            for each in row.differences if row.act == CHANGED else ():
                self.stdout.write(f"    {each.name}: {each.old} → {each.new}")
        for subscriber in applied.pruned:
            self.stdout.write(f"- {subscriber}")
        counts = f"{applied.count(NEW)} created, {applied.count(CHANGED)} changed, {applied.count(SAME)} as they were"
        verb = "Would be" if is_dry else "Done:"
        self.stdout.write(self.style.SUCCESS(f"{verb} {counts}, {len(applied.pruned)} deleted."))
        if applied.cancelled:
            told = "wait for those and would be cancelled" if is_dry else "were waiting for those and are cancelled"
            self.stdout.write(f"Deliveries that {told}: {applied.cancelled}.")
