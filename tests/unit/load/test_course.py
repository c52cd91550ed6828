"""The course of a run: stretches, percentiles over time, failures, and courses of several processes."""

from __future__ import annotations

import pytest

from load.course import MAX_ERRORS, MAX_STRETCHES, Course


def test_each_second_has_its_own_rate_and_percentiles() -> None:
    course = Course(100.0)
    for at, took in ((100.1, 10.0), (100.2, 20.0), (101.5, 300.0), (103.0, 1.0)):
        course.add("send", at, took)
    moments = course.moments("send")
    assert [(moment.at, moment.rate) for moment in moments] == [(0.5, 2.0), (1.5, 1.0), (2.5, 0.0)]
    assert moments[1].p99 == pytest.approx(300.0, rel=0.02)
    assert moments[2].p99 is None


def test_a_curve_of_few_points_has_longer_moments() -> None:
    course = Course(0.0)
    for second in range(11):
        course.add("send", float(second), 10.0)
    moments = course.moments("send", 3)
    assert [(moment.at, moment.rate) for moment in moments] == [(2.0, 1.0), (6.0, 1.0), (9.0, 1.0)]


def test_failures_count_in_no_percentile() -> None:
    course = Course(0.0)
    course.add("send", 0.1, 5.0)
    course.add("send", 0.2, 9000.0, "no answer")
    assert (course.whole("send").total, course.failures("send")) == (1, 1)
    assert course.errors == {"send: no answer": 1}


def test_a_long_run_needs_no_more_room_than_a_short_one() -> None:
    course = Course(0.0)
    for second in range(10 * MAX_STRETCHES):
        course.add("send", float(second), 1.0)
    assert len(course.stretches) <= MAX_STRETCHES
    assert course.whole("send").total == 10 * MAX_STRETCHES
    assert course.moments("send")[0].rate == 1.0


def test_errors_of_every_kind_are_counted_but_not_named_without_end() -> None:
    course = Course(0.0)
    for number in range(MAX_ERRORS + 20):
        course.add("send", 0.0, 0.0, f"error {number}")
    assert len(course.errors) == MAX_ERRORS + 1
    assert course.errors["other errors"] == 20


def test_courses_of_two_processes_come_together() -> None:
    ours, theirs = Course(100.0), Course(102.0)
    ours.add("send", 100.5, 1.0)
    ours.tell("mails", 2)
    theirs.add("send", 103.2, 3.0)
    theirs.add("send", 103.3, 0.0, "lost")
    theirs.tell("mails")
    ours.merge(theirs.take())
    assert ours.whole("send").total == 2
    assert sorted(ours.stretches) == [0, 3]
    assert (ours.failures("send"), ours.told) == (1, {"mails": 3})


def test_what_was_taken_is_not_taken_again() -> None:
    whole, course = Course(0.0), Course(0.0)
    course.add("send", 0.1, 1.0)
    whole.merge(course.take())
    whole.merge(course.take())
    assert whole.whole("send").total == 1
