"""The rooms of a process: who may go in, what is told there, and what passes in them.

Commits come from the writer of this process; those of others from the bus and, whatever it brought, the log.
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
from server.realtime.agents_room import AgentsRoom
from server.realtime.availability import Availability
from server.realtime.bus import Bus
from server.realtime.connection import Connection
from server.realtime.exchange import DraftEar, Exchange
from server.realtime.frames import parse_room, ticket_room
from server.realtime.joining import History
from server.realtime.lists import Lists
from server.realtime.membership import Membership, Told
from server.realtime.notes import EventsTold, Note, StatusOf
from server.realtime.reads import Reads
from server.realtime.room import Room
from server.realtime.telling import happenings_of, names_of, tell
from server.realtime.ticket_room import TicketRoom
from server.store.log import Place
from server.store.pool import Store

TICK_SECONDS = 0.1
FILL_SECONDS = 60.0
FILL_AGAIN_SECONDS = 1.0

_log = structlog.get_logger("parley.live")
_told = Counter("parley_ws_events_total", "Events told to rooms")


class Rooms:
    """Every room that somebody of this process is in. `run` must be running."""

    def __init__(self, store: Store, handle: Handle, links: AttachmentLinks, bus: Bus) -> None:
        self._store = store
        self._handle = handle
        self._link: Callable[[UUID], str] = lambda file_id: links.url(file_id, time.time())
        self._exchange = Exchange(bus, self._tell, self._status_changed)
        self._shards = self._exchange.shards
        self._history = History(store, self._link)
        self._lists = Lists(store, self._shards)
        self._reads = Reads(store)
        self._tasks: TaskGroup | None = None
        self.availability = Availability(store, self._exchange.process, self._availability_changed)

    async def run(self) -> None:
        """Keep rooms true until cancelled."""
        stops = (self._handle.listen(self._told), self._exchange.listen())
        try:
            async with anyio.create_task_group() as group:
                self._tasks = group
                group.start_soon(self._tick)
                for part in (self._lists, self.availability, self._reads):
                    group.start_soon(part.run)
        finally:
            self._tasks = None
            for stop in stops:
                stop()

    @property
    def drafts(self) -> DraftEar | None:
        """Whoever is told what other processes say of drafts."""
        return self._exchange.drafts

    @drafts.setter
    def drafts(self, ear: DraftEar) -> None:
        self._exchange.drafts = ear

    def publish(self, room: Room, note: Note) -> None:
        """Tell the other processes that have members in a room; never waits, and may be lost."""
        self._exchange.publish(room, note)

    def leave(self) -> None:
        """The process stops: other processes hear that nobody is in here any more."""
        self._exchange.leave(time.monotonic())

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

        room, membership = self._open(connection, name, make)
        self._lists.watch(room)
        if inbox_id is None:
            joining.enter_freely(connection, room, membership)
        else:
            enter = partial(self._enter_list, connection, room, membership, inbox_id)
            connection.spawn(self._admit(connection, room, membership, enter))

    async def _enter_list(
        self, connection: Connection, room: Room, membership: Membership, inbox_id: UUID
    ) -> None:
        await joining.enter_list(connection, room, membership, inbox_id, self._store)
        if room.has(membership):
            for viewing in self._exchange.views.frames((room.workspace_id, room.name)):
                connection.tell(viewing)

    def _open(self, connection: Connection, name: str, make: Callable[[], Room]) -> tuple[Room, Membership]:
        room = self._shards.open((connection.actor.workspace_id, name), make)
        if not room.members:
            self._exchange.opened(room)
        connection.rooms[name] = room
        self._shards.touch(room)
        return room, room.add(connection)

    def _join_ticket(self, connection: Connection, fresh: TicketRoom, since: int) -> None:
        known = self._shards.find(fresh.workspace_id, fresh.name)
        if isinstance(known, TicketRoom) and known.scope is not None:
            rights.check(connection.actor, rights.Action.READ_TICKET, known.scope)
        room, membership = self._open(connection, fresh.name, lambda: fresh)
        assert isinstance(room, TicketRoom)
        if room.scope is None or not joining.enter(connection, room, membership, since):
            enter = partial(self._enter_slowly, connection, room, membership, since)
            connection.spawn(self._admit(connection, room, membership, enter))
        elif room.behind:  # it was empty when the log told of more
            self._fill_soon(room)

    async def _enter_slowly(
        self, connection: Connection, room: TicketRoom, membership: Membership, since: int
    ) -> None:
        await self._exchange.hearing(room)  # read first, and what is told meanwhile would be missed
        await joining.enter_slowly(connection, room, membership, since, self._history)

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

    def _availability_changed(self, workspace_id: UUID, agent_id: UUID, status: AgentStatus) -> None:
        """An agent of this process, or one whom it found gone, has another status."""
        self._exchange.publish_to(workspace_id, "agents", StatusOf(agent_id, status))
        self._touch_agents(workspace_id)

    def _status_changed(self, workspace_id: UUID, note: StatusOf) -> None:
        self.availability.heard(workspace_id, note.agent_id, note.status)
        self._touch_agents(workspace_id)

    def _touch_agents(self, workspace_id: UUID) -> None:
        room = self._shards.find(workspace_id, "agents")
        if room is not None:
            room.presence_changed = True
            self._shards.touch(room)

    def keep_read(self, connection: Connection, room: TicketRoom) -> None:
        """Remember how far somebody has read."""
        self._reads.keep(room, connection.actor)
        self._shards.touch(room)

    # what is told

    def _told(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            ticket = outcome.ticket
            name = ticket_room(ticket.id)
            room = self._shards.find(ticket.workspace_id, name)
            if isinstance(room, TicketRoom) or self._exchange.is_shared:
                told = self._render(name, outcome)
                self._exchange.publish_to(ticket.workspace_id, name, EventsTold(tuple(told)))
                if isinstance(room, TicketRoom):
                    self._tell(room, told)
            self._lists.changed(ticket.workspace_id, ticket.id, ticket.seq)

    def _render(self, name: str, outcome: Outcome) -> list[Told]:
        names = (
            names_of(self._handle.desks.get(outcome.ticket.workspace_id)) if _names_needed(outcome) else {}
        )
        return [tell(name, happening, names, self._link) for happening in happenings_of(outcome)]

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
            self._exchange.tick(time.monotonic())


def _names_needed(outcome: Outcome) -> bool:
    return outcome.interaction is None or len(outcome.records) > 1
