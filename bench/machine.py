"""On what the figures were measured."""

import os
import platform
from pathlib import Path
from typing import Any

import psutil

CPU_INFO = Path("/proc/cpuinfo")


def describe() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30), 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def sentence(results: dict[str, Any]) -> str:
    """Where and when results were measured."""
    found = results["machine"]
    return (
        f"Measured on {results['measured_at'][:10]}: {found['processor']}, {found['cores']} cores, "
        f"{found['memory_gib']} GiB, {found['system']}, Python {found['python']}."
    )


def _processor() -> str:
    """Its name; the plain kind where the system does not tell it."""
    lines = CPU_INFO.read_text().splitlines() if CPU_INFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
