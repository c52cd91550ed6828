"""Replies that leave by mail: queued once, claimed when due, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from server.domain import resources
from server.store.columns import columns
from server.store.mails import StoredFile
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("mails")


class Queued(msgspec.Struct, frozen=True):
    """A reply that was claimed; `attempts` counts this one."""

    workspace_id: UUID
    interaction_id: UUID
    ticket_id: UUID
    inbox_id: UUID
    message_id: str
    attempts: int
    created_at: datetime


class Reply(msgspec.Struct, frozen=True):
    """All that a reply is made of; `thread` has the message ids before it, oldest first, ours marked."""

    number: int
    subject: str
    customer_name: str
    customer_email: str | None
    content: str
    content_html: str | None
    created_at: datetime
    inbox_name: str
    address: str
    settings: resources.InboxSettings
    secrets: bytes | None
    files: tuple[StoredFile, ...]
    thread: tuple[tuple[str, bool], ...]


async def queue(
    db: Connection, workspace_id: UUID, messages: Sequence[tuple[UUID, int, str]], max_age: timedelta
) -> None:
    """Queue what an agent said on mail tickets: (ticket, seq, Message-ID).

    Anything else is left out, and so is what was said longer than `max_age` ago. The id joins the
    ticket's thread at once, so that an answer finds it however soon it comes.
    """
    rows = await db.fetch(SQL["queue_outgoing"], workspace_id, *columns(messages, 3), max_age)
    known = [(row["message_id"], row["ticket_id"], row["interaction_id"], True) for row in rows]
    if known:
        await db.execute(SQL["add_message_ids"], workspace_id, *columns(known, 4))


async def claim(db: Connection, max_mails: int, lease: timedelta, busy: Sequence[UUID]) -> list[Queued]:
    """Take due replies of all workspaces, but for the inboxes in `busy`, in the order they were written.

    Who does not settle them within `lease` loses them again.
    """
    rows = await db.fetch(SQL["claim_outgoing"], max_mails, lease, list(busy))
    return [Queued(**row) for row in rows]


async def fetch_reply(db: Connection, queued: Queued) -> Reply | None:
    """What to send; None when its ticket or inbox is gone."""
    row = await db.fetchrow(SQL["fetch_reply"], queued.workspace_id, queued.ticket_id, queued.interaction_id)
    if row is None:
        return None
    thread = await db.fetch(SQL["list_thread"], queued.workspace_id, queued.ticket_id, queued.message_id)
    files = await db.fetch(SQL["list_files"], queued.workspace_id, list(row["attachment_ids"]))
    return Reply(
        row["number"],
        row["subject"],
        row["customer_name"],
        row["customer_email"],
        row["content"],
        row["content_html"],
        row["created_at"],
        row["inbox_name"],
        row["address"],
        msgspec.json.decode(row["settings"], type=resources.InboxSettings),
        row["secrets"],
        tuple(StoredFile(**file) for file in files),
        tuple((known["message_id"], known["outgoing"]) for known in thread),
    )


async def mark_sent(db: Connection, queued: Queued) -> None:
    """The relay has taken it."""
    await db.execute(SQL["sent"], queued.workspace_id, queued.interaction_id)


async def mark_retry(db: Connection, queued: Queued, error: str, after: timedelta) -> None:
    """The relay did not take it this time."""
    await db.execute(SQL["retry_outgoing"], queued.workspace_id, queued.interaction_id, error[:1000], after)


async def mark_failed(db: Connection, queued: Queued, error: str) -> None:
    """It will not be taken."""
    await db.execute(SQL["fail_outgoing"], queued.workspace_id, queued.interaction_id, error[:1000])


async def give_back(db: Connection, queued: Queued) -> None:
    """Return what was claimed and not tried."""
    await db.execute(SQL["give_back_outgoing"], queued.workspace_id, queued.interaction_id)
