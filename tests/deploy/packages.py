"""The packages that a file of requirements brings, with all that they need, out of those that are installed here."""

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(requirements: str) -> dict[str, Distribution]:
    """By name. Raises PackageNotFoundError for one that is not installed."""
    waiting = [Requirement(line) for line in requirements.splitlines() if line and not line.startswith("#")]
    seen: set[tuple[str, frozenset[str]]] = set()
    found: dict[str, Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) not in seen:
            seen.add((name, extras))
            found[name] = distribution(name)
            waiting += _needs(found[name], extras)
    return found


def _needs(package: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for need in map(Requirement, package.requires or ()):
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield need


def link(package: Distribution, into: Path) -> None:
    """Lets an environment whose packages are `into` see one that is installed here."""
    for top in {path.parts[0] for path in package.files or ()} - {"..", "__pycache__"}:
        target = into / top
        if not target.exists():
            target.symlink_to(Path(str(package.locate_file(top))))
