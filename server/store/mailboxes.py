"""Fetched mailboxes: which there are, how far each folder was read, and how it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("mailboxes")


class Fetched(msgspec.Struct, frozen=True):
    """An inbox that fetches a mailbox; another `updated_at` means other settings."""

    workspace_id: UUID
    inbox_id: UUID
    updated_at: datetime


class Folder(msgspec.Struct, frozen=True):
    """One folder of an inbox's mailbox; `mailbox` names server, user and folder as one."""

    workspace_id: UUID
    inbox_id: UUID
    folder: str
    mailbox: str


async def list_fetched(db: Connection) -> list[Fetched]:
    """Those of all workspaces, a thousand at most; takes a connection without a workspace."""
    return [Fetched(**row) for row in await db.fetch(SQL["list_fetched"])]


async def open_folder(db: Connection, folder: Folder, uidvalidity: int) -> tuple[int, datetime | None]:
    """The last number that was read (0 for another mailbox, or when it was numbered anew), and when the
    folder was last compared with the server."""
    row = await db.fetchrow(
        SQL["open"], folder.workspace_id, folder.inbox_id, folder.folder, folder.mailbox, uidvalidity
    )
    return row["last_uid"], row["compared_at"]


async def advance(db: Connection, folder: Folder, last_uid: int, fetched: int, waiting: int) -> None:
    """Move on by so many mails, in the transaction that keeps them; `waiting` are still to come."""
    await db.execute(
        SQL["advance"], folder.workspace_id, folder.inbox_id, folder.folder, last_uid, fetched, waiting
    )


async def fail(db: Connection, folder: Folder, error: str) -> None:
    """Note why a folder cannot be read, for an admin."""
    text = error.replace("\x00", "\u2400")[:1000]
    await db.execute(SQL["fail"], folder.workspace_id, folder.inbox_id, folder.folder, folder.mailbox, text)


async def forget_others(db: Connection, workspace_id: UUID, inbox_id: UUID, folders: Sequence[str]) -> None:
    """Drop the rows of folders that are not among these; what was fetched from them stays."""
    await db.execute(SQL["forget_others"], workspace_id, inbox_id, list(folders))


async def find_missing(db: Connection, folder: Folder, uidvalidity: int, uids: Sequence[int]) -> list[int]:
    """Of a folder's numbers, those that were never kept, ascending."""
    rows = await db.fetch(
        SQL["missing"], folder.workspace_id, folder.inbox_id, folder.mailbox, uidvalidity, list(uids)
    )
    return [row["uid"] for row in rows]


async def note_compared(db: Connection, folder: Folder, missing: int) -> None:
    """Note what a comparison with the server found."""
    await db.execute(SQL["note_compared"], folder.workspace_id, folder.inbox_id, folder.folder, missing)


async def find_last(db: Connection, folder: Folder, uidvalidity: int) -> int | None:
    """How far a folder with this numbering was read; None when it was not read at all."""
    last: int | None = await db.fetchval(
        SQL["find_last"], folder.workspace_id, folder.inbox_id, folder.folder, folder.mailbox, uidvalidity
    )
    return last
