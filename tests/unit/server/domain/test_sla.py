"""SLA clocks: when targets are due, what meets, pauses, stops and revives them. Minutes from the opening."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from server.domain import sla
from server.domain.events import (
    SlaBreached,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
    Status,
    TargetName,
)
from server.domain.sla import Policy, Target, Targets

OPENED = datetime(2026, 11, 22, 9, tzinfo=UTC)
NORMAL = Policy(UUID(int=1), "normal", timedelta(minutes=30), timedelta(minutes=100), 80)
URGENT = Policy(UUID(int=2), "urgent", timedelta(minutes=5), timedelta(minutes=50), 80)


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


class Desk:
    """A ticket's targets and status, moved on by what happens to it."""

    def __init__(self, policy: Policy | None = NORMAL) -> None:
        self.policy = policy
        self.status: Status = "new"
        self.targets: Targets = ()
        self._fold(list(sla.starting(policy, OPENED)), 0)

    def _fold(self, events: list[SlaEvent], minutes: float) -> list[SlaEvent]:
        for event in events:
            self.targets = sla.apply(self.targets, event, at(minutes))
        return events

    def moves(self, status: Status, minutes: float) -> list[SlaEvent]:
        events = sla.on_status(self.targets, self.status, status, self.policy, at(minutes))
        self.status = status
        return self._fold(events, minutes)

    def answered(self, minutes: float) -> list[SlaEvent]:
        return self._fold(sla.on_response(self.targets, at(minutes)), minutes)

    def has_policy(self, policy: Policy | None, minutes: float) -> list[SlaEvent]:
        events = sla.on_policy(self.targets, policy, OPENED, self.status, at(minutes))
        self.policy = policy
        return self._fold(events, minutes)

    def rings(self, name: TargetName, due: float, minutes: float) -> list[SlaEvent]:
        return self._fold(sla.on_breach(self.targets, name, at(due), at(minutes)), minutes)

    def of(self, name: TargetName) -> Target:
        target = sla.find(self.targets, name)
        assert target is not None
        return target


def test_a_policy_starts_its_targets_from_the_opening() -> None:
    assert sla.starting(NORMAL, OPENED) == [
        SlaStarted("first_response", NORMAL.id, OPENED, at(24), at(30)),
        SlaStarted("resolution", NORMAL.id, OPENED, at(80), at(100)),
    ]


def test_no_policy_and_an_empty_one_start_nothing() -> None:
    assert sla.starting(None, OPENED) == []
    assert sla.starting(Policy(UUID(int=3), "low", None, None, 80), OPENED) == []


def test_the_first_response_meets_its_target_once() -> None:
    desk = Desk()
    assert desk.answered(10) == [SlaMet("first_response", at(10))]
    assert desk.answered(20) == []
    assert sla.next_due(desk.targets) == at(100)


def test_a_late_response_breaches_at_the_due_time_and_is_met_late() -> None:
    desk = Desk()
    assert desk.answered(45) == [SlaBreached("first_response", at(30)), SlaMet("first_response", at(45))]


def test_a_clock_breaches_only_what_is_due_and_still_runs() -> None:
    desk = Desk()
    assert desk.rings("first_response", 30, 29.9) == []
    assert desk.rings("first_response", 29, 31) == []
    assert desk.rings("first_response", 30, 30) == [SlaBreached("first_response", at(30))]
    assert desk.rings("first_response", 30, 31) == []
    assert sla.next_due(desk.targets) == at(100)


def test_a_clock_warns_once_and_not_too_early() -> None:
    desk = Desk()
    warn = lambda minutes: sla.on_warning(desk.targets, "resolution", at(100), at(minutes))  # noqa: E731
    assert warn(79) == []
    assert warn(80) == [SlaWarned("resolution", at(100))]
    desk.targets = sla.apply(desk.targets, SlaWarned("resolution", at(100)), at(80))
    assert warn(81) == []


def test_waiting_pauses_the_resolution_and_nothing_else() -> None:
    desk = Desk()
    assert desk.moves("pending", 10) == [SlaPaused("resolution")]
    assert desk.moves("on_hold", 15) == []
    assert desk.rings("resolution", 100, 101) == []
    assert sla.next_due(desk.targets) == at(30)
    assert desk.moves("open", 40) == [SlaResumed("resolution", at(110), at(130))]
    assert desk.of("resolution").stood_still == timedelta(minutes=30)


def test_what_is_overdue_is_breached_and_not_paused() -> None:
    desk = Desk()
    assert desk.moves("pending", 120) == [SlaBreached("resolution", at(100))]
    assert desk.moves("open", 130) == []


