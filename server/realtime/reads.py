"""How far everybody has read, kept in Postgres: positions only go up, a second's worth is one statement."""

from __future__ import annotations

from uuid import UUID

import anyio
import structlog

from server.domain.errors import Unavailable
from server.domain.identity import Actor
from server.realtime.ticket_room import TicketRoom
from server.store.pool import Store
from server.store.timeline import ReadPosition, keep_reads

KEEP_SECONDS = 1.0
LAST_SECONDS = 2.0

_log = structlog.get_logger("parley.live")


class Reads:
    """Positions on their way to Postgres, one for each reader and ticket: a later one replaces it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[tuple[UUID, UUID, UUID], ReadPosition] = {}

    def keep(self, room: TicketRoom, actor: Actor) -> None:
        """Somebody has read further in a room."""
        if actor.id is not None:
            position = ReadPosition(actor.id, actor.type, room.reads[str(actor.id)])
            self._waiting[room.workspace_id, room.ticket_id, actor.id] = position

    async def run(self) -> None:
        """Write once a second until cancelled, and once more then."""
        try:
            while True:
                await anyio.sleep(KEEP_SECONDS)
                await self._write()
        finally:
            with anyio.move_on_after(LAST_SECONDS, shield=True):
                await self._write()

    async def _write(self) -> None:
        waiting, self._waiting = self._waiting, {}
        by_workspace: dict[UUID, list[tuple[UUID, ReadPosition]]] = {}
        for (workspace_id, ticket_id, _), position in waiting.items():
            by_workspace.setdefault(workspace_id, []).append((ticket_id, position))
        for workspace_id, positions in by_workspace.items():
            try:
                async with self._store.write(workspace_id) as db:
                    await keep_reads(db, workspace_id, positions)
            except BaseException as error:  # when this process stops, they are written once more
                self._waiting = waiting | self._waiting
                if not isinstance(error, Unavailable):
                    raise
                _log.warning("read positions wait: storage is away")
                return
