"""Records what was merely said in tickets whose state the writer remembers: one round trip, one transaction.

What it remembers is believed only where it still holds: the database compares each ticket's seq, and the
version of the desk, as it writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server.domain.interaction import Interaction
from server.domain.ticket import Ticket
from server.store.client_key import client_key
from server.store.columns import columns
from server.store.statements import statements

_SQL = statements("said")


async def record_said(
    db: asyncpg.Connection,
    workspace_id: UUID,
    desk_version: int,
    batch_id: UUID,
    at: datetime,
    moved: Mapping[UUID, tuple[Ticket, Ticket]],
    said: Sequence[Interaction],
) -> Collection[UUID]:
    """Append interactions of customers and agents, and commit; `db` has no transaction of its own.

    `moved` has each ticket as it was known and as it is now. Returns those that were not as known, of which
    nothing is written: all of them when the desk has changed, or when a client id was used before.
    """
    pairs = sorted(moved.values(), key=_by_id)
    known = [before.id for before, _ in pairs]
    try:
        stale: Collection[UUID] = await db.fetchval(
            _SQL["record_said"],
            workspace_id,
            desk_version,
            batch_id,
            at,
            known,
            [before.seq for before, _ in pairs],
            [after.seq for _, after in pairs],
            [after.public_seq for _, after in pairs],
            *_columns(said),
        )
    except asyncpg.UniqueViolationError:
        return known
    return stale


def _by_id(pair: tuple[Ticket, Ticket]) -> int:
    """Every writer locks tickets in this order."""
    return pair[0].id.int


def _columns(said: Sequence[Interaction]) -> list[list[object] | None]:
    rows = [
        (
            one.ticket_id,
            one.seq,
            one.public_seq,
            one.author_type == "agent",
            one.author_id,
            one.id,
            one.type == "note",
            one.content,
            one.content_html,
            one.client_id,
            _key(one),
        )
        for one in said
    ]
    return [column if any(column) else None for column in columns(rows, 11)]


def _key(said: Interaction) -> bytes | None:
    if said.author_id is None or said.client_id is None:
        return None
    return client_key(said.ticket_id, said.author_id, said.client_id)
