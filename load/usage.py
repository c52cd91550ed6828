"""What processes use of the machine, as Linux tells it: memory held, processor time spent."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import NamedTuple, Self

MIB = 1024 * 1024
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


class Spent(NamedTuple):
    """Processor seconds of Parley's process, of its Postgres, and of this driver."""

    parley: float
    postgres: float
    driver: float

    @classmethod
    def until_now(cls, pid: int) -> Self:
        """What was spent since each of them began."""
        postgres = sum(_cpu_seconds(child, with_reaped=True) for child in descendants(pid))
        return cls(_cpu_seconds(pid), postgres, time.process_time())

    def each(self, since: Spent, count: int) -> str:
        """What one of `count` things has cost."""
        costs = [(now - then) / count * 1e6 for now, then in zip(self, since, strict=True)]
        return "CPU each: Parley {:,.0f} µs, Postgres {:,.0f} µs, driver {:,.0f} µs".format(*costs)


def resident_bytes(pid: int) -> int:
    """The resident set of a process."""
    return _kib(_PROC / str(pid) / "status", "VmRSS") * 1024


def shared_out_bytes(pids: list[int]) -> int:
    """The resident sets of processes together, what they share counted once (their PSS)."""
    return sum(_kib(_PROC / str(pid) / "smaps_rollup", "Pss") for pid in pids) * 1024


def descendants(pid: int) -> list[int]:
    """A process's children, their children, and so on."""
    found = []
    try:
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has gone meanwhile
    return found


def _cpu_seconds(pid: int, *, with_reaped: bool = False) -> float:
    """Of a process, and of the children that it has buried; 0 for one that has gone meanwhile."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11 : 15 if with_reaped else 13])) / _TICKS


def _kib(path: Path, name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    return int(match[1]) if match else 0
