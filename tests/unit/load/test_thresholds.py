"""What a run must keep: held, broken, and never measured."""

from __future__ import annotations

import pytest

from load.course import Course
from load.stories.names import ACK, LOST, SEEN
from load.stories.thresholds import Bounds, judge


def good() -> Course:
    course = Course(0.0)
    for _ in range(100):
        course.add(ACK, 0.0, 10.0)
        course.add(SEEN, 0.0, 20.0)
    return course


def broken(course: Course, bounds: Bounds | None = None) -> list[str]:
    return [check.what for check in judge(course, bounds or Bounds()) if not check.holds]


def test_a_good_run_keeps_everything() -> None:
    assert broken(good()) == []


@pytest.mark.parametrize(
    ("bounds", "what"),
    [
        (Bounds(ack_p95_ms=9.0), f"{ACK}, p95"),
        (Bounds(ack_p99_ms=9.0), f"{ACK}, p99"),
        (Bounds(seen_p95_ms=19.0), f"{SEEN}, p95"),
        (Bounds(seen_p99_ms=19.0), f"{SEEN}, p99"),
    ],
)
def test_each_time_has_its_bound(bounds: Bounds, what: str) -> None:
    assert broken(good(), bounds) == [what]


def test_p99_looks_at_the_slowest_two_of_a_hundred() -> None:
    course = good()
    for _ in range(3):
        course.add(SEEN, 0.0, 5000.0)
    assert broken(course) == [f"{SEEN}, p99"]


def test_one_lost_message_fails_a_run() -> None:
    course = good()
    course.add(LOST, 0.0, 0.0, "never came")
    assert broken(course) == ["messages lost, doubled, out of order"]
    assert broken(course, Bounds(lost=1)) == []


def test_failures_are_judged_by_their_share() -> None:
    course = good()
    for _ in range(3):
        course.add("connect", 0.0, 0.0, "refused")
    assert broken(course) == ["failures"]
    assert broken(course, Bounds(failures=0.02)) == []


def test_a_run_in_which_nothing_happened_keeps_nothing() -> None:
    assert broken(Course(0.0)) == [f"{ACK}, p95", f"{ACK}, p99", f"{SEEN}, p95", f"{SEEN}, p99", "failures"]


def test_a_bound_of_nought_is_not_judged() -> None:
    assert broken(Course(0.0), Bounds(0, 0, 0, 0)) == ["failures"]
