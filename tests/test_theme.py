"""The templates of the theme that are overridden differ from the installed ones in nothing but what they must."""

import difflib
from pathlib import Path

import pytest
import unfold

THEME = Path(unfold.__file__).parent / "templates"
OWN = Path(__file__).resolve().parent.parent / "switchsite" / "templates"
#: How many lines of each differ: another number tells that the theme has changed one of them, so that one looks at it.
CHANGED = {
    "admin/change_form.html": 1,
    "unfold/helpers/actions_row.html": 3,
    "unfold/helpers/command.html": 4,
    "unfold/helpers/field.html": 2,
    "unfold/helpers/fieldset_row_field.html": 1,
    "unfold/helpers/header_title.html": 3,
    "unfold/helpers/welcomemsg.html": 8,
    "unfold/layouts/skeleton.html": 15,
}


@pytest.mark.parametrize("name", CHANGED)
def test_override_follows_the_installed_theme(name: str) -> None:
    theirs, ours = ((root / name).read_text(encoding="utf-8").splitlines() for root in (THEME, OWN))
    gone = [
        line for line in difflib.unified_diff(theirs, ours, lineterm="", n=0) if line[:1] == "-" and line[:3] != "---"
    ]
    assert len(gone) == CHANGED[name], "\n".join(gone)
