"""The alarm clocks: which clock rings when. Pure: it is told the time, and reads nothing.

A heap of instants beside a dict of what is live. Cancelling or moving a clock only forgets its dict
entry; the heap's stale one is skipped when it comes up, and swept when stale ones outnumber the live.
Arming costs O(log n), cancelling O(1), and nothing is ever scanned for what is due.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

_SWEEP_ABOVE = 1024

Key = TypeVar("Key")
Value = TypeVar("Value")


class Clocks(Generic[Key, Value]):
    """Live clocks by key, each with an instant (Unix seconds) and what is to be known when it rings."""

    def __init__(self) -> None:
        self._live: dict[Key, tuple[float, int, Key, Value]] = {}  # the very entries of the heap
        self._heap: list[tuple[float, int, Key, Value]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: object) -> bool:
        return key in self._live

    @property
    def mark(self) -> int:
        """What `arm_older` takes: everything that is armed from now on is younger."""
        return self._count

    def get(self, key: Key) -> Value | None:
        """What is to be known when `key` rings, or None when it is not armed."""
        live = self._live.get(key)
        return live[3] if live is not None else None

    def arm(self, key: Key, at: float, value: Value) -> None:
        """Let `key` ring at `at`, instead of when it would have rung before."""
        self._count += 1
        entry = self._live[key] = (at, self._count, key, value)
        heappush(self._heap, entry)
        if len(self._heap) > _SWEEP_ABOVE and len(self._heap) > 2 * len(self._live):
            self._heap = list(self._live.values())
            heapify(self._heap)

    def arm_older(self, key: Key, at: float, value: Value, mark: int) -> None:
        """The same, unless `key` has been armed since a mark: that was younger news."""
        live = self._live.get(key)
        if live is None or live[1] <= mark:
            self.arm(key, at, value)

    def cancel(self, key: Key) -> None:
        """Let `key` not ring; harmless when it is not armed."""
        self._live.pop(key, None)

    def next_at(self) -> float | None:
        """When the next clock rings, or None when none is armed."""
        heap = self._heap
        while heap and self._live.get(heap[0][2]) is not heap[0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take_due(self, now: float, limit: int) -> list[tuple[Key, Value]]:
        """Disarm and return up to `limit` clocks that ring at or before `now`, earliest first."""
        due: list[tuple[Key, Value]] = []
        while len(due) < limit and self._heap and self._heap[0][0] <= now:
            entry = heappop(self._heap)
            if self._live.get(entry[2]) is entry:
                del self._live[entry[2]]
                due.append((entry[2], entry[3]))
        return due
