"""Every file that the documentation links to is there, and whoever it links to elsewhere is somebody."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", PROJECT / "bench" / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!\w+:)([^)#]+)")
#: An address in a link, or between angle brackets. Those of commands and settings are examples.
ADDRESS = re.compile(r"(?:\]\(|<)(\w+:[^)>\s]*)[)>]")
#: The hub itself, as `make run` starts it.
OURS = "http://127.0.0.1:8000/"
#: Whom the pages link to. No test asks them: whoever adds one has looked.
HOSTS = {"github.com", "pypi.org", "www.standardwebhooks.com", "www.w3.org"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", [*PAGES, PROJECT / "CHANGELOG.md"], ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_to_elsewhere_are_encrypted_and_to_hosts_that_somebody_has_looked_at(page: Path) -> None:
    for address in ADDRESS.findall(page.read_text()):
        parts = urlsplit(address)
        is_good = (parts.scheme, parts.port, parts.username) == ("https", None, None) and parts.hostname in HOSTS
        assert is_good or address.startswith(OURS), address


def test_every_host_is_linked_to() -> None:
    linked = {urlsplit(address).hostname for page in PAGES for address in ADDRESS.findall(page.read_text())}
    assert linked >= HOSTS
