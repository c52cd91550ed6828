"""Idempotency keys of requests that are not ticket commands: the first answer, kept for a day."""

from uuid import UUID

import msgspec

from server.domain.errors import Conflict, DuplicateMismatch
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("idempotency")


class Kept(msgspec.Struct, frozen=True):
    """The first answer to a key; its body is sealed, since it may hold a secret shown once."""

    status: int
    body: bytes


async def find_kept(
    db: Connection, workspace_id: UUID, actor_id: UUID, key: str, fingerprint: bytes
) -> Kept | None:
    """Hold the key until commit and find what it did before, if anything.

    Conflict when another request with it is running, DuplicateMismatch when it meant another.
    """
    if not await db.fetchval(SQL["try_lock"], actor_id, key):
        raise Conflict("A request with this key is still running")
    row = await db.fetchrow(SQL["find_result"], workspace_id, actor_id, key)
    if row is None:
        return None
    if row["fingerprint"] != fingerprint or row["status"] is None:
        raise DuplicateMismatch
    return Kept(row["status"], row["body"])


async def keep(
    db: Connection, workspace_id: UUID, actor_id: UUID, key: str, fingerprint: bytes, answer: Kept
) -> None:
    """Keep an answer in the transaction of its effect."""
    values = (workspace_id, actor_id, key, fingerprint, answer.status, answer.body)
    await db.execute(SQL["keep_result"], *values)


async def sweep(db: Connection, workspace_id: UUID) -> None:
    """Forget keys of more than a day ago, a thousand at a time."""
    await db.execute(SQL["sweep"], workspace_id)
