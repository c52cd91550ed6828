"""Agents' availability: what they say of themselves, and offline once their last connection is gone."""

from __future__ import annotations

import time
from uuid import UUID

import anyio
import structlog

from server.domain.errors import Unavailable
from server.domain.identity import Agent
from server.domain.resources import AgentStatus
from server.realtime.frames import Member, Presence, encode_frame
from server.realtime.membership import Listener
from server.realtime.room import Room
from server.store.pool import Store
from server.store.standing import come_online, set_status

GRACE_SECONDS = 10.0  # a reload is not a departure

_log = structlog.get_logger("parley.live")
Key = tuple[UUID, UUID]


class AgentsRoom(Room):
    """The room `agents`: everybody of the team who is connected, and whether they are available."""

    def __init__(self, workspace_id: UUID, statuses: dict[Key, AgentStatus]) -> None:
        super().__init__("agents", workspace_id)
        self._statuses = statuses

    def presence(self, *, public: bool) -> list[Member]:
        """Agents with their status."""
        return [
            Member(member.type, member.id, member.name, self._status(member.id))
            for member in super().presence(public=public)
        ]

    def _status(self, agent_id: UUID | None) -> AgentStatus:
        return "online" if agent_id is None else self._statuses.get((self.workspace_id, agent_id), "online")

    def tell_presence(self) -> None:
        """Statuses change too, so it is told whenever it was touched."""
        self.presence_changed = False
        payload = encode_frame(Presence(self.name, self.presence(public=False)))
        self.broadcast(lambda public: None if public else payload)


class Availability:
    """Keeps `agent_presence` in step with who is connected to this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connected: dict[Key, set[Listener]] = {}
        self._gone: dict[Key, float] = {}
        self.statuses: dict[Key, AgentStatus] = {}

    async def arrive(self, agent: Agent, connection: Listener) -> None:
        """An agent has connected."""
        key = (agent.workspace_id, agent.id)
        self._connected.setdefault(key, set()).add(connection)
        self._gone.pop(key, None)
        try:
            async with self._store.write(agent.workspace_id) as db:
                self.statuses[key] = await come_online(db, agent.workspace_id, agent.id)  # type: ignore[assignment]
        except BaseException:  # they are not welcomed, and will not depart either
            self.depart(agent, connection)
            raise

    def depart(self, agent: Agent, connection: Listener) -> None:
        """A connection of an agent is gone."""
        key = (agent.workspace_id, agent.id)
        left = self._connected.get(key, set())
        left.discard(connection)
        if not left:
            self._connected.pop(key, None)
            self._gone[key] = time.monotonic() + GRACE_SECONDS

    async def set(self, agent: Agent, status: AgentStatus) -> None:
        """What an agent says."""
        async with self._store.write(agent.workspace_id) as db:
            await set_status(db, agent.workspace_id, agent.id, status)
        self.statuses[agent.workspace_id, agent.id] = status

    async def run(self) -> None:
        """Note departures after their grace, until cancelled."""
        while True:
            await anyio.sleep(1)
            now = time.monotonic()
            for key in [key for key, until in self._gone.items() if until <= now]:
                try:
                    await self._left(*key)
                except Unavailable:
                    _log.warning("a departure is not noted yet: storage is away")
                    break

    async def _left(self, workspace_id: UUID, agent_id: UUID) -> None:
        async with self._store.write(workspace_id) as db:
            await set_status(db, workspace_id, agent_id, "offline")
        self._gone.pop((workspace_id, agent_id), None)
        self.statuses.pop((workspace_id, agent_id), None)
