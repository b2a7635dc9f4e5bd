"""An operator at the admin of a running hub, in a real browser that notes each complaint."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.flows.receiver import Answer, Received, Receiver
from tests.servers.hub import HubServer

PASSWORD = "a password of no account but this one"
AT_A_DESK = ViewportSize(width=1360, height=900)
#: How bad a fault that axe finds must be to count.
GRAVE = {"serious", "critical"}
#: Waits for what fades in or out: half faded text has too little contrast.
UNTIL_STILL = """() => Promise.allSettled(
    document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished)
)"""


@dataclass
class Desk:
    """The page is signed in; the receiver takes what the hub's subscribers are sent, but for `/gone`."""

    page: Page
    hub: HubServer
    receiver: Receiver
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.hub.url}/admin/{path}")

    def reload_until(self, text: str) -> None:
        """Loads the page again until it shows `text`, which a consumer is about to write."""
        for _ in range(50):
            if text in self.page.locator("body").inner_text():
                return
            self.page.wait_for_timeout(200)
            self.page.reload()
        pytest.fail(f"the page does not show {text}")

    def assert_accessible(self, within: str = "body") -> None:
        """axe finds no serious fault in what the page shows once nothing fades in or out."""
        self.page.evaluate(UNTIL_STILL)
        found = Axe().run(self.page, context=within).response["violations"]
        faults = [
            f"{each['id']}: {node['target']} {node['html'][:200]}"
            for each in found
            for node in each["nodes"]
            if each["impact"] in GRAVE
        ]
        assert not faults, "\n".join(faults)

    def sign_in(self, username: str = "operator") -> None:
        self.open()
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("[type=submit]")

    def listen_for_complaints(self) -> None:
        """No page may fail to load a part, break a script or the policy, or ask another host than the hub."""
        page, note = self.page, self.complaints.append
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning") and note(f"{message.text} {message.location.get('url')}")
            ),
        )
        page.on("pageerror", lambda error: note(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and note(f"{answer.status} {answer.url}"))
        page.on("request", lambda each: each.url.startswith((self.hub.url, "data:")) or note(each.url))


@contextmanager
def desk_at_a_fresh_hub(chromium: Browser, **env: str) -> Iterator[Desk]:
    """A hub of its own with web server and consumer, whose superuser `operator` is signed in."""
    with Receiver(_gone_when_told) as receiver, HubServer({"DJANGO_SUPERUSER_PASSWORD": PASSWORD, **env}) as hub:
        hub.manage(
            "createsuperuser", "--noinput", "--skip-checks", "--username", "operator", "--email", "operator@example.com"
        )
        hub.start_web()
        hub.start_consumer()
        desk = Desk(chromium.new_page(viewport=AT_A_DESK), hub, receiver)
        desk.listen_for_complaints()
        desk.sign_in()
        yield desk
        desk.page.close()


def _gone_when_told(request: Received) -> Answer:
    return Answer(410 if request.path == "/gone" else 200)
