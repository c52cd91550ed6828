"""Mail that was put aside, once more."""

from __future__ import annotations

from uuid import UUID

from server.store.pool import Connection
from server.store.statements import statements

_SQL = statements("mail_log")


async def retry(db: Connection, workspace_id: UUID, mail_id: UUID) -> bool:
    """Let a parked mail be taken in from the beginning; False when it is not parked, or not there."""
    return await db.fetchval(_SQL["retry_received"], workspace_id, mail_id) is True
