"""Whether those who are connected may still be: ended sessions, revoked tokens, lost rights, other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import anyio
import structlog

from server.domain.desk import Desk
from server.domain.errors import NotFound, Unavailable
from server.domain.identity import Agent
from server.queries.credentials import REMEMBERED_SECONDS
from server.realtime.frames import Bye
from server.realtime.joining import may_stay
from server.store.desk import fetch_desk, fetch_version
from server.store.pool import Store
from server.store.standing import list_standing

if TYPE_CHECKING:
    from server.realtime.connection import Connection

CHECK_SECONDS = 2.0
SLICE = 1000

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
            everybody, desks = list(self._connections), dict[UUID, Desk]()
            slices = [everybody[at : at + SLICE] for at in range(0, len(everybody), SLICE)] or [[]]
            for some in slices:  # spread over the time, so that thousands do not hold up the loop at once
                try:
                    await self._check(some, desks)
                except Unavailable:
                    _log.warning("rights are not checked: storage is away")
                await anyio.sleep(CHECK_SECONDS / len(slices))  # after it: who comes meanwhile is in the next
            self._desks = desks

    async def _check(self, some: Iterable[Connection], desks: dict[UUID, Desk]) -> None:
        """Close who may no longer be here, and take out of rooms who may no longer be in them."""
        by_workspace: dict[UUID, list[Connection]] = {}
        for connection in some:
            if connection.actor_now is not None:
                by_workspace.setdefault(connection.actor.workspace_id, []).append(connection)
        for workspace_id, connections in by_workspace.items():
            ids = {c.credential.id for c in connections if c.credential is not None}
            async with self._store.read(workspace_id) as db:
                standing = await list_standing(db, workspace_id, ids)
                desk = desks.get(workspace_id) or self._desks.get(workspace_id)
                if desk is None or desk.version != await fetch_version(db, workspace_id):
                    desk = await fetch_desk(db, workspace_id)
            desks[workspace_id] = desk
            for connection in connections:
                self._look(connection, standing, desk)

    def _look(self, connection: Connection, standing: Mapping[UUID, UUID | None], desk: Desk) -> None:
        credential = connection.credential
        if credential is None or credential.id not in standing:
            connection.unauthorized()
            return
        actor = connection.actor
        if not isinstance(actor, Agent):
            if standing[credential.id] != actor.id:  # merged: who they are now, they are when they come again
                connection.tell(Bye("merged", int(REMEMBERED_SECONDS * 1000)))
                connection.close(1012, "merged")
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
