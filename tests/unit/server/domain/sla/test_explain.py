"""What is said of a clock: its segments with reasons, its marks, and why it was measured otherwise.

Times are minutes from the opening, a Monday at nine in UTC, ten in Vienna.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from server.domain.calendar import Calendar, Period
from server.domain.events import TargetName
from server.domain.sla.explain import explain
from server.domain.sla.explanation import Reason, Run
from server.domain.sla.policy import Conditions, NotifyTeam, Pause, Percent, Promise, Step
from tests.promised import HERE, OPENED, Promised, at, minutes, plain, policy

SUPPLIER, BREAK, STEP = UUID(int=71), Period(780, 1020), UUID(int=72)
OFFICE = Calendar("Europe/Vienna", ((Period(480, 720), BREAK),) * 5 + ((), ()), country="AT")
DAY = 24 * 60


def told(desk: Promised, name: TargetName, now: float) -> Run:
    """The last run of a target."""
    runs = explain(HERE, desk.records, desk.desk.terms, at(now))
    return [run for run in runs if run.target == name][-1]


def line(run: Run) -> list[tuple[str, str, float, float]]:
    """Its segments: the state, why, until which minute, and what was spent by then."""
    return [
        (one.state, one.reason.code, (one.end - OPENED) / minutes(1), one.spent / minutes(1))
        for one in run.segments
    ]


def test_outside_hours_a_weekend_a_day_off_and_a_public_holiday_have_their_reasons() -> None:
    calendar = msgspec.structs.replace(OFFICE, days=((date(2026, 11, 24), ()),))
    desk = Promised(policy(1, [Promise("resolution", timedelta(hours=80), calendar)]))
    assert line(told(desk, "resolution", 2 * DAY))[:4] == [
        ("running", "business_hours", 120, 120),
        ("outside_hours", "outside_hours", 180, 120),
        ("running", "business_hours", 420, 360),
        ("outside_hours", "outside_hours", 840, 360),
    ]
    segments = told(desk, "resolution", 16 * DAY).segments
    assert [one.reason for one in segments if one.reason.code in ("day_off", "public_holiday")] == [
        Reason("day_off"),
        Reason("public_holiday", holiday="Mariä Empfängnis"),
    ]


def test_what_waits_says_for_what_and_goes_on_with_what_was_spent() -> None:
    pauses = (Pause("pending"), Pause("on_hold"))
    desk = Promised(policy(1, [Promise("resolution", minutes(60), pauses=pauses)]))
    desk.desk = msgspec.structs.replace(desk.desk, reasons={SUPPLIER: "supplier"})
    desk.moves("pending", 10)
    desk.moves("on_hold", 20, SUPPLIER)
    desk.moves("open", 50)
    desk.rings_all(110)
    run = told(desk, "resolution", 110)
    assert line(run) == [
        ("running", "always", 10, 10),
        ("paused", "waiting", 20, 10),
        ("paused", "waiting", 50, 10),
        ("running", "always", 110, 70),
    ]
    assert [one.reason for one in run.segments[1:3]] == [
        Reason("waiting", "pending"),
        Reason("waiting", "on_hold", SUPPLIER),
    ]
    assert (run.standing, run.spent, run.breached_at) == ("running", minutes(70), at(100))


def test_marks_have_their_true_time_and_what_is_ahead() -> None:
    steps = (Step(UUID(int=73), Percent(50)), Step(STEP, Percent(120), (NotifyTeam(),)))
    desk = Promised(policy(1, [Promise("resolution", minutes(100), steps=steps)]))
    desk.rings_all(55)
    marks = told(desk, "resolution", 60).marks
    assert [(one.at, one.kind, one.ahead, one.told_at, one.actions) for one in marks] == [
        (at(50), "warning", False, at(55), ()),
        (at(100), "due", True, None, ()),
        (at(120), "step", True, None, ("notify_team",)),
    ]


def test_a_change_of_rules_says_from_when_and_why() -> None:
    normal = plain(1, 30, 100, conditions=Conditions(priorities=("normal",)))
    desk = Promised(normal, plain(2, 5, 50, conditions=Conditions(priorities=("urgent",))))
    desk.answered(5)
    desk.has_priority("urgent", 20)
    edited = policy(2, [Promise("resolution", minutes(80), OFFICE)], made=30, version=1)
    desk.governed_by(edited, changed=30)
    desk.looks_again(33)
    run = told(desk, "resolution", 40)
    assert [(one.since, one.at, one.causes, one.spent) for one in run.changes] == [
        (at(20), at(20), ("priority",), minutes(20)),
        (at(30), at(33), ("time", "calendar", "pauses", "steps"), minutes(30)),
    ]
    assert [rule.policy_id.int for rule in run.rules] == [1, 2, 2]
    assert [(one.rule, one.state) for one in run.segments] == [(0, "running"), (1, "running"), (2, "running")]


def test_each_next_response_is_a_run_of_its_own_and_a_reopened_one_goes_on() -> None:
    desk = Promised(plain(3, 30, 100, 20))
    desk.answered(5)
    desk.asked(10)
    desk.answered(15)
    desk.asked(20)
    desk.moves("resolved", 30)
    desk.moves("open", 60)
    runs = explain(HERE, desk.records, desk.desk.terms, at(70))
    assert [(run.target, run.standing, run.spent) for run in runs] == [
        ("first_response", "met", minutes(5)),
        ("resolution", "running", minutes(40)),
        ("next_response", "met", minutes(5)),
        ("next_response", "stopped", minutes(10)),
    ]
    assert [(one.state, one.reason.code) for one in runs[1].segments] == [
        ("running", "always"),
        ("ended", "resolved"),
        ("running", "always"),
    ]


def test_a_ticket_without_a_policy_has_nothing_to_explain() -> None:
    assert explain(HERE, Promised().records, {}, at(5)) == []
    assert explain(HERE, [], {}, at(5)) == []
