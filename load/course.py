"""The course of a run: what was measured in each stretch of time, by name, and what went wrong.

Bounded however long a run is: when there are too many stretches, they double in length. Courses of several
processes are sent (`take`) and merged; times are the wall clock's, which those processes share.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import msgspec

from load.histogram import Histogram

MAX_STRETCHES = 240
MAX_ERRORS = 50


class Stretch(msgspec.Struct):
    """What happened in one stretch of time."""

    measured: dict[str, Histogram] = {}
    failed: dict[str, int] = {}
    users: int = 0


class Moment(NamedTuple):
    """One name in one stretch: seconds since the beginning, how many a second, percentiles in ms."""

    at: float
    rate: float
    failures: float
    p50: float | None
    p95: float | None
    p99: float | None


class Course(msgspec.Struct):
    """All stretches of a run, how often each thing was told, and each kind of error."""

    began_at: float
    seconds: float = 1.0
    stretches: dict[int, Stretch] = {}
    told: dict[str, int] = {}
    errors: dict[str, int] = {}

    def add(self, name: str, at: float, milliseconds: float, error: str | None = None) -> None:
        """Something was measured, or failed; what failed counts in no percentile."""
        stretch = self._stretch(at)
        if error is None:
            stretch.measured.setdefault(name, Histogram()).add(milliseconds)
            return
        stretch.failed[name] = stretch.failed.get(name, 0) + 1
        kind = f"{name}: {error}"
        if kind not in self.errors and len(self.errors) >= MAX_ERRORS:
            kind = "other errors"
        self.errors[kind] = self.errors.get(kind, 0) + 1

    def tell(self, what: str, count: int = 1) -> None:
        """Count something that is neither a duration nor a failure."""
        self.told[what] = self.told.get(what, 0) + count

    def people(self, at: float, users: int) -> None:
        """So many users are at work now."""
        self._stretch(at).users = users

    def _stretch(self, at: float) -> Stretch:
        number = max(0, int((at - self.began_at) / self.seconds))
        while number >= MAX_STRETCHES:
            self._double()
            number = int((at - self.began_at) / self.seconds)
        return self.stretches.setdefault(number, Stretch())

    def _double(self) -> None:
        halves, self.stretches, self.seconds = self.stretches, {}, self.seconds * 2
        for number, half in sorted(halves.items()):
            _merge(self.stretches.setdefault(number // 2, Stretch()), half)

    def take(self) -> bytes:
        """Everything so far, for another process; this course is empty afterwards."""
        packed = msgspec.msgpack.encode(self)
        self.stretches, self.told, self.errors = {}, {}, {}
        return packed

    def merge(self, packed: bytes) -> None:
        """What `take` gave in another process."""
        other = msgspec.msgpack.decode(packed, type=Course)
        for number, stretch in other.stretches.items():
            _merge(self._stretch(other.began_at + (number + 0.5) * other.seconds), stretch)
        self.told = dict(Counter(self.told) + Counter(other.told))
        self.errors = dict(Counter(self.errors) + Counter(other.errors))

    def names(self) -> list[str]:
        """Everything that was measured or failed, in the order in which it first did."""
        names: dict[str, None] = {}
        for _, stretch in sorted(self.stretches.items()):
            names |= dict.fromkeys([*stretch.measured, *stretch.failed])
        return list(names)

    def whole(self, name: str) -> Histogram:
        """One name over the whole run."""
        whole = Histogram()
        for stretch in self.stretches.values():
            if name in stretch.measured:
                whole.merge(stretch.measured[name])
        return whole

    def failures(self, name: str) -> int:
        """How often this has failed."""
        return sum(stretch.failed.get(name, 0) for stretch in self.stretches.values())

    def moments(self, name: str, most: int = MAX_STRETCHES) -> list[Moment]:
        """One name over time, in `most` moments at most, each of so many whole stretches.

        The last stretch is left out when others exist, since it has not ended.
        """
        count = max(self._last(), 1)
        together = -(-count // max(most, 1))
        return [
            self._moment(first, min(first + together, count), name) for first in range(0, count, together)
        ]

    def users(self) -> list[tuple[float, float]]:
        """Seconds and users."""
        known = sorted(self.stretches.items())
        return [((number + 0.5) * self.seconds, float(stretch.users)) for number, stretch in known[:-1]]

    def _last(self) -> int:
        return max(self.stretches, default=0)

    def _moment(self, first: int, end: int, name: str) -> Moment:
        measured, failed, seconds = Histogram(), 0, (end - first) * self.seconds
        for number in range(first, end):
            stretch = self.stretches.get(number, Stretch())
            measured.merge(stretch.measured.get(name, Histogram()))
            failed += stretch.failed.get(name, 0)
        return Moment(
            (first + end) / 2 * self.seconds,
            measured.total / seconds,
            failed / seconds,
            *(measured.percentile(share) for share in (0.5, 0.95, 0.99)),
        )


def _merge(into: Stretch, other: Stretch) -> None:
    for name, histogram in other.measured.items():
        into.measured.setdefault(name, Histogram()).merge(histogram)
    for name, count in other.failed.items():
        into.failed[name] = into.failed.get(name, 0) + count
    into.users = max(into.users, other.users)
