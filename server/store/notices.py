"""Letters to agents who are not there: what they would have seen in the console, by mail.

They wait in the queue that replies leave by (`outgoing_mails`), under the same leases. What became needless
while one waited (it was read, the agent came, may not see the ticket any more, or wants none) is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from server.domain.events import TargetName
from server.domain.identity import Role
from server.domain.notification_resources import NotificationKind
from server.domain.resources import InboxSettings
from server.store import outgoing
from server.store.columns import columns
from server.store.outgoing import Queued
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("notices")


class Mailing(msgspec.Struct, frozen=True):
    """When agents are written to: how long after a notification that they do not read. `relayed` when the
    desk has a relay for inboxes without one; `hostname` is that of the letters' ids."""

    after: timedelta
    hostname: str
    relayed: bool


class Answerer(msgspec.Struct, frozen=True):
    """An agent who may have answered by mail; `reference` is how their reply addresses name them."""

    id: UUID
    name: str
    email: str
    role: Role
    active: bool
    reference: str
    inbox_ids: frozenset[UUID] = frozenset()


class Reason(msgspec.Struct, frozen=True):
    """Something that the agent was notified of."""

    kind: NotificationKind
    target: TargetName | None = None
    due_at: datetime | None = None
    actor_name: str | None = None


class Held(msgspec.Struct, frozen=True):
    """Another letter that was not sent, as there were too many."""

    id: UUID
    number: int
    subject: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """All that a letter to an agent is made of; `said` is what the customer said last."""

    number: int
    subject: str
    ticket_id: UUID
    customer_name: str
    agent_id: UUID
    agent_name: str
    agent_email: str
    role: Role
    inbox_name: str
    address: str
    settings: InboxSettings
    secrets: bytes | None
    created_at: datetime
    queued_at: datetime
    said: str
    reasons: tuple[Reason, ...] = ()
    held: tuple[Held, ...] = ()


async def queue(
    db: Connection, workspace_id: UUID, told: Sequence[tuple[UUID, UUID, int]], mailing: Mailing
) -> None:
    """Let agents be written to of new notifications: (agent, ticket, arrival)."""
    values = columns(told, 3)
    await db.execute(
        SQL["queue_notices"], workspace_id, *values, mailing.after, mailing.relayed, mailing.hostname
    )


async def begin(db: Connection, queued: Queued, lease: timedelta, max_an_hour: int) -> Notice | None:
    """What to write now; None when nothing is: it is somebody else's by now, needless, or must wait."""
    assert queued.agent_id is not None
    if not await outgoing.hold(db, [queued], lease):
        return None
    workspace_id, own_id = queued.workspace_id, queued.interaction_id
    row = await db.fetchrow(SQL["fetch_notice"], workspace_id, own_id)
    reasons = [Reason(**each) for each in await db.fetch(SQL["list_reasons"], workspace_id, own_id)]
    if row is None or not reasons:
        await db.execute(SQL["forget"], workspace_id, [own_id])
        return None
    wait = await db.fetchval(SQL["find_room"], workspace_id, queued.agent_id, max_an_hour)
    if wait is not None:
        await db.execute(SQL["hold_back"], workspace_id, own_id, queued.claimed_by, wait)
        return None
    held = await db.fetch(SQL["list_held"], workspace_id, queued.agent_id, own_id)
    given = dict(row)
    settings = msgspec.json.decode(given.pop("settings"), type=InboxSettings)
    others = tuple(Held(**each) for each in held)
    return Notice(**given, settings=settings, reasons=tuple(reasons), held=others)


async def find_answerers(
    db: Connection, workspace_id: UUID, references: Sequence[str], emails: Sequence[str]
) -> list[Answerer]:
    """The agents with these references or these addresses (lower case), active or not."""
    rows = await db.fetch(SQL["find_answerers"], workspace_id, list(references), list(emails))
    return [Answerer(**{**row, "inbox_ids": frozenset(row["inbox_ids"])}) for row in rows]


async def mark_sent(db: Connection, queued: Queued, notice: Notice) -> None:
    """The relay has taken it, with what was held back."""
    await outgoing.mark_sent(db, queued)
    if notice.held:
        await db.execute(SQL["forget"], queued.workspace_id, [each.id for each in notice.held])
