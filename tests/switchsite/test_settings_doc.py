"""docs/settings.md lists every variable as the code has it."""

import re
from typing import Any

from switchsite.environment import BASE_DIR
from switchsite.variables import VARIABLES

ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>.*?) \| (?P<meaning>.*) \|$", re.MULTILINE)


def shown(default: Any) -> str:
    """A default as an operator would write it into the environment."""
    match default:
        case "" | []:
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
        case list():
            return f"`{','.join(default)}`"
        case float():
            return f"`{default:g}`"
    return f"`{default}`"


def test_table_of_settings_says_what_the_code_says() -> None:
    rows = ROW.findall((BASE_DIR / "docs" / "settings.md").read_text())
    assert sorted(rows) == sorted((each.name, shown(each.default), each.meaning) for each in VARIABLES)
