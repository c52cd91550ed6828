"""Explained: what the segments of a run count is what its target has spent, and nothing is left out.

Segments follow one another without a gap from the start, those that run count whole and the others nothing,
and what happened to the target stands in its marks. Seen to fail when a retimed run is cut where it was
written down instead of where the rules changed, and when a pause counts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given

from server.domain.calendar import Calendar, Period
from server.domain.sla.explain import MAX_SEGMENTS, explain
from server.domain.sla.explanation import Run, Segment
from server.domain.sla.policy import Promise
from server.domain.sla.target import Target, find
from server.domain.sla.timing import spent_by
from tests.laws.budget import examples
from tests.laws.lives import GRID, HERE, Lived, Story, stories

ZERO = timedelta()


@given(stories(actions=True))
@examples(60)
def test_the_segments_of_a_run_count_what_its_target_has_spent(story: Story) -> None:
    check(story)


@given(stories(lazy=True, kinds=("edit", "edit", "status", "priority", "ask")))
@examples(40)
def test_so_they_do_when_edits_and_alarms_are_late(story: Story) -> None:
    check(story, awake=False)


def check(story: Story, *, awake: bool = True) -> None:
    desk = Lived(story)
    desk.lives(awake=awake)
    desk.now += 37 * GRID
    runs = explain(HERE, desk.records, desk.desk.terms, desk.now)
    assert explain(HERE, desk.records, desk.desk.terms, desk.now) == runs
    last = {run.target: run for run in runs}
    assert last.keys() == {target.target for target in desk.ticket.targets}
    for run in runs:
        follows(run)
    for name, run in last.items():
        target = find(desk.ticket.targets, name)
        assert target is not None
        tells(run, target)
        assert run.spent == spent_by(target, desk.desk.terms, desk.now)


def follows(run: Run) -> None:
    """Its segments stand one after the other, and count what they say."""
    assert not run.segments or run.segments[0].begin == run.started_at
    assert all(one.end == other.begin and one.begin < one.end for one, other in pairwise(run.segments))
    assert all(one.counted == (one.end - one.begin if runs(one) else ZERO) for one in run.segments)
    assert sum((one.counted for one in run.segments), ZERO) == run.spent
    assert all(one.rule in range(len(run.rules)) for one in run.segments)
    assert len(run.changes) == len(run.rules) - 1


def runs(segment: Segment) -> bool:
    return segment.state == "running"


def tells(run: Run, target: Target) -> None:
    """Its marks have what the target has."""
    came = {(mark.kind, mark.at) for mark in run.marks if not mark.ahead}
    assert (target.breached_at is None) == (not any(kind == "breached" for kind, _ in came))
    if target.breached_at is not None:
        assert ("breached", target.breached_at) in came
    if target.met_at is not None:
        assert ("met", target.met_at) in came
    assert [mark.at for mark in run.marks if mark.ahead] == [ring.at for ring in target.rings]
    assert run.standing in ("met", "stopped") if target.ended else run.standing not in ("met", "stopped")


def test_a_long_run_is_told_in_fewer_segments_that_count_the_same() -> None:
    office = Calendar("Europe/Vienna", ((Period(480, 720), Period(780, 1020)),) * 7, country="AT")
    promised = (Promise("resolution", timedelta(hours=8), office),)
    desk = Lived(Story("Europe/Vienna", datetime(2015, 3, 1, tzinfo=UTC), (promised, promised), ()))
    desk.now += timedelta(days=4000)
    runs = explain(HERE, desk.records, desk.desk.terms, desk.now)
    for run in runs:
        assert run.shortened and len(run.segments) <= MAX_SEGMENTS
        assert run.segments[0].parts > 1 and run.segments[-1].parts < 6
        assert sum((one.counted for one in run.segments), ZERO) == run.spent
        assert all(one.end == other.begin for one, other in pairwise(run.segments))
