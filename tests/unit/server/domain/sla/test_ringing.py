"""What a clock that rings does. Times are minutes from the opening."""

from __future__ import annotations

from uuid import UUID

import msgspec

from server.domain.events import (
    PriorityChanged,
    SlaBreached,
    SlaEscalated,
    SlaRetimed,
    SlaWarned,
    TagAdded,
    TicketAssigned,
)
from server.domain.sla.policy import (
    Conditions,
    NotifyAssignee,
    Offset,
    Percent,
    Promise,
    PutTag,
    RaisePriority,
    Reassign,
    Step,
)
from tests.promised import Promised, at, minutes, plain, policy

TEAM, TAG = UUID(int=61), UUID(int=62)
HALF, SOON, LATE, TOLD = (UUID(int=number) for number in range(81, 85))
STEPS = (
    Step(HALF, Percent(50)),
    Step(SOON, Offset(-10), (NotifyAssignee(),)),
    Step(LATE, Offset(30), (Reassign(team_id=TEAM), RaisePriority("high"), PutTag(TAG))),
    Step(TOLD, Percent(100), (NotifyAssignee(),)),
)
ESCALATING = policy(1, [Promise("resolution", minutes(100), steps=STEPS)])


def escalating() -> Promised:
    desk = Promised(ESCALATING)
    desk.desk = msgspec.structs.replace(desk.desk, teams={TEAM: "Second line"}, tags={TAG: "late"})
    return desk


def test_a_clock_breaches_only_what_is_due_and_still_runs() -> None:
    desk = Promised(plain(1, 30))
    desk.rings("first_response", 24)
    assert desk.rings("first_response", 30, 29.9) == []
    assert desk.rings("first_response", 29, 31) == []
    assert desk.rings("first_response", 30, 30) == [SlaBreached("first_response", at(30))]
    assert desk.rings("first_response", 30, 31) == []


def test_a_clock_warns_once_and_not_too_early() -> None:
    desk = Promised(plain(1, None, 100))
    assert desk.rings("resolution", 80, 79) == []
    [warned] = desk.rings("resolution", 80)
    assert isinstance(warned, SlaWarned) and warned.next_at == at(100)
    assert desk.rings("resolution", 80, 81) == []


def test_a_clock_rings_for_each_mark_before_and_after_the_due_time() -> None:
    desk = escalating()
    assert [(ring.at, ring.kind) for ring in desk.of("resolution").rings] == [
        (at(50), "warning"),
        (at(90), "step"),
        (at(100), "due"),
        (at(100), "step"),
        (at(130), "step"),
    ]
    assert desk.rings("resolution", 50) == [SlaWarned("resolution", at(100), HALF, at(90))]
    terms = ESCALATING.terms.id
    assert desk.rings("resolution", 90) == [SlaEscalated("resolution", at(100), terms, SOON, at(100))]
    assert desk.rings("resolution", 100) == [
        SlaBreached("resolution", at(100), at(130)),
        SlaEscalated("resolution", at(100), terms, TOLD, at(130)),
    ]
    assert desk.rings("resolution", 130) == [SlaEscalated("resolution", at(100), terms, LATE)]


def test_a_step_changes_the_ticket_in_the_same_breath() -> None:
    desk = escalating()
    before = len(desk.records)
    desk.rings_all(131)
    changed = [record.event for record in desk.records[before:]][-3:]
    assert changed == [TicketAssigned(None, TEAM), PriorityChanged("high", "normal"), TagAdded(TAG)]
    assert desk.of("resolution").next_at is None


def test_a_step_that_raises_the_priority_brings_the_policy_of_that_priority() -> None:
    steps = (Step(HALF, Percent(50), (RaisePriority("urgent"),)),)
    urgent = plain(2, None, 70, conditions=Conditions(priorities=("urgent",)))
    desk = Promised(urgent, policy(1, [Promise("resolution", minutes(100), steps=steps)]))
    escalated, retimed = desk.rings("resolution", 50)
    assert isinstance(escalated, SlaEscalated) and isinstance(retimed, SlaRetimed)
    assert retimed.due_at == at(70)


def test_what_names_somebody_who_is_gone_is_passed_over() -> None:
    desk = Promised(ESCALATING)  # no such team, no such tag
    before = len(desk.records)
    desk.rings_all(131)
    assert [type(record.event) for record in desk.records[before:]][-2:] == [SlaEscalated, PriorityChanged]


def test_a_breached_clock_stands_still_too_and_its_later_steps_with_it() -> None:
    desk = escalating()
    desk.answered(1)
    pausing = Promise(
        "resolution", minutes(100), pauses=plain(1, None, 1).terms.promises[0].pauses, steps=STEPS
    )
    desk.governed_by(policy(1, [pausing], made=2, version=1), changed=2)
    desk.looks_again(3)
    desk.rings_all(100)
    desk.moves("pending", 110)
    assert desk.of("resolution").next_at is None
    desk.moves("open", 210)
    assert desk.of("resolution").next_at == at(230)
    assert desk.of("resolution").breached_at == at(100)
