"""The rooms of a process: who may go in, what is told there, and what passes in them.

Commits come from the writer of this process and, for those of others, from the log.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Counter

from server.domain import rights
from server.domain.errors import NotFound, Refusal, Unavailable
from server.domain.identity import Agent, Customer
from server.domain.links import AttachmentLinks
from server.domain.resources import AgentStatus
from server.handle import Handle, Outcome
from server.realtime import joining
from server.realtime.availability import AgentsRoom, Availability
from server.realtime.connection import Connection
from server.realtime.frames import parse_room
from server.realtime.joining import History
from server.realtime.lists import Lists
from server.realtime.membership import Membership, Told
from server.realtime.reads import Reads
from server.realtime.room import Room, TicketRoom
from server.realtime.shard import Shards
from server.realtime.telling import happenings_of, names_of, tell
from server.store.log import Place
from server.store.pool import Store

TICK_SECONDS = 0.1
FILL_SECONDS = 60.0
FILL_AGAIN_SECONDS = 1.0

_log = structlog.get_logger("parley.live")
_told = Counter("parley_ws_events_total", "Events told to rooms")


class Rooms:
    """Every room that somebody of this process is in. `run` must be running."""

    def __init__(self, store: Store, handle: Handle, links: AttachmentLinks) -> None:
        self._store = store
        self._handle = handle
        self._link: Callable[[UUID], str] = lambda file_id: links.url(file_id, time.time())
        self._shards = Shards()
        self._history = History(store, self._link)
        self._lists = Lists(store, self._shards)
        self._reads = Reads(store)
        self._tasks: TaskGroup | None = None
        self.availability = Availability(store)

    async def run(self) -> None:
        """Keep rooms true until cancelled."""
        undo = self._handle.listen(self._told)
        try:
            async with anyio.create_task_group() as group:
                self._tasks = group
                group.start_soon(self._tick)
                for part in (self._lists, self.availability, self._reads):
                    group.start_soon(part.run)
        finally:
            self._tasks = None
            undo()

    def find(self, workspace_id: UUID, name: str) -> Room | None:
        """A room that somebody is in."""
        return self._shards.find(workspace_id, name)

    def count(self) -> int:
        """How many rooms somebody is in."""
        return self._shards.count()

    # what connections ask

    def join(self, connection: Connection, name: str, since: int) -> None:
        """Let a connection into a room: at once when memory reaches, else by reading Postgres."""
        workspace_id = connection.actor.workspace_id
        parsed = parse_room(name)
        if parsed is None:
            raise NotFound
        kind, room_id = parsed
        connection.leave(name)
        if kind == "ticket" and room_id is not None:
            self._join_ticket(connection, TicketRoom(name, workspace_id, room_id), since)
        else:
            self._join_list(connection, name, room_id)

    def _join_list(self, connection: Connection, name: str, inbox_id: UUID | None) -> None:
        workspace_id = connection.actor.workspace_id
        needed = joining.room_scope(workspace_id, name)
        if needed is None:
            raise NotFound
        rights.check(connection.actor, *needed)

        def make() -> Room:
            if name == "agents":
                return AgentsRoom(workspace_id, self.availability.statuses)
            return Room(name, workspace_id)

        room = self._shards.of(name).open((workspace_id, name), make)
        connection.rooms[name] = room
        membership = room.add(connection)
        self._shards.touch(room)
        self._lists.watch(room)
        if inbox_id is None:
            joining.enter_freely(connection, room, membership)
        else:
            enter = partial(joining.enter_list, connection, room, membership, inbox_id, self._store)
            connection.spawn(self._admit(connection, room, membership, enter))

    def _join_ticket(self, connection: Connection, fresh: TicketRoom, since: int) -> None:
        room = self._shards.of(fresh.name).open((fresh.workspace_id, fresh.name), lambda: fresh)
        assert isinstance(room, TicketRoom)
        if room.scope is not None:
            rights.check(connection.actor, rights.Action.READ_TICKET, room.scope)
        connection.rooms[room.name] = room
        membership = room.add(connection)
        self._shards.touch(room)
        if room.scope is None or not joining.enter(connection, room, membership, since):
            enter = partial(joining.enter_slowly, connection, room, membership, since, self._history)
            connection.spawn(self._admit(connection, room, membership, enter))

    async def _admit(
        self,
        connection: Connection,
        room: Room,
        membership: Membership,
        enter: Callable[[], Awaitable[None]],
    ) -> None:
        try:
            await enter()
        except Refusal as refusal:
            if isinstance(refusal, Unavailable):
                raise
            if room.has(membership):
                connection.leave(room.name)
                connection.refuse(refusal, room=room.name)
        finally:
            self._shards.touch(room)
            if isinstance(room, TicketRoom) and room.behind:
                self._fill_soon(room)

    def touched(self, room: Room) -> None:
        """Somebody left a room."""
        self._shards.touch(room)

    def compose(self, connection: Connection, room: TicketRoom, on: bool, text: str | None) -> None:
        """Somebody composes; a visitor's text is passed on only where the inbox shows it."""
        if text is not None and not self._shows_peek(connection, room):
            text = None
        room.compose(connection, on, text, time.monotonic())
        self._shards.touch(room)

    def _shows_peek(self, connection: Connection, room: TicketRoom) -> bool:
        desk = self._handle.desks.get(room.workspace_id)
        if desk is None or room.scope is None or room.scope.inbox_id is None:
            return False
        inbox = desk.inboxes.get(room.scope.inbox_id)
        return inbox is not None and inbox.sneak_peek and isinstance(connection.actor, Customer)

    def set_status(self, agent: Agent, status: AgentStatus, connection: Connection) -> None:
        """An agent says whether they are available."""
        connection.spawn(self._set_status(agent, status))

    async def _set_status(self, agent: Agent, status: AgentStatus) -> None:
        await self.availability.set(agent, status)
        room = self._shards.find(agent.workspace_id, "agents")
        if room is not None:
            self._shards.touch(room)

    def keep_read(self, connection: Connection, room: TicketRoom) -> None:
        """Remember how far somebody has read."""
        self._reads.keep(room, connection.actor)

    # what is told

    def _told(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            ticket = outcome.ticket
            name = f"ticket:{ticket.id}"
            room = self._shards.find(ticket.workspace_id, name)
            if isinstance(room, TicketRoom):
                names = (
                    names_of(self._handle.desks.get(ticket.workspace_id)) if _names_needed(outcome) else {}
                )
                self._tell(
                    room, [tell(name, happening, names, self._link) for happening in happenings_of(outcome)]
                )
            self._lists.changed(ticket.workspace_id, ticket.id, ticket.seq)

    def _tell(self, room: TicketRoom, told: list[Told]) -> None:
        _told.inc(len(told))
        if room.receive(told):
            self._fill_soon(room)

    def heard(self, places: list[Place]) -> None:
        """What the log says, whoever wrote it: rooms that have not heard of it read it from Postgres."""
        for place in places:
            room = self._shards.find(place.workspace_id, f"ticket:{place.ticket_id}")
            if isinstance(room, TicketRoom):
                if room.tail is None:
                    room.behind = True  # the look that is under way may have been too early
                elif place.seq > room.tail:
                    self._fill_soon(room)
            self._lists.changed(place.workspace_id, place.ticket_id, place.seq)

    def _fill_soon(self, room: TicketRoom) -> None:
        """One reader a room, which reads once more when it was asked meanwhile."""
        room.behind = True
        if not room.filling and self._tasks is not None:
            room.filling = True
            self._tasks.start_soon(self._fill, room)

    async def _fill(self, room: TicketRoom) -> None:
        try:
            while room.behind and room.members:
                room.behind = False
                try:
                    with anyio.fail_after(FILL_SECONDS):
                        await self._history.fill(room)
                except (Unavailable, TimeoutError):
                    _log.warning("a room waits for its history: storage is away")
                    room.behind = True
                    await anyio.sleep(FILL_AGAIN_SECONDS)
        finally:
            room.filling = False

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK_SECONDS)
            self._shards.tick(time.monotonic())


def _names_needed(outcome: Outcome) -> bool:
    return outcome.interaction is None or len(outcome.records) > 1
