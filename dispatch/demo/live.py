"""What the demo's hub has around it while it runs: one receiver for all subscribers, and publishers that go on."""

import json
import threading
import time
import urllib.error
import urllib.request
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

from dispatch.demo.answers import Answer, answer
from dispatch.demo.cast import BY_NAME, RECEIVER_PORT, TOPICS
from dispatch.tokens import PublisherToken

#: Against the mean of the day: somebody is looking.
HURRY = 4


def play(hub_url: str, seconds: float) -> None:
    """Answers and publishes for so long."""
    with ThreadingHTTPServer(("127.0.0.1", RECEIVER_PORT), Receiver) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            _publish(hub_url, time.monotonic() + seconds)
        finally:
            server.shutdown()


class Receiver(BaseHTTPRequestHandler):
    """Answers for all subscribers: which one is meant, the path says."""

    protocol_version = "HTTP/1.1"
    random = Random()  # noqa: S311 - a play needs no cryptographic randomness

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        listener = BY_NAME.get(self.path.split("/")[1].partition("?")[0])
        found = answer(listener, timedelta(), self.random) if listener else Answer(404, 1, "Nobody of this name.")
        if isinstance(found, Answer):
            self._send(found)
        else:
            self.close_connection = True  # which comes sooner than the silence it stands for

    def _send(self, found: Answer) -> None:
        time.sleep(found.milliseconds / 1000)
        self.send_response(found.status)
        for name, value in found.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body.encode())))
        self.end_headers()
        self.wfile.write(found.body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """The hub tells of it."""


def _publish(hub_url: str, deadline: float) -> None:
    random, number = Random(), int(time.time())  # noqa: S311 - likewise
    weights = [topic.per_hour for topic in TOPICS]
    while time.monotonic() < deadline:
        [topic] = random.choices(TOPICS, weights)
        number += 1
        _post(hub_url, topic.author, {"topic": topic.name, "data": topic.data(number, random)})
        time.sleep(random.expovariate(HURRY * sum(weights) / 3600))


def _post(hub_url: str, author: str, event: object) -> None:
    headers = {"Authorization": f"Bearer {PublisherToken.issue(author)}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{hub_url}/publish", json.dumps(event).encode(), headers)  # noqa: S310 - http
    try:
        with urllib.request.urlopen(request, timeout=5) as answered:  # noqa: S310 - likewise
            answered.read()
    except (urllib.error.URLError, TimeoutError):
        time.sleep(1)  # it is still starting, or ends
