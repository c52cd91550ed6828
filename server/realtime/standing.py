"""Whether those who are connected may still be: ended sessions, revoked tokens, lost rights."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

import anyio
import structlog

from server.domain.desk import Desk
from server.domain.errors import NotFound, Unavailable
from server.domain.identity import Agent
from server.realtime.joining import may_stay
from server.store.desk import fetch_desk, fetch_version
from server.store.pool import Store
from server.store.standing import list_standing

if TYPE_CHECKING:
    from server.realtime.connection import Connection

CHECK_SECONDS = 2.0

_log = structlog.get_logger("parley.live")


class Standing:
    """Looks at every connection's credential and rights, one query a workspace."""

    def __init__(self, store: Store, connections: Iterable[Connection]) -> None:
        self._store = store
        self._connections = connections
        self._desks: dict[UUID, Desk] = {}

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await anyio.sleep(CHECK_SECONDS)
            try:
                await self.check()
            except Unavailable:
                _log.warning("rights are not checked: storage is away")

    async def check(self) -> None:
        """Close who may no longer be here, and take out of rooms who may no longer be in them."""
        by_workspace: dict[UUID, list[Connection]] = {}
        desks: dict[UUID, Desk] = {}
        for connection in list(self._connections):
            if connection.actor_now is not None:
                by_workspace.setdefault(connection.actor.workspace_id, []).append(connection)
        for workspace_id, connections in by_workspace.items():
            ids = {c.credential.id for c in connections if c.credential is not None}
            async with self._store.read(workspace_id) as db:
                standing = await list_standing(db, workspace_id, ids)
                desk = self._desks.get(workspace_id)
                if desk is None or desk.version != await fetch_version(db, workspace_id):
                    desk = await fetch_desk(db, workspace_id)
            desks[workspace_id] = desk
            for connection in connections:
                self._look(connection, standing, desk)
        self._desks = desks

    def _look(self, connection: Connection, standing: set[UUID], desk: Desk) -> None:
        credential = connection.credential
        if credential is None or credential.id not in standing:
            connection.unauthorized()
            return
        actor = connection.actor
        if not isinstance(actor, Agent):
            return
        current = desk.agents.get(actor.id)
        if current is None:
            connection.unauthorized()
        elif current != actor:
            connection.actor_now = current
            for room in [room for room in connection.rooms.values() if not may_stay(current, room)]:
                del connection.rooms[room.name]
                room.remove(connection)
                connection.refuse(NotFound(), room=room.name)
