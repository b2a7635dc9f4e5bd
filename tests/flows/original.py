"""What the original did, for want of its binaries: a server that pushes a job a subscriber, and the jobs' consumer.

`python -m tests.flows.original <url of Faktory> <queue>` is the consumer.
"""

import base64
import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import faktory
import jwt
import requests
from simpleeval import EvalWithCompoundTypes

from tests.servers.hub import PROJECT
from tests.servers.processes import start, stop

JOB_TYPE = "pubsub"
WANTED = "SELECT target_url, filter_expression FROM subscribers WHERE topic = ? AND deleted_at IS NULL"


class OriginalServer:
    """Takes `POST /publish` and pushes `[url, filter, payload]`: it keeps no event itself."""

    def __init__(self, database: Path, faktory_url: str, queue: str, secret: str) -> None:
        self.database, self.faktory_url, self.queue, self.secret = database, faktory_url, queue, secret
        original = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                jwt.decode(self.headers["Authorization"].partition(" ")[2], original.secret, algorithms=["HS256"])
                original.push(json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def push(self, event: dict[str, str]) -> None:
        with closing(sqlite3.connect(self.database)) as database:
            rows = database.execute(WANTED, (event["Topic"],)).fetchall()
        with faktory.Client(faktory=self.faktory_url) as client:
            for url, expression in rows:
                client.queue(JOB_TYPE, args=(url, expression or "", event["Payload"]), queue=self.queue)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class OriginalConsumer:
    """A process, as the original's was."""

    def __init__(self, faktory_url: str, queue: str, log: Path) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.flows.original", faktory_url, queue]
        self._command, self._log = command, log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = start(self._command, self._log, cwd=PROJECT)
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process:
            stop(self._process)


def deliver(url: str, expression: str, encoded: str) -> None:
    """A job: its filter decides, and any answer but 2xx is an error, which Faktory retries."""
    data = json.loads(base64.b64decode(encoded))
    if expression and not EvalWithCompoundTypes(names={"data": data}).eval(expression):
        return
    requests.request(data.get("http_method", "post"), url, json=data.get("body"), timeout=10).raise_for_status()


def consume(faktory_url: str, queue: str) -> None:
    worker = faktory.Worker(faktory=faktory_url, queues=[queue], concurrency=1, use_threads=True)
    worker.register(JOB_TYPE, deliver)
    worker.run()


if __name__ == "__main__":
    consume(*sys.argv[1:])
