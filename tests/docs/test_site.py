"""The documentation as a site: it builds strictly, is whole, and loads nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
#: What a browser fetches by itself when it meets such a tag; a link that somebody clicks may lead anywhere.
FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}


class Fetched(HTMLParser):
    """Collects the addresses that a page makes the browser fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(FETCHED.get(tag, ""))
        if address:
            self.addresses.append(address)


def build(into: Path, *arguments: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(into), *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=100)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("site")
    done = build(into)
    assert done.returncode == 0, done.stdout + done.stderr
    return into


def test_every_page_is_built_and_in_the_navigation(site: Path) -> None:
    front = (site / "index.html").read_text()
    for page in DOCS.rglob("*.md"):
        address = page.relative_to(DOCS).with_suffix(".html")
        assert (site / address).is_file()
        assert page.name == "index.md" or f'href="{address}"' in front


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    foreign = {
        address
        for page in site.rglob("*.html")
        for address in Fetched(page.read_text()).addresses
        if re.match(r"(?:[a-z]+:)?//", address)
    }
    assert foreign == set()


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    styles = [*site.rglob("*.css"), *site.rglob("*.html")]
    assert not [sheet for sheet in styles if re.search(r"url\(\s*[\"']?(?:https?:)?//", sheet.read_text())]


def test_a_link_out_of_the_docs_is_no_dead_end(site: Path) -> None:
    page = (site / "operating.html").read_text()
    assert "<code>compose.yaml</code>" in page
    assert 'href="changes.html"' in page
    assert 'href="../' not in page


@pytest.mark.parametrize("link", ["gone.md", "here.md#gone", "../gone.md"])
def test_a_broken_link_fails_the_build(link: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "here.md").write_text(f"# Here\n\n[there]({link})\n")
    settings = (PROJECT / "mkdocs.yml").read_text().partition("\nnav:")[0]
    (tmp_path / "mkdocs.yml").write_text(re.sub(r"^hooks:.*$", "", settings, flags=re.M))
    done = build(tmp_path / "site", cwd=tmp_path)
    assert done.returncode != 0
    assert link.partition("#")[0] in done.stderr
