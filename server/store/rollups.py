"""Roll-ups as rows: what was counted of tickets, their runs, and the sums that reports read.

All functions need a transaction in the workspace. Whoever writes takes `lock` first, so that what is read
below is what differences are made from; what was counted and that it was counted commit together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from server.domain.events import Recorded, decode_event
from server.domain.rollups.cells import Difference, columns_of
from server.domain.rollups.digits import number_of
from server.domain.rollups.runs import COUNTED, Known, Owners, Run
from server.store import log
from server.store.columns import columns
from server.store.pool import Connection
from server.store.statements import statements

CONSUMER = "report roll-ups"
MAX_EVENTS = 5_000
_SQL = statements("rollups")
_ALL = 2**62
_CELL_WIDTH, _KNOWN_WIDTH, _RUN_WIDTH = 21, 9, 14


class Place(NamedTuple):
    """A run's, within its workspace."""

    ticket_id: UUID
    kind: str
    seq: int


async def lock(db: Connection, workspace_id: UUID) -> None:
    """Be the only one who changes a workspace's roll-ups until commit; tells readers that they changed."""
    await db.execute(_SQL["lock_workspace"], workspace_id)


async def fetch_complete_until(db: Connection, workspace_id: UUID, now: datetime) -> datetime:
    """When the first event happened that may not be counted yet; `now` when there is none."""
    heads, done = await log.fetch_heads(db), await log.fetch_committed(db, CONSUMER)
    behind = {partition: done[partition] for partition, head in heads.items() if head > done[partition]}
    waiting = [entry.at for entry in await log.read(db, behind, 1)] if behind else []
    unnumbered = await db.fetchval(_SQL["find_unnumbered"], workspace_id)
    known: list[datetime] = [now, *waiting, *([] if unnumbered is None else [unnumbered])]
    return min(known)


async def list_known(
    db: Connection, workspace_id: UUID, ticket_ids: Collection[UUID], *, runs: bool = True
) -> dict[UUID, Known]:
    """What was counted of tickets, with the newest run of each kind unless only `seq` matters."""
    newest: defaultdict[UUID, list[Run]] = defaultdict(list)
    if runs:
        for row in await db.fetch(_SQL["list_newest_runs"], workspace_id, list(ticket_ids)):
            newest[row["ticket_id"]].append(_run(row))
    found = {}
    for row in await db.fetch(_SQL["list_known"], workspace_id, list(ticket_ids)):
        ticket_id, seq, opened_at, is_open, *owners = row
        known = Known(ticket_id, seq, opened_at, is_open, Owners(*owners), tuple(newest[ticket_id]))
        found[ticket_id] = known
    return found


async def list_runs(db: Connection, workspace_id: UUID, ticket_ids: Collection[UUID]) -> dict[Place, Run]:
    """All runs of tickets."""
    rows = await db.fetch(_SQL["list_runs"], workspace_id, list(ticket_ids))
    return {Place(row["ticket_id"], row["kind"], row["seq"]): _run(row) for row in rows}


async def list_events(
    db: Connection,
    workspace_id: UUID,
    above: Mapping[UUID, int],
    until: Mapping[UUID, int] | None = None,
    limit: int = MAX_EVENTS,
) -> dict[UUID, list[Recorded]]:
    """Events that count, each ticket's in order, above its given seq and up to its `until`.

    At most `limit` of them: when it gives so many, ask again.
    """
    ends = [_ALL if until is None else until[ticket_id] for ticket_id in above]
    rows = await db.fetch(
        _SQL["list_events"], workspace_id, list(above), list(above.values()), ends, list(COUNTED), limit
    )
    found: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for ticket_id, seq, public_seq, at, actor_type, actor_id, data in rows:
        event = decode_event(data)
        found[ticket_id].append(Recorded(ticket_id, seq, public_seq, at, actor_type, actor_id, event))
    return found


async def write_known(db: Connection, workspace_id: UUID, known: Iterable[Known]) -> None:
    """Remember what was counted of tickets; their runs are for `write_runs`."""
    rows = [(one.ticket_id, one.seq, one.opened_at, one.open, *_owners(one.owners)) for one in known]
    await db.execute(_SQL["write_known"], workspace_id, *columns(rows, _KNOWN_WIDTH))


async def write_runs(db: Connection, workspace_id: UUID, runs: Mapping[Place, Run]) -> None:
    """Write runs, new or changed."""
    rows = [
        (
            place.ticket_id,
            run.kind,
            run.seq,
            run.started_at,
            run.policy_id,
            *_owners(run.owners),
            run.met_at,
            run.breached_at,
            run.stopped_at,
            run.bucket,
        )
        for place, run in runs.items()
    ]
    await db.execute(_SQL["write_runs"], workspace_id, *columns(rows, _RUN_WIDTH))


async def remove_runs(db: Connection, workspace_id: UUID, places: Sequence[Place]) -> None:
    """Remove runs that should not be there."""
    await db.execute(_SQL["remove_runs"], workspace_id, *columns(places, 3))


async def add(db: Connection, workspace_id: UUID, difference: Difference) -> None:
    """Add to cells and flows what changed; twice would count twice."""
    cells = [
        (
            cell.cut,
            cell.period,
            cell.key,
            cell.inbox_id,
            cell.policy_id,
            cell.team_id,
            cell.agent_id,
            cell.priority,
            cell.customer_id,
            *columns_of(sums),
        )
        for cell, sums in difference.cells.items()
        if any(sums.values())
    ]
    if cells:
        await db.execute(_SQL["add_to_cells"], workspace_id, *columns(cells, _CELL_WIDTH))
    flows = [
        (flow.day, flow.inbox_id, flow.kind, slots.total(), str(number_of(slots)))
        for flow, slots in difference.flows.items()
        if any(slots.values())
    ]
    if flows:
        await db.execute(_SQL["add_to_flows"], workspace_id, *columns(flows, 5))


def _run(row: Any) -> Run:
    _, kind, seq, started_at, policy_id, inbox, team, agent, priority, customer, *ends = row
    return Run(kind, seq, started_at, policy_id, Owners(inbox, team, agent, priority, customer), *ends)


def _owners(owners: Owners) -> tuple[object, ...]:
    return (owners.inbox_id, owners.team_id, owners.agent_id, owners.priority, owners.customer_id)
