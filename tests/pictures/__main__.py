"""`make pictures`: takes those that are committed; `PICTURES=--all` all of them, `PICTURES=history` those of a page."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from dispatch.demo.cast import RECEIVER_PORT
from tests.pictures.pages import LOOKS, PICTURES, Picture
from tests.servers.chromium import running_chromium
from tests.servers.hub import PROJECT, HubServer
from tests.servers.processes import accepts, start, stop, wait_until

KEPT = PROJECT / "docs" / "images"
ALL = PROJECT / "build" / "pictures"
PASSWORD = "a password of pictures alone"
SIZES = {"light": (1360, 850), "dark": (1360, 850), "phone": (390, 844)}
COLOURS = 256
#: Told at once, to a receiver of the demo; and what the log has of it.
ALERTS = {
    "SWITCH_ALERT_WEBHOOK_URL": f"http://127.0.0.1:{RECEIVER_PORT}/billing/alerts",
    "SWITCH_ALERT_FAILING_SECONDS": "5",
    "SWITCH_ALERT_LASTING_SECONDS": "5",
}
SUBSCRIBER_FAILS = "has failed every request"


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.pictures")
    parser.add_argument("names", nargs="*", help="of pages (default: each)")
    parser.add_argument("--all", action="store_true", help="also those that are not committed, to build/pictures")
    options = parser.parse_args()
    chosen = [picture for picture in PICTURES if not options.names or picture.name in options.names]
    with _demo() as (hub, ids), running_chromium() as browser:
        for look in LOOKS:
            page = _signed_in(browser, hub, look)
            for picture in chosen:
                if options.all or look in picture.kept:
                    _take(page, hub, ids, picture, look)
            page.close()


@contextmanager
def _demo() -> Iterator[tuple[HubServer, dict[str, str]]]:
    """A hub as the demo has left it, with a consumer that goes on with it and has told what is wrong."""
    with HubServer({"DJANGO_SUPERUSER_PASSWORD": PASSWORD, **ALERTS}) as hub:
        hub.manage("demo", timeout=300)
        hub.manage("createsuperuser", "--noinput", "--username", "ann", "--email", "ann@example.com")
        _in_shell(hub, "rows.py")
        hub.start_web()
        hub.start_consumer()
        with _surroundings(hub):
            wait_until(lambda: SUBSCRIBER_FAILS in hub.log.read_text(), "An alert", None, hub.log)
            yield hub, json.loads(_in_shell(hub, "ids.py"))


def _in_shell(hub: HubServer, name: str) -> str:
    script = (Path(__file__).parent / name).read_text()
    return hub.manage("shell", "--no-imports", "--command", script).stdout


@contextmanager
def _surroundings(hub: HubServer) -> Iterator[None]:
    """Subscribers that answer, and publishers that go on."""
    process = start([sys.executable, str(PROJECT / "manage.py"), "demo", "--live"], hub.log, hub.env)
    try:
        wait_until(lambda: accepts(RECEIVER_PORT), "The demo's receiver", process, hub.log)
        yield
    finally:
        stop(process, signal.SIGINT)


def _signed_in(browser: Browser, hub: HubServer, look: str) -> Page:
    width, height = SIZES[look]
    scheme = "dark" if look == "dark" else "light"
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(f"{hub.url}/admin/")
    page.fill("[name=username]", "ann")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    return page


def _take(page: Page, hub: HubServer, ids: dict[str, str], picture: Picture, look: str) -> None:
    page.goto(f"{hub.url}/admin/{picture.path.format(**ids)}")
    picture.prepare(page)
    page.wait_for_load_state("networkidle")
    directory = KEPT if look in picture.kept else ALL
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{picture.name}-{look}.png"
    page.screenshot(path=path)
    _shrink(path)
    print(f"{path.relative_to(PROJECT)}  {path.stat().st_size // 1024} KiB")


def _shrink(path: Path) -> None:
    """So many colours are enough for a page, at a fraction of the bytes; rare ones, as of a small dot, count too."""
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE).save(
            path, optimize=True
        )


if __name__ == "__main__":
    main()
