"""Agents' availability: what they say of themselves, and offline once their last connection is gone.

An agent may be connected to several processes, each of which keeps a row that says so and vouches for it.
Offline is who has none; the rows of a process that was killed are reaped by the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from weakref import WeakValueDictionary

import anyio
import structlog

from server.domain.errors import Unavailable
from server.domain.identity import Agent
from server.domain.resources import AgentStatus
from server.realtime.membership import Listener
from server.store import standing
from server.store.pool import Store

GRACE_SECONDS = 10.0  # a reload is not a departure
VOUCH_SECONDS = 10.0
KILLED = timedelta(seconds=30)  # without a word
MAX_REAPED = 1000
LAST_SECONDS = 2.0

_log = structlog.get_logger("parley.live")
Key = tuple[UUID, UUID]
Changed = Callable[[UUID, UUID, AgentStatus], None]


class Availability:
    """Keeps Postgres in step with who is connected to this process; `changed` is told of other statuses."""

    def __init__(self, store: Store, process: UUID, changed: Changed) -> None:
        self._store = store
        self._process = process
        self._changed = changed
        self._connected: dict[Key, set[Listener]] = {}
        self._gone: dict[Key, float] = {}
        self._turns: WeakValueDictionary[Key, anyio.Lock] = WeakValueDictionary()
        self.statuses: dict[Key, AgentStatus] = {}

    async def arrive(self, agent: Agent, connection: Listener) -> None:
        """An agent has connected."""
        key = (agent.workspace_id, agent.id)
        self._connected.setdefault(key, set()).add(connection)
        self._gone.pop(key, None)
        try:
            await self._come_online(*key)
        except BaseException:  # they are not welcomed, and will not depart either
            self.depart(agent, connection)
            raise

    async def _come_online(self, workspace_id: UUID, agent_id: UUID) -> None:
        async with self._turn(workspace_id, agent_id):
            async with self._store.write(workspace_id) as db:
                status = await standing.come_online(db, workspace_id, agent_id, self._process)
            self._note(workspace_id, agent_id, status)

    def _turn(self, workspace_id: UUID, agent_id: UUID) -> anyio.Lock:
        """What is written of one agent is written, and told, in the order in which it was asked for."""
        return self._turns.setdefault((workspace_id, agent_id), anyio.Lock())

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
        async with self._turn(agent.workspace_id, agent.id):
            async with self._store.write(agent.workspace_id) as db:
                await standing.set_status(db, agent.workspace_id, agent.id, status)
            self._note(agent.workspace_id, agent.id, status)

    def heard(self, workspace_id: UUID, agent_id: UUID, status: AgentStatus) -> None:
        """What another process says of an agent."""
        self.statuses[workspace_id, agent_id] = status

    def _note(self, workspace_id: UUID, agent_id: UUID, status: AgentStatus) -> None:
        if self.statuses.get((workspace_id, agent_id)) != status:
            self.statuses[workspace_id, agent_id] = status
            self._changed(workspace_id, agent_id, status)

    async def run(self) -> None:
        """Note departures after their grace, vouch and reap, until cancelled; and leave then."""
        vouched_at = float("-inf")
        try:
            while True:
                try:
                    await self._note_departures()
                    if time.monotonic() - vouched_at >= VOUCH_SECONDS:
                        vouched_at = time.monotonic()
                        await self._vouch()
                        await self._reap()
                except Unavailable:
                    _log.warning("who is connected is not noted: storage is away")
                await anyio.sleep(1)
        finally:
            with anyio.move_on_after(LAST_SECONDS, shield=True):
                await self._leave()

    async def _note_departures(self) -> None:
        now = time.monotonic()
        for key, until in list(self._gone.items()):
            if until <= now:
                await self._left(*key, until)

    async def _left(self, workspace_id: UUID, agent_id: UUID, until: float) -> None:
        async with self._store.write(workspace_id) as db:
            was_last = await standing.disconnect(db, workspace_id, agent_id, self._process)
        if self._gone.get((workspace_id, agent_id)) != until:
            # They came back meanwhile, and may have gone again.
            await self._come_online(workspace_id, agent_id)
            return
        del self._gone[workspace_id, agent_id]
        if was_last:
            self._note(workspace_id, agent_id, "offline")
            self.statuses.pop((workspace_id, agent_id), None)

    def _by_workspace(self) -> dict[UUID, list[UUID]]:
        found: dict[UUID, list[UUID]] = {}
        for workspace_id, agent_id in [*self._connected, *self._gone]:
            found.setdefault(workspace_id, []).append(agent_id)
        return found

    async def _vouch(self) -> None:
        for workspace_id, agent_ids in self._by_workspace().items():
            async with self._store.write(workspace_id) as db:
                statuses = await standing.vouch(db, workspace_id, agent_ids, self._process)
            for agent_id, status in statuses.items():
                self._note(workspace_id, agent_id, status)
            for agent_id in set(agent_ids) - set(statuses):
                if (workspace_id, agent_id) in self._connected:  # we were silent, and they were given up
                    await self._come_online(workspace_id, agent_id)

    async def _reap(self) -> None:
        async with self._store.across() as db:
            reaped = await standing.reap(db, KILLED, MAX_REAPED)
        for workspace_id, agent_id in reaped:
            self.statuses.pop((workspace_id, agent_id), None)
            self._changed(workspace_id, agent_id, "offline")

    async def _leave(self) -> None:
        """Whoever does not come back to another process in a while is made offline by one of them."""
        age = KILLED - timedelta(seconds=GRACE_SECONDS)
        try:
            for workspace_id in self._by_workspace():
                async with self._store.write(workspace_id) as db:
                    await standing.leave_soon(db, workspace_id, self._process, age)
        except Unavailable:
            _log.warning("who was connected is not noted: storage is away")
