"""Whether this process traces, and its tracer if so."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from dispatch.tracing.exporting import Tracer

EXPORTING = "dispatch.tracing.exporting"

_tracer: Tracer | None = None


def is_wanted() -> bool:
    if settings.TRACES_EXPORTER:
        return bool(settings.TRACES_EXPORTER == "otlp")
    return bool(settings.TRACES_ENDPOINT)


def is_installed() -> bool:
    """Looked for by the import itself, which only those pay for who want traces."""
    try:
        import_module(EXPORTING)
    except ImportError:
        return False
    return True


def start() -> None:
    """Once in each process that publishes or delivers, after it was forked: the exporter is a thread."""
    global _tracer
    if is_wanted() and is_installed():
        _tracer = import_module(EXPORTING).Tracer()


def stop() -> None:
    global _tracer
    if _tracer is not None:
        _tracer.close()
        _tracer = None


def tracer() -> Tracer | None:
    """None where traces are off."""
    return _tracer
