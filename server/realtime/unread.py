"""How many notifications agents have not read, told to their connections as soon as it changes.

A passing state: who misses it fetches the count, which the console does whenever it connects. Other processes
hear by the bus, and look every two seconds who was notified since: there may be none, and it may lose a note.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol
from uuid import UUID

import anyio
import structlog

from server.clock import new_id
from server.domain.errors import Unavailable
from server.domain.identity import Agent
from server.realtime.bus import NOTIFIED, Bus
from server.realtime.frames import Notified, ServerFrame
from server.store import notifications
from server.store.notifications import Count
from server.store.pool import Store

REST_SECONDS = 0.1  # an agent hears it ten times a second at most
POLL_SECONDS = 2.0
AGAIN_SECONDS = 1.0
MAX_IN_A_NOTE = 500

_log = structlog.get_logger("parley.live")
Key = tuple[UUID, UUID]


class Listener(Protocol):
    """A connection, as it is told."""

    def tell(self, frame: ServerFrame) -> None: ...


class Unread:
    """Tells counts to the agents connected to this process while `run` runs."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._process = new_id()
        self._connected: dict[Key, set[Listener]] = {}
        self._last: dict[Key, Count] = {}
        self._changed: set[Key] = set()
        self._woken = asyncio.Event()
        self._counting = anyio.Lock()  # an older count is never said after a newer one

    def arrive(self, agent: Agent, connection: Listener) -> None:
        """An agent is here; they know their count, or fetch it."""
        self._connected.setdefault((agent.workspace_id, agent.id), set()).add(connection)

    def depart(self, agent: Agent, connection: Listener) -> None:
        """A connection of an agent is gone."""
        key = (agent.workspace_id, agent.id)
        left = self._connected.get(key, set())
        left.discard(connection)
        if not left:
            self._connected.pop(key, None)
            self._last.pop(key, None)

    def tell(self, workspace_id: UUID, agent_ids: Collection[UUID]) -> None:
        """These agents have another count: tell them, wherever they are connected. Never waits."""
        self._mark(workspace_id, agent_ids)
        ids = [agent_id.bytes for agent_id in agent_ids]
        for start in range(0, len(ids), MAX_IN_A_NOTE):
            some = ids[start : start + MAX_IN_A_NOTE]
            self._bus.publish(NOTIFIED, b"".join([self._process.bytes, workspace_id.bytes, *some]))

    def _mark(self, workspace_id: UUID, agent_ids: Collection[UUID]) -> None:
        self._changed |= {key for i in agent_ids if (key := (workspace_id, i)) in self._connected}
        if self._changed:
            self._woken.set()

    def _heard(self, channel: int, note: bytes) -> None:
        if channel != NOTIFIED or note[:16] == self._process.bytes or len(note) < 32 or len(note) % 16:
            return
        ids = [UUID(bytes=note[start : start + 16]) for start in range(16, len(note), 16)]
        self._mark(ids[0], ids[1:])

    async def run(self) -> None:
        """Tell until cancelled."""
        self._bus.want(NOTIFIED)
        stop = self._bus.listen(self._heard, lambda _: None)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._tell)
                group.start_soon(self._poll)
        finally:
            stop()

    async def _tell(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            changed, self._changed = self._changed, set()
            try:
                await self._count(changed)
            except Unavailable:
                self._changed |= changed
                self._woken.set()
                await anyio.sleep(AGAIN_SECONDS)
            await anyio.sleep(REST_SECONDS)

    async def _count(self, changed: set[Key], *, at_first: bool = False) -> None:
        by_workspace: dict[UUID, list[UUID]] = {}
        for workspace_id, agent_id in changed:
            by_workspace.setdefault(workspace_id, []).append(agent_id)
        for workspace_id, agent_ids in by_workspace.items():
            async with self._counting:
                async with self._store.read(workspace_id) as db:
                    counts = await notifications.count_unread(db, workspace_id, agent_ids)
                for agent_id, count in counts.items():
                    if count.unread or not at_first:
                        self._say((workspace_id, agent_id), count)

    def _say(self, key: Key, count: Count) -> None:
        connections = self._connected.get(key, set())
        if connections and self._last.get(key) != count:
            self._last[key] = count
            for connection in list(connections):
                connection.tell(Notified(count.unread, count.newest))

    async def _poll(self) -> None:
        """Who was notified by other processes, whatever the bus has told."""
        arrival: int | None = None
        while True:
            await anyio.sleep(POLL_SECONDS)
            if not self._connected:
                arrival = None
                continue
            first = arrival is None
            try:
                async with self._store.across() as db:
                    if arrival is None:
                        arrival = await notifications.fetch_last_arrival(db)
                        found = []
                    else:
                        found = await notifications.list_notified(db, arrival)
                if first:  # who was notified before that look, and since they came, hears of it too
                    await self._count(set(self._connected), at_first=True)
            except Unavailable as error:
                _log.debug("notifications_unknown", error=repr(error))
                continue
            for notified in found:
                self._mark(notified.workspace_id, [notified.agent_id])
                arrival = notified.arrival
