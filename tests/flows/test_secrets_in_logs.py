"""A whole run of a hub with secrets in every place that can hold one: its log names none of them, in any form."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import quote

import jwt
import pytest
import requests

from tests.flows.receiver import Answer, Received, Receiver
from tests.flows.whispering import Secrets
from tests.servers.faktory import FaktoryServer
from tests.servers.fixtures import missing
from tests.servers.hub import HubServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import ServiceMissingError, wait_until

pytestmark = [pytest.mark.timeout(180), pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")]

#: Requests that one round of publishing brings: three events to five of the subscribers.
DELIVERED = 15

SUBSCRIBE = """
import json, os
from subscribers.models import Subscriber
Subscriber.objects.bulk_create(Subscriber(**fields) for fields in json.loads(os.environ["ROWS"]))
"""


class Run:
    """A hub and what it is given; `outputs` is what its commands said besides its log."""

    def __init__(self, layout: str, level: str, log_format: str) -> None:
        self.secrets = Secrets()
        self.outputs: list[str] = []
        self._stack = ExitStack()
        self._layout, self._level, self._log_format = layout, level, log_format
        self.postgres: PostgresServer | None = None
        self.faktory: FaktoryServer | None = None

    def __enter__(self) -> Self:
        with self._stack as stack:
            self._start()
            self._stack = stack.pop_all()  # what was started is stopped even if the rest does not start
        return self

    def _start(self) -> None:
        new = self.secrets.new
        self.receiver = self._stack.enter_context(Receiver(self._answer))
        self.jwt_secret = new("JWT secret")
        self.response_secret = new("response").encode().decode("latin-1")
        env = {
            "SWITCH_LOG_LEVEL": self._level,
            "SWITCH_LOG_FORMAT": self._log_format,
            "SWITCH_JWT_SECRET": self.jwt_secret,
            "SWITCH_JWT_PREVIOUS_SECRET": new("previous JWT secret"),
            "SWITCH_SECRET_KEY": new("Django's key") * 2,
            "DJANGO_SUPERUSER_PASSWORD": new("admin's password"),
            **self._services(),
        }
        self.admin_password = env["DJANGO_SUPERUSER_PASSWORD"]
        self.hub = self._stack.enter_context(HubServer(env))
        self.outputs.append(
            self._manage("createsuperuser", "--noinput", "--username", "operator", "--email", "operator@example.com")
        )
        self._subscribe()
        self.hub.start_web()
        self.hub.start_consumer()

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def _services(self) -> dict[str, str]:
        if self._layout == "sqlite":
            return {}
        self.postgres = self._stack.enter_context(PostgresServer())
        self.faktory = self._stack.enter_context(FaktoryServer(self.secrets.new("Faktory's password")))
        password = quote(self.secrets.new("database's password"), safe="")
        return {
            "DATABASE_URL": self.postgres.url.replace("switch@", f"switch:{password}@"),
            "FAKTORY_URL": self.faktory.url,
        }

    def _manage(self, *arguments: str) -> str:
        done = self.hub.manage(*arguments)
        return done.stdout + done.stderr

    def _subscribe(self) -> None:
        signing = self.secrets.keep("signing secret", base64.b64encode(b"k" * 8 + time.time_ns().to_bytes(24)).decode())
        url, token = self.receiver.url, quote(self.secrets.new("target URL's query"), safe="")
        closed = url.replace("http", "https")  # what listens there speaks no TLS
        targets = ["/good", "/fails", "/moved", "/signed", "/gone/:id"]
        rows: list[dict[str, Any]] = [{"target_url": f"{url}{path}?token={token}"} for path in targets]
        rows += [{"target_url": f"{place}/?token={token}"} for place in ("http://nowhere.invalid", closed)]
        rows += [{"target_url": f"http://127.0.0.1:6379/?token={token}"}, {"target_url": f"http://[::1/{token}"}]
        rows[3]["secret"] = f"whsec_{signing}"
        rows.append({"target_url": f"{url}/unsigned", "secret": self.secrets.new("secret that signs nothing")})
        rows.append({"target_url": url, "filter_expression": 'int(data["body"]["password"]) > 1'})
        rows.append({"target_url": url, "filter_expression": self.secrets.new("filter that does not compile")})
        self.hub.env["ROWS"] = json.dumps([{"topic": "orders"} | row for row in rows])
        self.outputs.append(self._manage("shell", "-c", SUBSCRIBE))
        del self.hub.env["ROWS"]

    def _answer(self, request: Received) -> Answer:
        path = request.path.split("?")[0]
        statuses = {"/fails": 500, "/moved": 302}
        headers = {
            "Location": f"/x?token={quote(self.response_secret)}",
            "Set-Cookie": f"a={quote(self.response_secret)}",
        }
        body = self.response_secret.encode("latin-1")
        return Answer(410 if path.startswith("/gone") else statuses.get(path, 200), headers, body)

    def data(self) -> dict[str, Any]:
        new = self.secrets.new
        return {
            "body": {"password": new("payload's body")},
            "headers": {"Authorization": f"Bearer {self.secrets.plain('Authorization')}", "X-Api-Key": new("API key")},
            "query_params": {"access_token": new("payload's query")},
            "path_params": {"id": new("path parameter")},
        }

    def publish_good_and_bad(self) -> None:
        token = self.secrets.keep("token", jwt.encode({"author": "shop"}, self.jwt_secret))
        assert self.post(token, {"topic": "orders", "data": self.data()}) in (202, 503)
        encoded = base64.b64encode(json.dumps(self.data()).encode()).decode()
        assert self.post(token, {"Topic": "orders", "Payload": encoded}) in (202, 503)
        assert self.post(token, [{"topic": "orders", "data": self.data()}, {"topic": "", "data": self.data()}]) in (
            202,
            503,
        )
        secret = self.secrets.new("refused body")
        for body in (
            {"topic": "orders", "data": {"headers": {"Authorization": f"{secret}\n"}}},
            {"topic": "orders", "data": {"http_method": secret}},
            {"topic": "orders", "data": {"path_params": {"id": [secret]}}},
            {"Topic": "orders", "Payload": secret},
            {"topic": "orders", "data": secret},
        ):
            assert self.post(token, body) == 400
        assert self.post(token, f'{{"topic": "orders", "data": "{secret}" oops}}') == 400
        assert self.post(token, f'{{"topic": "{secret}'.encode("utf-16")) == 400
        self._authenticate_badly(secret)

    def _authenticate_badly(self, secret: str) -> None:
        other = jwt.encode({"author": secret, "exp": 1}, self.secrets.new("another JWT secret"))
        expired = jwt.encode({"author": secret, "exp": 1}, self.jwt_secret)
        for token in (other, expired, other[:-5], "x.y.z" + self.secrets.plain("no token")):
            assert self.post(self.secrets.keep("refused token", token), {}) == 401
        limited = jwt.encode({"author": "shop", "topics": ["x"]}, self.jwt_secret)
        assert self.post(self.secrets.keep("limited token", limited), {"topic": "orders", "data": self.data()}) == 403
        headers = {"Authorization": f"Basic {self.secrets.plain('Basic')}"}
        assert requests.get(f"{self.hub.url}/refresh", headers=headers, timeout=30).status_code == 401
        hidden = self.secrets.plain("query of an unknown address")
        assert requests.get(f"{self.hub.url}/nothing?token={hidden}", timeout=30).status_code == 404

    def post(self, token: str, body: Any) -> int:
        raw = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(f"{self.hub.url}/publish", raw, headers=headers, timeout=30).status_code

    def sign_in(self) -> None:
        for password in (self.secrets.new("wrong password"), self.admin_password):
            session = requests.Session()
            session.get(f"{self.hub.url}/admin/login/", timeout=30)
            form = {"username": "operator", "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
            answer = session.post(f"{self.hub.url}/admin/login/?next=/admin/", form, timeout=30)
            assert answer.status_code == 200
        assert "Subscribers" in answer.text
        session.get(f"{self.hub.url}/admin/dispatch/delivery/", timeout=30).raise_for_status()
        for name, value in session.cookies.items():
            self.secrets.keep(f"cookie {name}", value)

    def lose_services(self) -> None:
        """Broker and database go away in turn, while events are published, and come back."""
        for server in (self.faktory, self.postgres):
            if server is None:
                continue
            server.kill()
            self.publish_good_and_bad()
            requests.get(f"{self.hub.url}/readyz", timeout=30)
            time.sleep(2)
            server.start()
            wait_until(self.hub.is_ready, "The hub", self.hub.web, self.hub.log)

    def log(self) -> str:
        self.hub.stop()
        return self.hub.log.read_text(errors="replace") + "\n".join(self.outputs)


@pytest.fixture(
    params=[
        ("sqlite", "DEBUG", "text"),
        ("postgres-faktory", "DEBUG", "text"),
        ("postgres-faktory", "INFO", "text"),
        ("postgres-faktory", "DEBUG", "json"),
    ],
    ids="-".join,
)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    try:
        with Run(*request.param) as run:
            yield run
    except ServiceMissingError as error:
        missing(error)


def test_log_of_a_whole_run_names_no_secret(run: Run) -> None:
    run.publish_good_and_bad()
    run.receiver.wait_for(DELIVERED)
    run.sign_in()
    run.lose_services()
    run.publish_good_and_bad()
    run.receiver.wait_for(2 * DELIVERED)
    text = run.log()
    assert "Refused with 401" in text, "it is the log of this run"
    assert run.secrets.found_in(text) == []
