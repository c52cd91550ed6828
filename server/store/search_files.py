"""The words of attached files, beside the search index over what was said; `search.find_tickets` asks both.

Written by a consumer of the log (server/relay/files.py). It holds nothing that cannot be built again from the
files. All functions need a transaction in the workspace.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from server.store.columns import columns
from server.store.statements import statements

_SQL = statements("search_files")


class Unread(msgspec.Struct, frozen=True):
    """A file that is part of a ticket and whose words are not known yet; `note` when agents alone see it."""

    id: UUID
    ticket_id: UUID
    note: bool
    filename: str
    mime_type: str
    size_bytes: int
    content_key: str


async def list_unread(
    db: asyncpg.Connection, workspace_id: UUID, places: Sequence[tuple[UUID, int]]
) -> list[Unread]:
    """The unread files of interactions, which are given by ticket and seq."""
    rows = await db.fetch(_SQL["list_unread"], workspace_id, *columns(places, 2))
    return [Unread(**row) for row in rows]


async def list_unread_after(
    db: asyncpg.Connection, workspace_id: UUID, after: UUID, limit: int
) -> list[Unread]:
    """The unread files of a workspace after an id, by id."""
    rows = await db.fetch(_SQL["list_unread_after"], workspace_id, after, limit)
    return [Unread(**row) for row in rows]


async def index_file(
    db: asyncpg.Connection, workspace_id: UUID, file: Unread, text: str, error: str | None
) -> None:
    """Keep the words of a file, or why it has none; repeating it is harmless."""
    await db.execute(_SQL["index_file"], workspace_id, file.id, file.ticket_id, file.note, text, error)
