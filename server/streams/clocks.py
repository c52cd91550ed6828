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
        self._live: dict[Key, tuple[float, int, Value]] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: object) -> bool:
        return key in self._live

    def get(self, key: Key) -> Value | None:
        """What is to be known when `key` rings, or None when it is not armed."""
        live = self._live.get(key)
        return live[2] if live is not None else None

    def arm(self, key: Key, at: float, value: Value) -> None:
        """Let `key` ring at `at`, instead of when it would have rung before."""
        self._count += 1
        self._live[key] = (at, self._count, value)
        heappush(self._heap, (at, self._count, key))
        if len(self._heap) > _SWEEP_ABOVE and len(self._heap) > 2 * len(self._live):
            self._heap = [(at, count, key) for key, (at, count, _) in self._live.items()]
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

    def take_due(self, now: float, limit: int) -> list[tuple[Key, Value]]:
        """Disarm and return up to `limit` clocks that ring at or before `now`, earliest first."""
        due: list[tuple[Key, Value]] = []
        while len(due) < limit and self._heap and self._heap[0][0] <= now:
            entry = heappop(self._heap)
            if self._is_live(entry):
                due.append((entry[2], self._live.pop(entry[2])[2]))
        return due

    def _is_live(self, entry: tuple[float, int, Key]) -> bool:
        live = self._live.get(entry[2])
        return live is not None and live[1] == entry[1]
