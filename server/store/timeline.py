"""A ticket's history from its rows: events joined with names, texts and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg
import msgspec

from server.domain.events import (
    Recorded,
    StatusChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    decode_event,
)
from server.domain.identity import PARLEY
from server.domain.interaction import Attachment, Interaction
from server.domain.timeline import Happening, Names
from server.store.columns import columns
from server.store.statements import statements

MAX_PAGE = 500
_SQL = statements("timeline")


class ReadPosition(msgspec.Struct, frozen=True):
    """How far somebody has read: agents by seq, customers by public_seq."""

    reader_id: UUID
    reader_type: str
    seq: int


async def list_happenings(
    db: asyncpg.Connection,
    workspace_id: UUID,
    ticket_id: UUID,
    since: int,
    *,
    public: bool,
    limit: int = MAX_PAGE,
) -> list[Happening]:
    """What happened after `since` (a public_seq when `public`), ascending, at most `limit` of it."""
    statement = _SQL["list_public_events" if public else "list_events"]
    rows = await db.fetch(statement, workspace_id, ticket_id, since, min(limit, MAX_PAGE))
    with_files = [row["interaction_id"] for row in rows if row["attachment_ids"]]
    files: dict[UUID, list[Attachment]] = {}
    if with_files:
        for file in await db.fetch(_SQL["list_files"], workspace_id, with_files):
            files.setdefault(file["interaction_id"], []).append(Attachment(*tuple(file)[1:]))
    return [_happening(ticket_id, row, files.get(row["interaction_id"], ())) for row in rows]


async def fetch_names(db: asyncpg.Connection, workspace_id: UUID, happenings: Iterable[Happening]) -> Names:
    """The names of the agents, teams, tags and reasons that events mention."""
    ids: set[UUID] = set()
    for happening in happenings:
        match happening.record.event:
            case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
                ids |= {mentioned for mentioned in (assignee_id, team_id) if mentioned is not None}
            case TagAdded(tag_id=tag_id) | TagRemoved(tag_id=tag_id):
                ids.add(tag_id)
            case StatusChanged(reason_id=UUID() as reason_id):
                ids.add(reason_id)
            case _:
                pass
    if not ids:
        return {}
    return {row["id"]: row["name"] for row in await db.fetch(_SQL["list_names"], workspace_id, list(ids))}


async def list_reads(db: asyncpg.Connection, workspace_id: UUID, ticket_id: UUID) -> list[ReadPosition]:
    """Everybody's read position in a ticket."""
    return [ReadPosition(*row) for row in await db.fetch(_SQL["list_reads"], workspace_id, ticket_id)]


async def keep_reads(
    db: asyncpg.Connection, workspace_id: UUID, reads: Sequence[tuple[UUID, ReadPosition]]
) -> None:
    """Remember read positions, each with its ticket; an older one changes nothing."""
    rows = [(ticket_id, read.reader_id, read.reader_type, read.seq) for ticket_id, read in reads]
    await db.execute(_SQL["keep_reads"], workspace_id, *columns(rows, 4))


def _happening(ticket_id: UUID, row: asyncpg.Record, files: Iterable[Attachment]) -> Happening:
    record = Recorded(
        ticket_id,
        row["seq"],
        row["public_seq"],
        row["at"],
        row["actor_type"],
        row["actor_id"],
        decode_event(row["data"]),
    )
    name = PARLEY if record.actor_type == "system" else row["actor_name"]
    if row["interaction_id"] is None:
        return Happening(record, name)
    said = Interaction(
        row["interaction_id"],
        ticket_id,
        row["seq"],
        row["public_seq"],
        row["author_type"],
        row["author_id"],
        name,
        row["interaction_type"],
        row["content"],
        row["content_html"],
        row["at"],
        tuple(files),
        row["client_id"],
    )
    return Happening(record, name, said)
