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
    """Processor seconds: of Parley, of its Postgres, of this driver, of everybody, and those there were."""

    parley: float
    postgres: float
    driver: float
    busy: float
    there: float

    @classmethod
    def until_now(cls, pid: int) -> Self:
        """What was spent since each of them began."""
        postgres = sum(_cpu_seconds(child, with_reaped=True) for child in descendants(pid))
        return cls(_cpu_seconds(pid), postgres, time.process_time(), *_machine_seconds())

    def plus(self, since: Spent, until: Spent) -> Spent:
        """And what was spent in between."""
        return Spent(*(had + now - then for had, then, now in zip(self, since, until, strict=True)))

    def each(self, since: Spent, count: int) -> str:
        """What one of `count` things has cost, and how much of the machine others had meanwhile."""
        *ours, busy, there = (now - then for now, then in zip(self, since, strict=True))
        costs = [seconds / count * 1e6 for seconds in ours]
        others = max(0.0, busy - sum(ours)) / there
        return (
            f"CPU each: Parley {costs[0]:,.0f} µs, Postgres {costs[1]:,.0f} µs, driver {costs[2]:,.0f} µs; "
            f"others had {others:.0%} of the machine"
        )


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


def cpu_seconds(pid: int) -> float:
    """What the threads of a process have worked, by the scheduler's own clock: finer than ticks of 10 ms."""
    return sum(worked for worked, _ in _scheduled(pid)) / 1e9


def busy_seconds(pid: int) -> float:
    """What the threads of a process have worked, or would have if a processor had been free."""
    return sum(worked + waited for worked, waited in _scheduled(pid)) / 1e9


def _scheduled(pid: int) -> list[tuple[int, int]]:
    """Of each thread: nanoseconds on a processor, and ready without one."""
    told = [(task / "schedstat").read_text().split() for task in (_PROC / str(pid) / "task").iterdir()]
    return [(int(worked), int(waited)) for worked, waited, _ in told]


def _cpu_seconds(pid: int, *, with_reaped: bool = False) -> float:
    """Of a process, and of the children that it has buried; 0 for one that has gone meanwhile."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(map(int, fields[11 : 15 if with_reaped else 13])) / _TICKS


def _machine_seconds() -> tuple[float, float]:
    """What all cores worked since the machine began, and what they could have."""
    user, nice, system, idle, waiting, irq, soft_irq, stolen = map(
        int, (_PROC / "stat").read_text().splitlines()[0].split()[1:9]
    )
    busy = user + nice + system + irq + soft_irq + stolen
    return busy / _TICKS, (busy + idle + waiting) / _TICKS


def _kib(path: Path, name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    return int(match[1]) if match else 0
