"""What a run must keep: its bounds, and whether it did. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from load.course import Course
from load.stories.names import ACK, FAULTS, SEEN


class Bounds(msgspec.Struct, frozen=True):
    """Milliseconds, a share of all that was tried, and a count; a time of 0 is not judged."""

    ack_p95_ms: float = 200.0
    ack_p99_ms: float = 400.0
    seen_p95_ms: float = 250.0
    seen_p99_ms: float = 500.0
    failures: float = 0.01
    lost: int = 0


class Check(NamedTuple):
    """One bound: what was measured, what may be, and whether it holds."""

    what: str
    measured: str
    bound: str
    holds: bool


def judge(course: Course, bounds: Bounds) -> list[Check]:
    """Every bound. What was never measured does not hold: silence is no success."""
    checks = [
        _time(course, ACK, 0.95, bounds.ack_p95_ms),
        _time(course, ACK, 0.99, bounds.ack_p99_ms),
        _time(course, SEEN, 0.95, bounds.seen_p95_ms),
        _time(course, SEEN, 0.99, bounds.seen_p99_ms),
        _failures(course, bounds.failures),
        _faults(course, bounds.lost),
    ]
    return [check for check in checks if check is not None]


def _time(course: Course, name: str, share: float, bound: float) -> Check | None:
    if bound <= 0:
        return None
    reached = course.whole(name).percentile(share)
    measured = "never measured" if reached is None else f"{reached:.1f} ms"
    return Check(
        f"{name}, p{share * 100:.0f}", measured, f"≤ {bound:g} ms", reached is not None and reached <= bound
    )


def _failures(course: Course, bound: float) -> Check:
    names = [name for name in course.names() if name not in FAULTS]
    failed = sum(map(course.failures, names))
    tried = failed + sum(course.whole(name).total for name in names)
    share = failed / tried if tried else 1.0
    measured = f"{failed} of {tried} ({share:.2%})" if tried else "nothing happened"
    return Check("failures", measured, f"≤ {bound:.2%}", share <= bound)


def _faults(course: Course, bound: int) -> Check:
    counts = {name: course.failures(name) for name in FAULTS}
    measured = ", ".join(f"{count} {name}" for name, count in counts.items())
    return Check(
        "messages lost, doubled, out of order", measured, f"≤ {bound}", sum(counts.values()) <= bound
    )
