"""The alarm clocks: which clock rings when. Pure: it is told the time, and reads nothing.

A heap of instants beside a dict of what is live. Cancelling or moving a clock only forgets its
dict entry; the heap's stale one is skipped when it comes up, and swept when stale ones outnumber
the live. Arming costs O(log n), cancelling O(1), and nothing is ever scanned for what is due.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

_SWEEP_ABOVE = 1024

Key = TypeVar("Key")


class Clocks(Generic[Key]):
    """Live clocks by key, each with one instant (Unix seconds). The same key armed again is moved."""

    def __init__(self) -> None:
        self._live: dict[Key, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: object) -> bool:
        return key in self._live

    def arm(self, key: Key, at: float) -> None:
        """Let `key` ring at `at`, instead of when it would have rung before."""
        self._count += 1
        self._live[key] = (at, self._count)
        heappush(self._heap, (at, self._count, key))
        if len(self._heap) > _SWEEP_ABOVE and len(self._heap) > 2 * len(self._live):
            self._heap = [(at, count, key) for key, (at, count) in self._live.items()]
            heapify(self._heap)

    def cancel(self, key: Key) -> None:
        """Let `key` not ring; harmless when it is not armed."""
        self._live.pop(key, None)

    def clear(self) -> None:
        """Forget every clock."""
        self._live.clear()
        self._heap.clear()

    def next_at(self) -> float | None:
        """When the next clock rings, or None when none is armed."""
        while self._heap and not self._is_live(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: float, limit: int) -> list[tuple[float, Key]]:
        """Disarm and return up to `limit` clocks that ring at or before `now`, earliest first."""
        due: list[tuple[float, Key]] = []
        while len(due) < limit and self._heap and self._heap[0][0] <= now:
            entry = heappop(self._heap)
            if self._is_live(entry):
                due.append((entry[0], entry[2]))
                del self._live[entry[2]]
        return due

    def _is_live(self, entry: tuple[float, int, Key]) -> bool:
        at, count, key = entry
        return self._live.get(key) == (at, count)
