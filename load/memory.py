"""What processes hold of the machine's memory, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path

MIB = 1024 * 1024
_PROC = Path("/proc")


def resident_bytes(pid: int) -> int:
    """The resident set of a process."""
    return _kib(_PROC / str(pid) / "status", "VmRSS") * 1024


def shared_out_bytes(pids: list[int]) -> int:
    """The resident sets of processes together, what they share counted once (their PSS)."""
    return sum(_kib(_PROC / str(pid) / "smaps_rollup", "Pss") for pid in pids) * 1024


def descendants(pid: int) -> list[int]:
    """A process's children, their children, and so on."""
    found = [int(child) for task in (_PROC / str(pid) / "task").iterdir()
             for child in (task / "children").read_text().split()]  # fmt: skip
    return found + [further for child in found for further in descendants(child)]


def _kib(path: Path, name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    return int(match[1]) if match else 0
