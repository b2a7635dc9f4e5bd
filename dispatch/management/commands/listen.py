"""`manage.py listen`: a small receiver that prints what it gets, so that a newcomer sees an event arrive."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

MAX_BODY_BYTES = 16 << 20


class Command(BaseCommand):
    help = "Prints every request that reaches it and answers 200, until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=9000)
        parser.add_argument("--status", type=int, default=200, help="the status to answer with")

    def handle(self, *args: Any, **options: Any) -> None:
        command = self

        class Receiver(Printer):
            status = options["status"]

            def tell(self, text: str) -> None:
                command.stdout.write(text)
                command.stdout.flush()

        try:
            opened = ThreadingHTTPServer((options["host"], options["port"]), Receiver)
        except (OSError, OverflowError) as error:
            place = f"{options['host']}:{options['port']}"
            raise CommandError(
                f"Cannot listen on {place}: {str(error).rstrip('.')}. Choose another by --port."
            ) from error
        with opened as server:
            port = server.server_address[1]
            self.stdout.write(f"Listening on http://{options['host']}:{port}/ (Ctrl-C ends it)")
            self.stdout.flush()
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("")


class Printer(BaseHTTPRequestHandler):
    """Tells each request as text: its line, its headers, its body."""

    protocol_version = "HTTP/1.1"
    server_version = "switch-listen"
    status = 200

    def tell(self, text: str) -> None:
        """The command's own receiver says where it goes."""
        raise NotImplementedError

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_BODY_BYTES)).decode("utf-8", "backslashreplace")
        headers = "\n".join(f"  {name}: {value}" for name, value in self.headers.items())
        self.tell(f"\n{self.command} {self.path}\n{headers}\n" + (f"\n  {body}\n" if body else ""))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815 - names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: `tell` has said it."""
