"""The runs of a ticket belong to its customer, whoever that is found to be."""

from __future__ import annotations

from uuid import UUID

from server.domain.rollups.runs import follow
from tests.laws.reported import CUSTOMERS, life


def test_all_that_is_known_of_a_ticket_is_its_new_customers_decided_or_not() -> None:
    """Planted bug that was seen: runs stay known as the old customer's, who loses them twice later on."""
    steps = [(1, "start", 0, 0), (1, "met", 0, 1), (1, "start", 2, 0), (1, "customer", 0, 1)]
    ticket = life(UUID(int=1), (0, 0, 0), steps)
    before, _ = follow(None, ticket.records[:-1])
    known, changed = follow(before, ticket.records[-1:])
    assert {run.kind for run in known.runs} == {"open", "first_response", "resolution"}
    assert {run.owners.customer_id for run in before.runs} == {CUSTOMERS[0]}
    assert {run.owners.customer_id for run in known.runs} == {CUSTOMERS[1]}
    assert set(changed) == {run.seq for run in known.runs}
