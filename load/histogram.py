"""Durations counted in buckets that grow by two per cent: bounded memory however long a run is, percentiles
that are at most one per cent off, and sums of several processes that are as good as one."""

from __future__ import annotations

import math

import msgspec

GROWTH = 1.02
SMALLEST_MS = 0.05
_LOG_GROWTH = math.log(GROWTH)


class Histogram(msgspec.Struct):
    """How often each duration was measured, by bucket; and the longest of them, exactly."""

    counts: dict[int, int] = {}
    total: int = 0
    longest_ms: float = 0.0

    def add(self, milliseconds: float) -> None:
        """One more."""
        bucket = bucket_of(milliseconds)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        self.total += 1
        self.longest_ms = max(self.longest_ms, milliseconds)

    def merge(self, other: Histogram) -> None:
        """What another process or second has measured."""
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.total += other.total
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    def percentile(self, share: float) -> float | None:
        """The milliseconds that `share` of all (0 to 1) did not exceed; None when there is none."""
        if not self.total:
            return None
        wanted, seen = max(1, math.ceil(self.total * share)), 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return min(middle_of(bucket), self.longest_ms)
        return self.longest_ms


def bucket_of(milliseconds: float) -> int:
    """Which bucket holds a duration; 0 holds all that is too short to tell apart."""
    return max(0, math.ceil(math.log(max(milliseconds, SMALLEST_MS) / SMALLEST_MS) / _LOG_GROWTH))


def middle_of(bucket: int) -> float:
    """The duration that stands for a bucket."""
    return float(SMALLEST_MS * GROWTH ** (bucket - 0.5))
