"""Working time: pausing never brings a due time nearer, and what a ticket stood still is given back exactly.

A ticket lives any life of statuses; the minutes that it waited or was done are counted by hand. With
calendars, in zones whose clocks change, only that nothing comes nearer: what they count is `test_spent`'s.
Seen to fail when resolving a paused ticket forgets its pause, and when resuming counts the pause.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from server.domain.events import Status
from server.domain.sla.reaction import DONE, WAITING
from tests.laws.budget import examples
from tests.laws.lives import Lived, Story, stories
from tests.promised import Promised, at, plain

POLICY = plain(1, 3000, 10_000)
STATUSES: list[Status] = ["open", "pending", "on_hold", "resolved", "closed"]

Step = tuple[int, Status]  # minutes since the one before, the new status
LIVES = st.lists(st.tuples(st.integers(1, 100), st.sampled_from(STATUSES)), max_size=12)


def lived(steps: list[Step]) -> tuple[Promised, list[tuple[int, Status]]]:
    """A life that ends with the ticket open again, and when it had which status."""
    desk = Promised(POLICY)
    minutes, had = 0, [(0, desk.ticket.status)]
    for step, wanted in [*steps, (1, "open")]:
        minutes += step
        if wanted != desk.ticket.status:
            before = desk.ticket.targets
            desk.moves(wanted, minutes)
            assert all(new.due_at >= old.due_at for new, old in zip(desk.ticket.targets, before, strict=True))
            had.append((minutes, wanted))
    return desk, had


def minutes_still(had: list[tuple[int, Status]], still: frozenset[Status]) -> int:
    """How long the ticket had one of these statuses."""
    return sum(end - start for (start, status), (end, _) in pairwise(had) if status in still)


@given(LIVES)
@examples(800)
def test_the_time_that_a_ticket_stood_still_is_given_back_exactly(steps: list[Step]) -> None:
    desk, had = lived(steps)
    resolution, response = desk.of("resolution"), desk.of("first_response")
    assert resolution.due_at == at(10_000 + minutes_still(had, WAITING | DONE))
    assert response.due_at == at(3000 + minutes_still(had, DONE))
    assert resolution.pending and response.pending


@given(stories(kinds=("status", "status", "note")))
@examples(50)
def test_waiting_never_brings_a_due_time_nearer(story: Story) -> None:
    desk = Lived(story)
    for act in story.acts:
        desk.acts(act, awake=False)
        before = {one.target: one for one in desk.ticket.targets}
        desk.now += timedelta(minutes=10 * act.what)
        desk.grid = desk.now
        desk.does_act(act._replace(kind="status"))
        for one in desk.ticket.targets:
            old = before[one.target]
            assert one.started_at > old.started_at or one.due_at >= old.due_at, one.target
