"""What mkdocs.yml cannot say: each decision is in the navigation, and links out of docs/ lead somewhere."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
CHANGES = "changes.md"
LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    decisions = [str(path.relative_to(DOCS)) for path in sorted(DOCS.glob("decisions/*.md"))]
    config.nav = [*(config.nav or []), {"Decisions": decisions}, CHANGES]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    files.append(File.generated(config, CHANGES, abs_src_path=str(ROOT / "CHANGELOG.md")))
    return files


def on_page_markdown(markdown: str, page: Page, **more: Any) -> str:
    """Files of the project are not part of the site: a link to one becomes its name and path."""
    if page.file.src_uri == CHANGES:
        return markdown.replace("](docs/", "](")
    place = (DOCS / page.file.src_uri).parent

    def inside(link: re.Match[str]) -> str:
        text, target = link[1], (place / link[2]).resolve()
        if target.is_relative_to(DOCS) or not target.exists():
            return link[0]
        if target == ROOT / "CHANGELOG.md":
            return f"[{text}]({CHANGES})"
        return f"{text} (`{target.relative_to(ROOT)}`)"

    return LINK.sub(inside, markdown)
