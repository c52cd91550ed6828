"""Roll-ups compared with the events, and mended where they differ, beside a working desk.

First the runs of tickets, a range of them at a time, with what their events say up to where they were
counted; what was not counted yet is no difference, and is counted now. Then cells and flows, with the runs.
All functions need a transaction in the workspace and lock its roll-ups until commit.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

import msgspec

from server.domain.rollups.cells import Cut, Difference, fields_of, length_of
from server.domain.rollups.periods import period_of
from server.domain.rollups.runs import Known, Run, follow, moved
from server.store import rollups
from server.store.pool import Connection
from server.store.rollups import MAX_EVENTS, Place
from server.store.statements import statements

_SQL = statements("rollups_compare")
_FIELDS = ("policy_id", "team_id", "agent_id", "priority", "customer_id")
_SECONDS = 900.0  # a whole workspace in one statement


async def find_range(db: Connection, workspace_id: UUID, after: UUID, count: int) -> UUID | None:
    """The last of the next `count` tickets after one, by id; None when there is none."""
    last: UUID | None = await db.fetchval(_SQL["find_range"], workspace_id, after, count)
    return last


async def compare_range(db: Connection, workspace_id: UUID, after: UUID, last: UUID) -> set[UUID]:
    """Compare the tickets after one up to another, mend what differs, and say which did."""
    await rollups.lock(db, workspace_id)
    ids = await list_range(db, workspace_id, after, last)
    known = await rollups.list_known(db, workspace_id, ids, runs=False)
    found = await rollups.list_runs(db, workspace_id, ids)
    expected, runs = await _fold(db, workspace_id, known)
    differing = {one for one in known if _bare(expected.get(one)) != known[one]}
    differing |= {
        place.ticket_id for place in found.keys() | runs.keys() if found.get(place) != runs.get(place)
    }
    if differing:
        await _mend(db, workspace_id, differing, expected, found, runs)
    return differing


async def list_range(db: Connection, workspace_id: UUID, after: UUID, last: UUID) -> set[UUID]:
    """The tickets after one up to another."""
    return {row["id"] for row in await db.fetch(_SQL["list_range"], workspace_id, after, last)}


async def _fold(
    db: Connection, workspace_id: UUID, known: dict[UUID, Known]
) -> tuple[dict[UUID, Known], dict[Place, Run]]:
    """What the events of tickets make of them, up to where each was counted."""
    after: dict[UUID, Known] = {}
    runs: dict[Place, Run] = {}
    until = {ticket_id: one.seq for ticket_id, one in known.items()}
    above = dict.fromkeys(known, 0)
    while above:
        events = await rollups.list_events(db, workspace_id, above, until)
        for ticket_id, records in events.items():
            after[ticket_id], changed = follow(after.get(ticket_id), records)
            runs |= {Place(ticket_id, run.kind, seq): run for seq, run in changed.items()}
        if sum(map(len, events.values())) < MAX_EVENTS:
            break
        above |= {ticket_id: after[ticket_id].seq for ticket_id in events}
    for place, run in list(runs.items()):
        for now in moved(after[place.ticket_id], [run]).values():
            runs[place] = now
    return after, runs


def _bare(known: Known | None) -> Known | None:
    return None if known is None else msgspec.structs.replace(known, runs=())


async def _mend(
    db: Connection,
    workspace_id: UUID,
    differing: set[UUID],
    expected: dict[UUID, Known],
    found: dict[Place, Run],
    runs: dict[Place, Run],
) -> None:
    """Runs become what they should be; cells and flows follow by the same difference."""
    difference = Difference()
    places = {place for place in found.keys() | runs.keys() if place.ticket_id in differing}
    for place in places:
        difference.replace(found.get(place), runs.get(place))
    await rollups.remove_runs(db, workspace_id, [place for place in places if place not in runs])
    await rollups.write_runs(db, workspace_id, {place: run for place, run in runs.items() if place in places})
    await db.execute(_SQL["remove_known"], workspace_id, list(differing - expected.keys()))
    await rollups.write_known(db, workspace_id, [expected[one] for one in differing & expected.keys()])
    await rollups.add(db, workspace_id, difference)


async def list_months(db: Connection, workspace_id: UUID) -> list[datetime]:
    """The beginnings of all months that have anything counted."""
    return [row["month"] for row in await db.fetch(_SQL["list_months"], workspace_id)]


async def mend_cells(db: Connection, workspace_id: UUID, month: datetime) -> int:
    """Make the cells of a month the sums of their runs; how many were not."""
    await rollups.lock(db, workspace_id)
    differing, end = 0, period_of("month", month + timedelta(days=31))
    for cut in get_args(Cut):
        looks = [field in fields_of(cut) for field in _FIELDS]
        differing += await db.fetchval(
            _SQL["mend_cells"], workspace_id, cut, month, *looks, length_of(cut), end, timeout=_SECONDS
        )
    return differing


async def mend_flows(db: Connection, workspace_id: UUID) -> int:
    """Make all flows what the runs say; how many were not."""
    await rollups.lock(db, workspace_id)
    differing: int = await db.fetchval(_SQL["mend_flows"], workspace_id, timeout=_SECONDS)
    return differing
