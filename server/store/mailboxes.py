"""Fetched mailboxes: which there are, how far each was read, and how it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("mails")


class Fetched(msgspec.Struct, frozen=True):
    """An inbox that fetches a mailbox; another `updated_at` means other settings."""

    workspace_id: UUID
    inbox_id: UUID
    updated_at: datetime


async def list_fetched(db: Connection) -> list[Fetched]:
    """Those of all workspaces, a thousand at most; takes a connection without a workspace."""
    return [Fetched(**row) for row in await db.fetch(SQL["list_fetched"])]


async def open_mailbox(
    db: Connection, workspace_id: UUID, inbox_id: UUID, mailbox: str, uidvalidity: int
) -> int:
    """The last number that was read; 0 for another mailbox, or when it was numbered anew."""
    last: int = await db.fetchval(SQL["open_mailbox"], workspace_id, inbox_id, mailbox, uidvalidity)
    return last


async def advance(db: Connection, workspace_id: UUID, inbox_id: UUID, last_uid: int) -> None:
    """Move on, in the transaction that keeps the mails; also says that the mailbox was seen just now."""
    await db.execute(SQL["advance_mailbox"], workspace_id, inbox_id, last_uid)


async def fail(db: Connection, workspace_id: UUID, inbox_id: UUID, mailbox: str, error: str) -> None:
    """Note why a mailbox cannot be read, for an admin."""
    await db.execute(SQL["fail_mailbox"], workspace_id, inbox_id, mailbox, error[:1000])
