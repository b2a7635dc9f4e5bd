"""What processes have used so far: a part of the hub is a process and all that it started."""

import psutil


def cpu_seconds(process_id: int) -> float:
    """CPU time of the process and its descendants, the ended ones included as far as they were waited for."""
    return sum(_cpu(process) for process in _tree(process_id))


def resident_mib(process_id: int) -> float:
    """Resident memory of the largest process among it and its descendants; 0 if there is none."""
    return max((_resident(process) for process in _tree(process_id)), default=0) / (1 << 20)


def _tree(process_id: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(process_id)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))  # user, system, and both of ended children
    except psutil.NoSuchProcess:
        return 0.0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
