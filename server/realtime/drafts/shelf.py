"""Drafts in Postgres as a process uses it: read what others added, add what is new, pack what is much."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.errors import Invalid
from server.realtime.drafts.document import merge
from server.store.drafts import Head, Update, add_update, delete_updates, fetch_updates, list_heads
from server.store.pool import Store

MAX_ROWS = 32  # of a draft, before they are packed into one


class Read(msgspec.Struct, frozen=True):
    """What Postgres has of a draft that was not known."""

    head: Head
    updates: dict[UUID, bytes]


class Shelf:
    """Every call is one short transaction and raises Unavailable while Postgres is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, workspace_id: UUID, known: dict[UUID, set[UUID]]) -> dict[UUID, Read]:
        """For each ticket its draft's generation, and what is not known of it."""
        async with self._store.read(workspace_id) as db:
            heads = await list_heads(db, workspace_id, list(known))
            found = {}
            for ticket_id, head in heads.items():
                if missing := head.ids - known[ticket_id]:
                    updates = await fetch_updates(db, workspace_id, ticket_id, missing)
                    found[ticket_id] = Read(head, {update.id: update.data for update in updates})
                else:
                    found[ticket_id] = Read(head, {})
        return found

    async def add(
        self, workspace_id: UUID, ticket_id: UUID, generation: int, updates: Sequence[Update]
    ) -> bool:
        """Add to a draft; False when it was sent."""
        async with self._store.write(workspace_id) as db:
            for update in updates:
                if not await add_update(db, workspace_id, ticket_id, generation, update):
                    return False
        return True

    async def pack(
        self, workspace_id: UUID, ticket_id: UUID, generation: int, packed: Update, known: set[UUID]
    ) -> bool:
        """Replace what is known of a draft by one update that has all of it; False when it was sent."""
        async with self._store.write(workspace_id) as db:
            if not await add_update(db, workspace_id, ticket_id, generation, packed):
                return False
            await delete_updates(db, workspace_id, ticket_id, known)
        return True


def rows_of(updates: list[bytes]) -> list[Update]:
    """Updates as they are kept: as one, if that can be made."""
    try:
        return [Update(new_id(), merge(updates))]
    except Invalid:
        return [Update(new_id(), update) for update in updates]