def test_resolving_meets_the_resolution_and_stops_an_answer_nobody_gave() -> None:
    desk = Desk()
    assert desk.moves("resolved", 20) == [SlaStopped("first_response"), SlaMet("resolution", at(20))]
    assert desk.moves("closed", 25) == []
    assert sla.next_due(desk.targets) is None


def test_reopening_gives_back_the_time_that_was_left() -> None:
    desk = Desk()
    desk.moves("resolved", 20)
    assert desk.moves("open", 60) == [
        SlaResumed("first_response", at(64), at(70)),
        SlaResumed("resolution", at(120), at(140)),
    ]
    assert not desk.of("resolution").ended


def test_reopening_gives_back_the_time_that_it_waited_before_it_was_resolved() -> None:
    desk = Desk()
    desk.answered(5)
    desk.moves("pending", 10)
    desk.moves("resolved", 50)
    assert desk.moves("open", 60) == [SlaResumed("resolution", at(130), at(150))]


def test_reopening_into_waiting_pauses_at_once() -> None:
    desk = Desk()
    desk.answered(5)
    desk.moves("resolved", 10)
    assert desk.moves("pending", 30) == [SlaResumed("resolution", at(100), at(120)), SlaPaused("resolution")]
    assert desk.moves("open", 40) == [SlaResumed("resolution", at(110), at(130))]


def test_what_was_breached_is_not_revived() -> None:
    desk = Desk()
    desk.rings("first_response", 30, 30)
    desk.rings("resolution", 100, 100)
    desk.moves("resolved", 110)
    assert desk.moves("open", 120) == []


def test_another_priority_measures_anew_from_the_opening() -> None:
    desk = Desk()
    assert desk.has_policy(URGENT, 2) == [
        SlaStarted("first_response", URGENT.id, OPENED, at(4), at(5)),
        SlaStarted("resolution", URGENT.id, OPENED, at(40), at(50)),
    ]


def test_another_priority_leaves_out_the_time_that_it_stood_still() -> None:
    desk = Desk()
    desk.answered(1)
    desk.moves("pending", 10)
    assert desk.has_policy(URGENT, 30) == [
        SlaStarted("resolution", URGENT.id, OPENED, at(60), at(70)),
        SlaPaused("resolution"),
    ]
    assert desk.moves("open", 40) == [SlaResumed("resolution", at(70), at(80))]


def test_another_priority_leaves_out_the_time_that_it_was_done() -> None:
    desk = Desk()
    desk.moves("resolved", 10)
    desk.moves("open", 30)
    assert desk.has_policy(URGENT, 31) == [
        SlaStarted("first_response", URGENT.id, OPENED, at(24), at(25)),
        SlaStarted("resolution", URGENT.id, OPENED, at(60), at(70)),
    ]


def test_another_priority_does_not_undo_what_was_missed_or_met() -> None:
    desk = Desk()
    desk.answered(5)
    assert desk.has_policy(URGENT, 110) == [SlaBreached("resolution", at(100))]


def test_a_priority_without_a_policy_stops_and_one_with_a_policy_starts_again() -> None:
    desk = Desk()
    assert desk.has_policy(None, 10) == [SlaStopped("first_response"), SlaStopped("resolution")]
    assert desk.has_policy(NORMAL, 20) == [
        SlaStarted("first_response", NORMAL.id, OPENED, at(24), at(30)),
        SlaStarted("resolution", NORMAL.id, OPENED, at(80), at(100)),
    ]
    assert sla.next_due(desk.targets) == at(30)


def test_what_no_policy_asks_for_is_not_revived_by_a_status() -> None:
    desk = Desk()
    desk.has_policy(None, 10)
    assert desk.moves("pending", 20) == []
    assert desk.moves("open", 30) == []
    assert desk.moves("resolved", 40) == []
    assert desk.moves("open", 50) == []


def test_a_target_that_starts_while_the_ticket_waits_stands_still() -> None:
    desk = Desk(None)
    desk.moves("pending", 10)
    assert [type(event) for event in desk.has_policy(NORMAL, 20)] == [SlaStarted, SlaStarted, SlaPaused]


def test_time_that_passed_before_a_stop_is_not_forgotten() -> None:
    desk = Desk()
    desk.answered(1)
    desk.moves("pending", 10)
    desk.has_policy(None, 50)
    desk.moves("open", 55)
    assert desk.has_policy(NORMAL, 60) == [
        SlaStarted("resolution", NORMAL.id, OPENED, at(120), at(140)),
    ]
