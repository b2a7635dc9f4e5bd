"""Reads the environment, where nothing else does: the variables of variables.py, and names that are none of them."""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import environ

from switchsite.variables import VARIABLES

BASE_DIR = Path(__file__).resolve().parent.parent

# A line `NAME=value` in .env counts where the real environment does not set the name.
environ.Env.read_env(BASE_DIR / os.environ.get("SWITCH_ENV_FILE", ".env"))

#: Sentences about variables that could not be read; the system checks report them.
problems: list[str] = []

BY_NAME = {variable.name: variable for variable in VARIABLES}
PREFIX = "SWITCH_"
#: What Kubernetes sets for a service that is named switch:
#: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
OF_A_SERVICE = re.compile(r"\w+(_SERVICE_HOST|_SERVICE_PORT(_\w+)?|_PORT_\d+_\w+)=.*|\w+_PORT=(tcp|udp|sctp)://.*")


def value(name: str) -> Any:
    """The variable's value, or its default where it is unset, empty or unreadable (which `problems` then tells)."""
    variable = BY_NAME[name]
    # Not through Env: it takes a password that begins with $ for the name of another variable.
    text = os.environ.get(name, "")
    if not text:
        return variable.default
    try:
        return variable.kind(text)
    except ValueError as error:
        problems.append(f"{name} {error}, but is {text!r}.")
        return variable.default


def unknown() -> dict[str, str]:
    """Names that begin as ours do and that nothing reads, each with the nearest known one, or with an empty text."""
    names = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in BY_NAME)
    return {name: _nearest(name) for name in names if not OF_A_SERVICE.fullmatch(f"{name}={os.environ[name]}")}


def _nearest(name: str) -> str:
    """By what follows the prefix: that alone would make any two names near."""
    known = {each.removeprefix(PREFIX): each for each in BY_NAME}
    return next((known[near] for near in get_close_matches(name.removeprefix(PREFIX), known, n=1)), "")
