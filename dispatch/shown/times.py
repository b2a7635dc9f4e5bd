"""Moments in the admin: written in UTC, and told by times.js as so long ago, with the reader's own time beside it."""

from datetime import datetime

from django.forms import Script
from django.utils.html import format_html


class ModuleScript(Script):
    """A script that is a module: it waits for the page, and runs once."""

    def __init__(self, src: str) -> None:
        super().__init__(src, type="module")


TIMES = ModuleScript("dispatch/times.js")
PROGRESS = ModuleScript("dispatch/progress.js")
COPYING = ModuleScript("dispatch/copying.js")
EXCHANGES = ModuleScript("dispatch/exchanges.js")


def shown_time(moment: datetime | None, *, is_long: bool = False) -> str:
    """A long one keeps its clock time beside the relative one."""
    if moment is None:
        return "—"
    written = f"{moment:%Y-%m-%d %H:%M:%S}"
    form = "long" if is_long else "short"
    return format_html(
        '<time datetime="{}" title="{} UTC" data-form="{}">{}</time>', moment.isoformat(), written, form, written
    )
