"""Notifications: what each agent is told of, whether they have read it, and how many they have not.

Who may not see a ticket any more, or never might, is told nothing of it and reads nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from server.domain.events import TargetName
from server.domain.notification_resources import (
    Notification,
    NotificationKind,
    NotifiedTicket,
    NotifiedWebhook,
)
from server.store import notices
from server.store.columns import array, columns
from server.store.listing import Listing, Slice, Sort
from server.store.notices import Mailing
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("notifications")
MAX_KEPT = 1000  # of each agent
_MAX_NOTIFIED = 1000
_MAX_OF_INBOX = 50  # who are told of a ticket that nobody has
LISTING = Listing(
    SQL["select_notifications"],
    "n.id",
    filters={"id": "n.id = {}", "unread": "(n.read_at IS NULL) = {}"},
    sorts={"at": Sort("n.at", datetime)},
)


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """An event, and whom it is for: the ticket's `assignee`, its `team`, its team while nobody has it
    (`orphan`), the admins and whoever of its inbox is online while neither anybody nor a team has it
    (`ownerless`), and these teams and agents. `actor_id` did it and is not told."""

    kind: NotificationKind
    ticket_id: UUID
    seq: int
    at: datetime
    actor_id: UUID | None = None
    target: TargetName | None = None
    due_at: datetime | None = None
    assignee: bool = False
    team: bool = False
    orphan: bool = False
    ownerless: bool = False
    team_ids: tuple[UUID, ...] = ()
    agent_ids: tuple[UUID, ...] = ()


class Count(NamedTuple):
    """How many notifications an agent has not read, and the newest one they have."""

    unread: int
    newest: UUID | None


class Notified(NamedTuple):
    """Somebody was notified; `arrival` grows."""

    workspace_id: UUID
    agent_id: UUID
    arrival: int


async def add(
    db: Connection, workspace_id: UUID, concerns: Sequence[Concern], mailing: Mailing | None = None
) -> set[UUID]:
    """Notify whoever these events are for, and by mail whoever does not read it, with `mailing`; returns who
    was. Repeating it is harmless."""
    values = columns(map(_values, concerns), 13)
    rows = await db.fetch(SQL["add"], workspace_id, *values, _MAX_OF_INBOX)
    told = {row["agent_id"] for row in rows}
    if rows and mailing is not None:
        letters = [(row["agent_id"], row["ticket_id"], row["arrival"]) for row in rows]
        await notices.queue(db, workspace_id, letters, mailing)
    await _trim(db, workspace_id, told)
    return told


def _values(concern: Concern) -> tuple[object, ...]:
    teams, agents = array(concern.team_ids), array(concern.agent_ids)
    return (*msgspec.structs.astuple(concern)[:11], teams, agents)


async def add_webhook_disabled(db: Connection, workspace_id: UUID, webhook_id: UUID) -> set[UUID]:
    """Notify the admins that a webhook was given up; returns who was."""
    rows = await db.fetch(SQL["add_webhook_disabled"], workspace_id, webhook_id)
    told = {row["agent_id"] for row in rows}
    await _trim(db, workspace_id, told)
    return told


async def _trim(db: Connection, workspace_id: UUID, agent_ids: Collection[UUID]) -> None:
    if agent_ids:
        await db.execute(SQL["trim"], workspace_id, list(agent_ids), MAX_KEPT)


async def list_notifications(
    db: Connection, workspace_id: UUID, agent_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of an agent's notifications, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part, agent_id)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_notification(
    db: Connection, workspace_id: UUID, agent_id: UUID, notification_id: UUID
) -> Notification | None:
    """One of an agent's notifications."""
    chosen = {"id": notification_id}
    rows = await list_notifications(db, workspace_id, agent_id, chosen, Slice("at", True, 1))
    return shape(rows[0]) if rows else None


def shape(row: Any) -> Notification:
    """The resource of a row."""
    ticket = webhook = None
    if row["ticket_id"] is not None:
        ticket = NotifiedTicket(id=row["ticket_id"], number=row["number"], subject=row["subject"])
    if row["webhook_id"] is not None:
        webhook = NotifiedWebhook(id=row["webhook_id"], name=row["webhook_name"])
    return Notification(
        id=row["id"],
        kind=row["kind"],
        at=row["at"],
        read_at=row["read_at"],
        ticket=ticket,
        target=row["target"],
        due_at=row["due_at"],
        actor_name=row["actor_name"],
        webhook=webhook,
    )


async def count_unread(db: Connection, workspace_id: UUID, agent_ids: Collection[UUID]) -> dict[UUID, Count]:
    """How many each of these agents has not read."""
    rows = await db.fetch(SQL["count_unread"], workspace_id, list(agent_ids))
    return {row["agent_id"]: Count(row["unread"], row["newest"]) for row in rows}


async def mark_read(db: Connection, workspace_id: UUID, agent_id: UUID, notification_id: UUID) -> bool:
    """An agent has read one; False when it is none of theirs."""
    values = (workspace_id, agent_id, notification_id)
    return await db.fetchval(SQL["mark_read"], *values) is not None


async def mark_all_read(db: Connection, workspace_id: UUID, agent_id: UUID) -> None:
    """An agent has read all."""
    await db.execute(SQL["mark_all_read"], workspace_id, agent_id)


async def fetch_by_mail(db: Connection, workspace_id: UUID, agent_id: UUID) -> bool:
    """Whether an agent is mailed what they do not read."""
    wanted: bool = await db.fetchval(SQL["fetch_by_mail"], workspace_id, agent_id)
    return wanted


async def set_by_mail(db: Connection, workspace_id: UUID, agent_id: UUID, *, mail: bool) -> None:
    """What an agent wants; letters that wait already are not sent then."""
    await db.execute(SQL["set_by_mail"], workspace_id, agent_id, mail)


async def fetch_last_arrival(db: Connection) -> int:
    """The newest arrival of all workspaces."""
    arrival: int = await db.fetchval(SQL["last_arrival"])
    return arrival


async def list_notified(db: Connection, above: int) -> list[Notified]:
    """Who was notified after an arrival, in all workspaces; a thousand at most."""
    return [Notified(*row) for row in await db.fetch(SQL["list_notified"], above, _MAX_NOTIFIED)]
