"""`manage.py export_subscribers [file.yaml]`: writes the subscribers, without their secrets, for git or another hub."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from dispatch.applying import format_of
from subscribers.files import FORMATS, FileRefusedError
from subscribers.management.database import DatabaseCommand
from subscribers.resources import SubscriberResource


class Command(DatabaseCommand):
    help = "Writes all subscribers, without their secrets, to FILE, or as YAML to the terminal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="its ending says the format: .yaml, .json or .csv")
        parser.add_argument("--format", choices=sorted(FORMATS), default="", help="whatever the ending says")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path | None = options["file"]
        dataset = SubscriberResource().export()
        try:
            file_format = format_of(path.name if path else "-.yaml", options["format"])
        except FileRefusedError as error:
            raise CommandError(str(error)) from error
        text = file_format.export_data(dataset)
        if path is None:
            self.stdout.write(text, ending="")
            return
        try:
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        told = "1 subscriber is" if len(dataset) == 1 else f"{len(dataset):,} subscribers are"
        self.stdout.write(self.style.SUCCESS(f"{told} in {path}."))
