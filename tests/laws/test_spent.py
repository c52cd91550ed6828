"""Spent: what a clock has spent, when it is due and when it rings agree with a walk over time.

Whole tickets: statuses with reasons, answers and questions, priorities, edits of policies and calendars, in
zones whose clocks change, over holidays, a leap day and the turn of a year. Seen to fail when a retimed clock
forgets what was spent, when a pause asks for no reason, and when what was due only by the rules before an
edit is stamped after it.
"""

from __future__ import annotations

from hypothesis import given

from server.domain.events import Recorded, SlaBreached, SlaWarned, TargetName
from server.domain.sla.target import find
from server.domain.sla.timing import spent_by
from tests.laws.budget import examples
from tests.laws.lives import MAX_ACTS, MAX_GAP, NAMES, Act, Lived, Story, stories
from tests.laws.walked import Count, Rang, Walk

AFTER = 1500  # steps of the grid that are walked after the last act
STEPS = MAX_ACTS * MAX_GAP + AFTER


@given(stories())
@examples(60)
def test_what_is_spent_and_what_rings_agree_with_a_walk(story: Story) -> None:
    desk, walk = Lived(story), Walk(story, STEPS)
    walk.opens()
    for act in story.acts:
        desk.acts(act)
        follow(walk, act)
        compare(desk, walk)
    walk.until(STEPS)
    desk.rings_until(walk.at)
    desk.now = walk.at
    compare(desk, walk)
    assert rung(desk.records) == rung_by(walk)


@given(stories(lazy=True, kinds=("edit", "edit", "status", "priority", "note")))
@examples(60)
def test_late_alarms_and_late_edits_change_nothing_of_what_is_due(story: Story) -> None:
    desk, walk = Lived(story), Walk(story, STEPS)
    walk.opens()
    for act in story.acts:
        desk.acts(act, awake=act.why)
        follow(walk, act)
    walk.until(STEPS)
    desk.now = walk.at
    desk.looks_again()
    desk.rings_until(walk.at)
    compare(desk, walk)


def follow(walk: Walk, act: Act) -> None:
    walk.until(walk.step + act.gap)
    walk.does(act)


def compare(desk: Lived, walk: Walk) -> None:
    """Every target stands where the walk has it."""
    for name in NAMES:
        target, count = find(desk.ticket.targets, name), walk.counts.get(name)
        assert (target is None) == (count is None), name
        if target is None or count is None:
            continue
        said = (
            target.started_at,
            spent_by(target, desk.desk.terms, desk.now),
            target.breached_at,
            target.met_at is not None,
            target.stopped_at is not None,
        )
        assert said == (count.started_at, count.spent, count.breached_at, count.met, count.stopped), name


def rung(records: list[Recorded]) -> list[tuple[TargetName, Rang]]:
    """What the alarms said, of every run."""
    said: list[tuple[TargetName, Rang]] = []
    for record in records:
        match record.event:
            case SlaBreached(target=name, breached_at=at):
                said.append((name, ("due", None, at)))
            case SlaWarned(target=name, step=step) if step is not None:
                said.append((name, ("step", step.int, record.at)))
            case _:
                pass
    return sorted(said, key=str)


def rung_by(walk: Walk) -> list[tuple[TargetName, Rang]]:
    runs: list[tuple[TargetName, Count]] = [*walk.ended, *walk.counts.items()]
    return sorted(((name, rang) for name, one in runs for rang in one.rang), key=str)
