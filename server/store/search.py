"""The search index over tickets: what was said, and the headings, as words.

Kept by a consumer of the log (server/relay/search.py), so it may be some milliseconds behind. It holds
nothing that cannot be built again from tickets and interactions. All functions need a transaction in
the workspace.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg

from server.store.statements import statements

_SQL = statements("search")
HEADING = 0  # the seq of a ticket's own entry; interactions begin at 1
MAX_FOUND = 500


async def find_tickets(
    db: asyncpg.Connection,
    words: str,
    inbox_ids: Collection[UUID] | None,
    *,
    with_notes: bool = True,
    limit: int = MAX_FOUND,
) -> list[UUID]:
    """The ids of tickets that match, best first; of these inboxes only, or of all when None.

    `words` are as in a web search ("exact words", -without), the last one may be unfinished. They are also
    taken for the beginning of the customer's name or mail address, and for the ticket's number.
    """
    inboxes = None if inbox_ids is None else list(inbox_ids)
    rows = await db.fetch(_SQL["find_tickets"], words, inboxes, with_notes, limit)
    return [row["ticket_id"] for row in rows]


async def index(db: asyncpg.Connection, workspace_id: UUID, places: Sequence[tuple[UUID, int]]) -> None:
    """Index interactions by ticket and seq, and headings where seq is HEADING; repeating it is harmless."""
    headings = list({ticket_id for ticket_id, seq in places if seq == HEADING})
    said = list({place for place in places if place[1] != HEADING})
    if headings:
        await db.execute(_SQL["index_headings"], workspace_id, headings)
    if said:
        await db.execute(
            _SQL["index_interactions"],
            workspace_id,
            [ticket_id for ticket_id, _ in said],
            [seq for _, seq in said],
        )


async def find_range(db: asyncpg.Connection, workspace_id: UUID, after: UUID, count: int) -> UUID | None:
    """The last of the next `count` tickets after one, by id; None when there is none."""
    last: UUID | None = await db.fetchval(_SQL["find_range"], workspace_id, after, count)
    return last


async def count_differences(db: asyncpg.Connection, workspace_id: UUID, after: UUID, last: UUID) -> int:
    """How many entries of a range of tickets are missing, too many, or not what the texts say."""
    count: int = await db.fetchval(_SQL["count_differences"], workspace_id, after, last)
    return count


async def rebuild_range(db: asyncpg.Connection, workspace_id: UUID, after: UUID, last: UUID) -> None:
    """Throw the entries of a range of tickets away and index it anew."""
    await db.execute(_SQL["remove_range"], workspace_id, after, last)
    rows = await db.fetch(_SQL["list_range"], workspace_id, after, last)
    await index(db, workspace_id, [(row["ticket_id"], row["seq"]) for row in rows])
