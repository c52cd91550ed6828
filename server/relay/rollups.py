"""The roll-ups of reports as a consumer of the log.

An entry only says that something happened to a ticket. What is counted is read from the ticket's events
above the `seq` up to which it was counted, which moves in the same transaction: told twice, late or in
another order, the log changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple
from uuid import UUID

from anyio.lowlevel import checkpoint

from server.domain.rollups.cells import Difference
from server.domain.rollups.runs import COUNTED, Known, Run, follow, moved
from server.store import rollups, rollups_compare
from server.store.log import Entry
from server.store.pool import Connection, Store
from server.store.rollups import MAX_EVENTS, Place

_TICKETS = 200  # compared in one transaction
_TURN = 16  # tickets that are folded before others of this process have their turn


class RollUps:
    """Keeps the roll-ups of every workspace as the log tells what changed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Count what happened to the tickets of `entries`; repeating it is harmless. Raises Unavailable."""
        newest: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
        for entry in entries:
            if entry.type in COUNTED:
                newest[entry.workspace_id][entry.ticket_id] = entry.seq
        for workspace_id, seqs in newest.items():
            await self._count(workspace_id, seqs)

    async def _count(self, workspace_id: UUID, seqs: dict[UUID, int]) -> None:
        async with self._store.write(workspace_id, by_key=True) as db:
            known = await rollups.list_known(db, workspace_id, seqs, runs=False)
            waiting = {one for one, seq in seqs.items() if one not in known or known[one].seq < seq}
            if waiting:
                await count(db, workspace_id, waiting)


async def count(db: Connection, workspace_id: UUID, ticket_ids: set[UUID]) -> None:
    """Count everything that happened to tickets and was not counted yet. Locks the workspace's roll-ups.

    Raises ValueError for events that make no ticket.
    """
    await rollups.lock(db, workspace_id)
    known = await rollups.list_known(db, workspace_id, ticket_ids)
    above = {ticket_id: known[ticket_id].seq if ticket_id in known else 0 for ticket_id in ticket_ids}
    while True:
        events = await rollups.list_events(db, workspace_id, above)
        if not events:
            return
        difference, changed = Difference(), dict[Place, Run]()
        after: dict[UUID, Known] = {}
        for n, (ticket_id, records) in enumerate(events.items()):
            if n % _TURN == _TURN - 1:
                await checkpoint()
            before = known.get(ticket_id)
            after[ticket_id], runs = follow(before, records)
            was = await _counted(db, workspace_id, before, after[ticket_id])
            runs = moved(after[ticket_id], was.values()) | runs
            for seq, run in runs.items():
                difference.replace(was.get(seq), run)
            changed |= {Place(ticket_id, run.kind, seq): run for seq, run in runs.items()}
        await rollups.write_known(db, workspace_id, after.values())
        await rollups.write_runs(db, workspace_id, changed)
        await rollups.add(db, workspace_id, difference)
        if sum(map(len, events.values())) < MAX_EVENTS:
            return
        known |= after
        above |= {ticket_id: one.seq for ticket_id, one in after.items()}


async def _counted(db: Connection, workspace_id: UUID, before: Known | None, after: Known) -> dict[int, Run]:
    """The runs of a ticket that may have changed, as they were counted: all when its customer changed."""
    if before is None:
        return {}
    if before.owners.customer_id == after.owners.customer_id:
        return {run.seq: run for run in before.runs}
    found = await rollups.list_runs(db, workspace_id, [before.ticket_id])
    return {place.seq: run for place, run in found.items()}


class Compared(NamedTuple):
    """A step of a comparison: up to where, and how much there was not what it should have been."""

    until: str
    differences: int


async def rebuild(store: Store, workspace_id: UUID) -> AsyncIterator[Compared]:
    """Compare a workspace's roll-ups with its events, step after step, and mend what differs.

    Runs beside a working desk. What the consumer has not come to yet is counted here, and is no difference.
    """
    after = UUID(int=0)
    while True:
        async with store.write(workspace_id) as db:
            last = await rollups_compare.find_range(db, workspace_id, after, _TICKETS)
            if last is None:
                break
            differing = await rollups_compare.compare_range(db, workspace_id, after, last)
            await count(db, workspace_id, await rollups_compare.list_range(db, workspace_id, after, last))
        yield Compared(f"ticket {last}", len(differing))
        after = last
    async with store.read(workspace_id) as db:
        months = await rollups_compare.list_months(db, workspace_id)
    for month in months:
        async with store.write(workspace_id) as db:
            cells = await rollups_compare.mend_cells(db, workspace_id, month)
        yield Compared(f"{month:%Y-%m}", cells)
    async with store.write(workspace_id) as db:
        flows = await rollups_compare.mend_flows(db, workspace_id)
    yield Compared("flows", flows)
