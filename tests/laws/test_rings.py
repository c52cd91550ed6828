"""Rings: each warning, step and breach comes once in a run, a breach at its due time, and never by guesswork.

Whatever happens to the ticket and its rules, and however long nobody is awake: then alarms come earliest
first. The first stamps all warnings and due times that are overdue, each target's in their order; a step
comes by an alarm of its own, and all with their true time. Alarms that are told the log, some of it twice,
hold what the rows hold; and what is merely said takes the short way only where the long one does nothing.
Seen to fail when a step that rang is forgotten, when a breach is stamped by the time of the alarm, when a
breach tells no next ring, when a step is stamped for another's alarm, and when a question is said the short
way while nothing is owed.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.domain.commands import AddInteraction, NewInteraction
from server.domain.deciding import clocks_after, only_says
from server.domain.events import (
    InteractionAdded,
    Recorded,
    RingKind,
    SlaBreached,
    SlaEscalated,
    SlaEvent,
    SlaStarted,
    SlaWarned,
    TargetName,
)
from server.domain.identity import Customer
from server.domain.log import PARTITIONS
from server.domain.sla.reaction import Heard
from server.domain.sla.target import find
from server.domain.ticket import apply, opened, place
from server.streams.alarms import Alarm, Alarms
from tests.laws.budget import examples
from tests.laws.lives import BOB, CUSTOMER, GRID, HERE, MACHINE, NAMES, TICKET, Kind, Lived, Story, stories

EDITED: tuple[Kind, ...] = ("edit", "edit", "status", "status", "priority", "ask", "answer")


@given(stories(actions=True, lazy=True, kinds=EDITED))
@examples(50)
def test_everything_rings_once_and_late_is_told_with_its_true_time(story: Story) -> None:
    desk = Lived(story)
    for act in story.acts:
        desk.acts(act, awake=act.why)
    desk.now += 300 * GRID
    begun = len(desk.records)
    rung = desk.rings_until(desk.now)
    assert rung == sorted(rung)
    told = told_at(desk.records, begun)
    steps = [at for _, kind, at in told if kind == "step"]
    assert steps == sorted(steps) and set(steps) <= set(rung)
    for name in NAMES:
        stamped = [at for target, kind, at in told if target == name and kind != "step"]
        assert stamped == sorted(stamped), name
    assert not [one for one in desk.ticket.targets if one.next_at is not None and one.next_at <= desk.now]
    once(desk.records)


def told_at(records: list[Recorded], begun: int) -> list[tuple[TargetName, RingKind, datetime]]:
    """What was told after so many records: of which target, what, and for when it was armed."""
    ticket, told = opened(HERE, records[0]), []
    for record in records[1:]:
        event, targets = record.event, ticket.targets
        ticket = apply(ticket, record)
        if record.seq <= begun or not isinstance(event, SlaWarned | SlaEscalated | SlaBreached):
            continue
        kind, step = kind_of(event)
        target = find(targets, event.target)
        assert target is not None
        [at] = [ring.at for ring in target.rings if (ring.kind, ring.step) == (kind, step)]
        told.append((event.target, kind, at))
    return told


def kind_of(event: SlaWarned | SlaEscalated | SlaBreached) -> tuple[RingKind, UUID | None]:
    """What an alarm is armed for that says this."""
    match event:
        case SlaWarned(step=step):
            return "warning", step
        case SlaEscalated(step=step):
            return "step", step
        case SlaBreached():
            return "due", None


def once(records: list[Recorded]) -> None:
    """No run has a breach or a step twice, and a breach has the due time that it had."""
    ticket = opened(HERE, records[0])
    came: dict[TargetName, Counter[object]] = {}
    for record in records[1:]:
        match record.event:
            case SlaStarted(target=name):
                came[name] = Counter()
            case SlaBreached(target=name, breached_at=at):
                target = find(ticket.targets, name)
                assert target is not None and at == target.due_at and at <= record.at
                came[name]["breach"] += 1
            case SlaWarned(target=name, step=step) | SlaEscalated(target=name, step=step):
                came[name][step] += 1
            case _:
                pass
        ticket = apply(ticket, record)
    assert all(count == 1 for rung in came.values() for count in rung.values()), came


@given(stories(actions=True), st.integers(0, 40))
@examples(50)
def test_alarms_that_are_told_the_log_hold_what_the_rows_hold(story: Story, again: int) -> None:
    desk, alarms = Lived(story), Alarms(range(PARTITIONS))
    hears(alarms, desk.records)
    for act in story.acts:
        begun = len(desk.records)
        desk.acts(act, awake=act.why)
        hears(alarms, desk.records[begun:])
        agree(desk, alarms)
    hears(alarms, desk.records[-again:])  # told once more, from somewhere on
    agree(desk, alarms)


def hears(alarms: Alarms, records: list[Recorded]) -> None:
    for record in records:
        if isinstance(record.event, SlaEvent):
            alarms.hear(HERE, TICKET, record.event)


def agree(desk: Lived, alarms: Alarms) -> None:
    for target in desk.ticket.targets:
        assert alarms.get(Alarm(HERE, TICKET, target.target)) == target.next_at, target.target


@given(stories())
@examples(50)
def test_the_short_way_is_taken_only_where_the_long_one_does_nothing(story: Story) -> None:
    desk = Lived(story)
    for act in story.acts:
        desk.acts(act)
        for actor in (BOB, CUSTOMER, MACHINE):
            said = NewInteraction(TICKET, "message", "Hm")
            if not only_says(desk.ticket, actor, AddInteraction(TICKET, said), desk.desk):
                continue
            event = InteractionAdded(said.id, "message")
            after = apply(desk.ticket, place(desk.ticket, actor, event, desk.now))
            person = isinstance(actor, Customer) and not actor.automatic
            heard = Heard(answered=actor is BOB, asked=person)
            assert clocks_after(desk.ticket, after, heard, desk.desk, desk.now, {}) == []
