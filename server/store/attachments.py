"""Attachments: files of interactions, and uploads that are not part of one yet."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.errors import TooLarge
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("attachments")


class File(msgspec.Struct, frozen=True):
    """An attachment's row, with what rights on it depend on."""

    id: UUID
    ticket_id: UUID | None
    interaction_id: UUID | None
    filename: str
    mime_type: str
    size_bytes: int
    content_key: str
    uploaded_by_type: str
    uploaded_by: UUID | None
    created_at: datetime
    inbox_id: UUID | None
    customer_id: UUID | None
    visitor_id: UUID | None
    channel_source: str | None
    interaction_type: str | None


class Uploaded(msgspec.Struct, frozen=True):
    """What somebody has just uploaded; `content_key` names the bytes in the attachment store."""

    id: UUID
    filename: str
    mime_type: str
    size_bytes: int
    content_key: str
    by_type: str
    by: UUID


class Quota(msgspec.Struct, frozen=True):
    """How much may lie about that is not part of any interaction."""

    files: int
    bytes: int


async def find_attachment(db: Connection, workspace_id: UUID, attachment_id: UUID) -> File | None:
    """One attachment."""
    row = await db.fetchrow(SQL["find_attachment"], workspace_id, attachment_id)
    return None if row is None else File(**row)


async def find_workspace_of(store: Store, attachment_id: UUID) -> UUID | None:
    """In which workspace an attachment is; for callers who checked its link."""
    async with store.across() as db:
        found: UUID | None = await db.fetchval(SQL["find_workspace"], attachment_id)
    return found


async def check_quota(
    db: Connection, workspace_id: UUID, by: UUID, size_bytes: int, own: Quota, visitors: Quota | None
) -> None:
    """Raise TooLarge when an upload of this size would pass a quota.

    `visitors` is for all visitors of the workspace together. Holds the quota until commit.
    """
    await db.execute(SQL["lock_uploads"], workspace_id if visitors else by)
    row = await db.fetchrow(SQL["sum_unattached"], workspace_id, by)
    _check(row["files"], row["bytes"] + size_bytes, own)
    if visitors is not None:
        row = await db.fetchrow(SQL["sum_unattached_visitors"], workspace_id)
        _check(row["files"], row["bytes"] + size_bytes, visitors)


def _check(files: int, size_bytes: int, quota: Quota) -> None:
    if files >= quota.files or size_bytes > quota.bytes:
        raise TooLarge("Too much is uploaded and not sent: send it, or wait a day")


async def add_attachment(db: Connection, workspace_id: UUID, file: Uploaded) -> datetime:
    """Keep an upload's row; the bytes must be safe on disk before. Returns when it was made."""
    row = await db.fetchrow(SQL["add_attachment"], workspace_id, *msgspec.structs.astuple(file))
    made: datetime = row["created_at"]
    return made


async def sweep(db: Connection, workspace_id: UUID) -> list[str]:
    """Forget uploads of more than a day ago; returns the contents that they had."""
    return [row["content_key"] for row in await db.fetch(SQL["sweep"], workspace_id)]


async def list_used_keys(db: Connection, workspace_id: UUID, keys: Sequence[str]) -> set[str]:
    """Which of these contents something still points to."""
    rows = await db.fetch(SQL["list_used_keys"], workspace_id, list(keys))
    return {row["content_key"] for row in rows}
