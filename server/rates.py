"""Rates: how much of something may happen in a period, by key, counted in this process's memory.

A period begins with the first thing counted in it and forgets all at its end, so exactly
`count` are let through in it. (The `limits` package reads the notation here; its memory store
starts a thread or a task and walks all keys for each hit, too dear for every request and frame.)
"""

import time
from collections.abc import Callable
from functools import cache

from limits import parse

MAX_KEYS = 50_000


class Rate:
    """A bound such as `60/minute`, kept apart for each key."""

    def __init__(self, notation: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.count, self.period_seconds = _parsed(notation)
        self._clock = clock
        self._counted: dict[object, tuple[float, int]] = {}

    def hit(self, key: object) -> float:
        """Count one more and return 0, or count nothing and return the seconds to wait."""
        wait = self.wait(key)
        if not wait:
            self.count_one(key)
        return wait

    def wait(self, key: object) -> float:
        """How many seconds until one more is let through; 0 when it would be now."""
        ends, count = self._counted.get(key, (0.0, 0))
        now = self._clock()
        return ends - now if ends > now and count >= self.count else 0.0

    def count_one(self, key: object) -> None:
        """Count one more without asking."""
        now = self._clock()
        ends, count = self._counted.get(key, (0.0, 0))
        if ends <= now:
            if len(self._counted) >= MAX_KEYS:
                self._forget(now)
            ends, count = now + self.period_seconds, 0
        self._counted[key] = (ends, count + 1)

    def forgive(self, key: object) -> None:
        """Forget what was counted for a key."""
        self._counted.pop(key, None)

    def _forget(self, now: float) -> None:
        """Drop periods that are over; when there are none, all: memory is bounded before rates are."""
        self._counted = {key: kept for key, kept in self._counted.items() if kept[0] > now}
        if len(self._counted) >= MAX_KEYS:
            self._counted.clear()


@cache
def _parsed(notation: str) -> tuple[int, float]:
    item = parse(notation)
    return item.amount, float(item.get_expiry())
