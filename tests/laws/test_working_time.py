"""Working time: pausing never brings a due time nearer, and what a ticket stood still is given back exactly.

A ticket lives any life of statuses; the minutes that it waited or was done are counted by hand. Seen to fail
when resolving a paused ticket forgets its pause.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.domain import sla
from server.domain.events import Status
from server.domain.sla import Policy, Targets
from tests.laws.budget import examples

OPENED = datetime(2026, 11, 22, 9, tzinfo=UTC)
POLICY = Policy(UUID(int=1), "normal", timedelta(minutes=3000), timedelta(minutes=10_000), 80)
STATUSES: list[Status] = ["open", "pending", "on_hold", "resolved", "closed"]

Step = tuple[int, Status]  # minutes since the one before, the new status
LIVES = st.lists(st.tuples(st.integers(1, 100), st.sampled_from(STATUSES)), max_size=12)


def at(minutes: int) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def lived(steps: list[Step]) -> tuple[Targets, list[tuple[int, Status]]]:
    """The targets after a life that ends with the ticket open again, and when it had which status."""
    targets: Targets = ()
    for start in sla.starting(POLICY, OPENED):
        targets = sla.apply(targets, start, OPENED)
    status: Status = "new"
    minutes, had = 0, [(0, status)]
    for step, wanted in [*steps, (1, "open")]:
        minutes += step
        if wanted != status:
            for event in sla.on_status(targets, status, wanted, POLICY, at(minutes)):
                before, targets = targets, sla.apply(targets, event, at(minutes))
                assert all(new.due_at >= old.due_at for new, old in zip(targets, before, strict=True))
            status = wanted
            had.append((minutes, status))
    return targets, had


def minutes_still(had: list[tuple[int, Status]], still: frozenset[Status]) -> int:
    """How long the ticket had one of these statuses."""
    return sum(end - start for (start, status), (end, _) in pairwise(had) if status in still)


@given(LIVES)
@examples(800)
def test_the_time_that_a_ticket_stood_still_is_given_back_exactly(steps: list[Step]) -> None:
    targets, had = lived(steps)
    resolution, response = sla.find(targets, "resolution"), sla.find(targets, "first_response")
    assert resolution is not None and response is not None
    assert resolution.due_at == at(10_000 + minutes_still(had, sla.WAITING | sla.DONE))
    assert response.due_at == at(3000 + minutes_still(had, sla.DONE))
    assert resolution.running and response.running
