"""Token buckets: how much somebody may do, given how much they have done."""

from __future__ import annotations


class Bucket:
    """`burst` things at once, refilled at `per_second`. Time is told, not read."""

    __slots__ = ("_at", "_left", "burst", "per_second")

    def __init__(self, burst: float, per_second: float, now: float) -> None:
        self.burst = burst
        self.per_second = per_second
        self._left = burst
        self._at = now

    def take(self, now: float, amount: float = 1.0) -> float:
        """Take, and return 0; or take nothing, and return the seconds until there is enough."""
        self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
        self._at = now
        if self._left >= amount:
            self._left -= amount
            return 0.0
        return (amount - self._left) / self.per_second
