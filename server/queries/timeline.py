"""What happened and what was said in a ticket, with the names and texts that its log has not.

For a customer, `seq` is the public one, and only what is public is there: the opening, messages
and changes of status, with display names and no addresses.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import msgspec

from server.domain import events
from server.domain.resources import Attachment, Interaction, TimelineEvent, Who
from server.queries.attachment_links import AttachmentLinks
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("timeline")
Names = dict[UUID | None, str | None]


async def list_interactions(
    db: Connection,
    links: AttachmentLinks,
    workspace_id: UUID,
    ticket_id: UUID,
    since: int,
    limit: int,
    now: datetime,
) -> list[Interaction]:
    """Interactions above `since`, ascending, for agents."""
    rows = await db.fetch(SQL["list_interactions"], workspace_id, ticket_id, since, limit)
    files = await _list_attachments(db, links, workspace_id, rows, now)
    return [_interaction(row, row["seq"], files) for row in rows]


async def list_events(
    db: Connection,
    links: AttachmentLinks,
    workspace_id: UUID,
    ticket_id: UUID,
    since: int,
    limit: int,
    now: datetime,
    *,
    public: bool = False,
) -> list[TimelineEvent]:
    """Events above `since`, ascending; for a customer when `public`, then `since` is public too."""
    name = "list_public_events" if public else "list_events"
    rows = await db.fetch(SQL[name], workspace_id, ticket_id, since, limit)
    decoded = [events.decode_event(row["data"]) for row in rows]
    said = await _list_said(db, links, workspace_id, decoded, now, public=public)
    names = await _list_names(db, workspace_id, rows, decoded)
    return [
        TimelineEvent(
            seq=row["public_seq"] if public else row["seq"],
            type=row["type"],
            at=row["at"],
            actor=_who(row, names),
            data=_data(event, said, names, public=public),
        )
        for row, event in zip(rows, decoded, strict=True)
    ]


async def _list_said(
    db: Connection,
    links: AttachmentLinks,
    workspace_id: UUID,
    decoded: Iterable[events.Event],
    now: datetime,
    *,
    public: bool,
) -> dict[UUID, dict[str, Any]]:
    """The interactions that events point to, as plain JSON values, with the client's own id."""
    ids = [event.interaction_id for event in decoded if isinstance(event, events.InteractionAdded)]
    if not ids:
        return {}
    rows = await db.fetch(SQL["list_interactions_by_id"], workspace_id, ids)
    files = await _list_attachments(db, links, workspace_id, rows, now)
    said = {}
    for row in rows:
        seq = row["public_seq"] if public else row["seq"]
        value = msgspec.to_builtins(_interaction(row, seq, files))
        said[row["id"]] = {**value, "client_id": row["client_id"]}
    return said


async def _list_attachments(
    db: Connection,
    links: AttachmentLinks,
    workspace_id: UUID,
    interactions: Iterable[Any],
    now: datetime,
) -> dict[UUID, Attachment]:
    ids = [file for row in interactions for file in row["attachment_ids"]]
    if not ids:
        return {}
    rows = await db.fetch(SQL["list_attachments"], workspace_id, ids)
    return {row["id"]: attachment(links, workspace_id, row, now) for row in rows}


def attachment(
    links: AttachmentLinks, workspace_id: UUID, row: Any, now: datetime
) -> Attachment:
    """The resource of an attachment's row, with a fresh address."""
    return Attachment(
        id=row["id"],
        interaction_id=row["interaction_id"],
        filename=row["filename"],
        url=links.sign(workspace_id, row["id"], now),
        mime_type=row["mime_type"],
        size_bytes=row["size_bytes"],
        uploaded_by=row["uploaded_by"],
        created_at=row["created_at"],
    )


def _interaction(row: Any, seq: int, files: dict[UUID, Attachment]) -> Interaction:
    ids: Sequence[UUID] = [file for file in row["attachment_ids"] if file in files]
    return Interaction(
        id=row["id"],
        ticket_id=row["ticket_id"],
        seq=seq,
        author_id=row["author_id"],
        author_type=row["author_type"],
        author_name=row["author_name"],
        type=row["type"],
        content=row["content"],
        content_html=row["content_html"],
        created_at=row["created_at"],
        attachment_ids=list(ids),
        attachments=[files[file] for file in ids],
    )


def _who(row: Any, names: Names) -> Who:
    name = names.get(row["actor_id"]) or ("Parley" if row["actor_type"] == "system" else "")
    return Who(type=row["actor_type"], id=row["actor_id"], name=name)


async def _list_names(
    db: Connection, workspace_id: UUID, rows: Iterable[Any], decoded: Iterable[events.Event]
) -> Names:
    ids = {row["actor_id"] for row in rows}
    for event in decoded:
        match event:
            case events.TicketAssigned():
                ids |= {event.assignee_id, event.team_id}
            case events.TagAdded() | events.TagRemoved():
                ids.add(event.tag_id)
    ids.discard(None)
    if not ids:
        return {}
    found = await db.fetch(SQL["list_names"], workspace_id, list(ids))
    return {row["id"]: row["name"] for row in found}


def _data(
    event: events.Event, said: dict[UUID, dict[str, Any]], names: Names, *, public: bool
) -> dict[str, Any]:
    """What an event's type adds to it, in the shape of the wire."""
    match event:
        case events.InteractionAdded():
            return said.get(event.interaction_id, {})
        case events.TicketOpened():
            if public:
                return {}
            return _fields(event, "number", "inbox_id", "channel", "customer_id", "priority")
        case events.StatusChanged():
            return _fields(event, "status", "previous")
        case events.TicketAssigned():
            return _fields(event, "assignee_id", "team_id") | {
                "assignee_name": names.get(event.assignee_id),
                "team_name": names.get(event.team_id),
            }
        case events.PriorityChanged():
            return _fields(event, "priority", "previous")
        case events.TagAdded() | events.TagRemoved():
            return {"tag": names.get(event.tag_id)}
        case events.SubjectChanged():
            return {}
        case events.SlaStarted():
            return _fields(event, "target", "policy_id", "due_at")
        case events.SlaResumed() | events.SlaWarned():
            return _fields(event, "target", "due_at")
        case events.SlaMet():
            return _fields(event, "target", "met_at")
        case events.SlaBreached():
            return _fields(event, "target", "breached_at")
        case events.SlaPaused() | events.SlaStopped():
            return _fields(event, "target")
        case _:
            assert_never(event)


def _fields(event: events.Event, *names: str) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins({name: getattr(event, name) for name in names})
    return value
