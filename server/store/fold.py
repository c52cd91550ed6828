"""Tickets folded anew from their events, to compare with their rows, and to write them again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from anyio import to_thread

from server.domain.events import Recorded, decode_event
from server.domain.sla.target import next_due
from server.domain.ticket import Ticket, apply, opened
from server.store.columns import array
from server.store.pool import Store
from server.store.record import target_columns
from server.store.statements import statements
from server.store.tickets import find_tickets

PAGE = 200
PAGE_EVENTS = 500  # of one ticket: what is fetched and decoded in a turn of the loop, in a few milliseconds
_SQL = statements("fold")


class Compared(NamedTuple):
    """A ticket's row and what its events make of it; `folded` is None when they make nothing."""

    row: Ticket
    folded: Ticket | None

    @property
    def same(self) -> bool:
        """Whether the row is the fold (the order of targets means nothing)."""
        return self.folded is not None and _sorted(self.row) == _sorted(self.folded)


async def compare_all(store: Store, workspace_id: UUID) -> AsyncIterator[list[Compared]]:
    """Every ticket of a workspace, compared, a page at a time in id order."""
    after = UUID(int=0)
    while True:
        async with store.read(workspace_id) as db:
            ids = [row["id"] for row in await db.fetch(_SQL["list_ids"], workspace_id, after, PAGE)]
            if not ids:
                return
            rows = await find_tickets(db, workspace_id, ids)
            events = await list_records_of(db, workspace_id, ids)
        yield [Compared(rows[one], _fold(workspace_id, events.get(one, []))) for one in ids]
        after = ids[-1]


async def list_records(db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID) -> list[Recorded]:
    """All events of one ticket: read in pages, and decoded in a thread where there are many."""
    found: list[Recorded] = []
    after = 0
    while True:
        rows = await db.fetch(_SQL["list_events_after"], workspace_id, ticket_id, after, PAGE_EVENTS)
        if len(rows) < PAGE_EVENTS:
            return found + _records(rows)
        found += await to_thread.run_sync(_records, rows)
        after = rows[-1]["seq"]


async def find_by_number(db: asyncpg.Connection, workspace_id: UUID, number: int) -> UUID | None:
    """A ticket's id by its number."""
    found: UUID | None = await db.fetchval(_SQL["find_by_number"], workspace_id, number)
    return found


async def mend(store: Store, workspace_id: UUID, ticket_id: UUID) -> bool:
    """Write a ticket's row again from its events, under its lock; False when they do not make a ticket."""
    async with store.write(workspace_id) as db:
        await db.execute(_SQL["another_desk"], workspace_id)
        await db.execute(_SQL["lock"], workspace_id, ticket_id)
        ticket = _fold(workspace_id, await list_records(db, workspace_id, ticket_id))
        if ticket is None:
            return False
        await db.execute(
            _SQL["mend"],
            workspace_id,
            ticket_id,
            ticket.status,
            ticket.priority,
            ticket.assignee_id,
            ticket.team_id,
            array(ticket.tag_ids),
            ticket.seq,
            ticket.public_seq,
            next_due(ticket.targets),
            ticket.breached,
            ticket.updated_at,
            ticket.draft_generation,
            ticket.customer_id,
            ticket.status_reason_id,
            ticket.answered_at,
        )
        if ticket.targets:
            columns = target_columns({(ticket_id, target.target): target for target in ticket.targets})
            await db.execute(statements("tickets")["record_targets"], workspace_id, *columns)
        return True


async def list_records_of(
    db: asyncpg.Connection, workspace_id: UUID, ids: list[UUID]
) -> dict[UUID, list[Recorded]]:
    """All events of some tickets."""
    found: dict[UUID, list[Recorded]] = {}
    for record in _records(await db.fetch(_SQL["list_events"], workspace_id, ids)):
        found.setdefault(record.ticket_id, []).append(record)
    return found


def _records(rows: Iterable[asyncpg.Record]) -> list[Recorded]:
    return [
        Recorded(ticket_id, seq, public_seq, at, actor_type, actor_id, decode_event(data))
        for ticket_id, seq, public_seq, at, actor_type, actor_id, data in rows
    ]


def _fold(workspace_id: UUID, records: list[Recorded]) -> Ticket | None:
    if not records:
        return None
    try:
        ticket = opened(workspace_id, records[0])
        for record in records[1:]:
            ticket = apply(ticket, record)
    except ValueError:
        return None  # a hole, or no opening: this log makes no ticket
    return ticket


def _sorted(ticket: Ticket) -> Ticket:
    targets = tuple(sorted(ticket.targets, key=lambda target: target.target))
    return msgspec.structs.replace(ticket, targets=targets)
