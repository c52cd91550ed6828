"""The live side of a process: its sockets, its rooms, and the tasks that keep them true.

Frames come from `Connection`, commits from the writer of this process and, for those of others, from the log.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Counter, Gauge
from websockets.http11 import Request

from server.domain import rights
from server.domain.commands import Envelope
from server.domain.errors import NotFound, RateLimited, Refusal, Unavailable
from server.domain.identity import Agent, Customer
from server.domain.links import AttachmentLinks
from server.domain.resources import AgentStatus
from server.handle import Handle, Outcome
from server.handle.lane import Answer
from server.queries.credentials import TOKEN_PREFIX, Credential, Credentials, cookie_name
from server.rates import Rate
from server.realtime import joining, origins
from server.realtime.availability import AgentsRoom, Availability
from server.realtime.connection import HEARTBEAT_SECONDS, Connection
from server.realtime.frames import Bye, Hello, parse_room
from server.realtime.joining import History
from server.realtime.lists import Lists
from server.realtime.room import Membership, Room, TicketRoom, Told
from server.realtime.shard import Shards
from server.realtime.socket import PATH, Flusher, Socket
from server.realtime.standing import Standing
from server.realtime.telling import happenings_of, names_of, tell
from server.store.log import Place
from server.store.pool import Store
from server.store.timeline import ReadPosition, keep_reads

if TYPE_CHECKING:
    from server.settings import Settings

TICK_SECONDS = 0.1
TASK_SECONDS = 60.0  # a long history over a slow line
FILL_AGAIN_SECONDS = 1.0
MAX_TASKS = 2000
LOOKS = 20  # slices of a heartbeat's walk over all sockets

_log = structlog.get_logger("parley.live")
_connections = Gauge("parley_ws_connections", "Open live connections")
_told = Counter("parley_ws_events_total", "Events told to rooms")


class Live:
    """Host of every socket. `run` must be running; `drain` sends everybody home."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        handle: Handle,
        credentials: Credentials,
        links: AttachmentLinks,
    ) -> None:
        self.max_message_bytes = settings.max_frame_bytes
        self.max_unsent_bytes = settings.max_socket_buffer_bytes
        self.flusher = Flusher()
        self._settings = settings
        self._store = store
        self._handle = handle
        self._credentials = credentials
        self._link: Callable[[UUID], str] = lambda file_id: links.url(file_id, time.time())
        self._shards = Shards()
        self._history = History(store, self._link)
        self._lists = Lists(store, self._shards)
        self._availability = Availability(store)
        self._connections: dict[Connection, Socket] = {}
        self._standing = Standing(store, self._connections)
        self._reads: dict[tuple[UUID, UUID, UUID], ReadPosition] = {}
        self._messages = Rate(settings.rate_widget_messages)
        self._openings = Rate(settings.rate_widget_sessions_ip)
        self._tasks: TaskGroup | None = None
        self._running = 0
        self.draining = False

    # life

    async def run(self) -> None:
        """Keep rooms true until cancelled."""
        undo = self._handle.listen(self._told)
        try:
            async with anyio.create_task_group() as group:
                self._tasks = group
                for task in (self._tick, self._look, self._keep_reads):
                    group.start_soon(task)
                for part in (self._lists, self._availability, self._standing):
                    group.start_soon(part.run)
        finally:
            self._tasks = None
            undo()

    def drain(self) -> None:
        """Tell everybody to come back, spread over some seconds, and close."""
        self.draining = True
        for number, connection in enumerate(list(self._connections)):
            connection.tell(Bye("restart", 200 + number % 40 * 50))
            connection.close(1012, "restart")

    def spawn(self, work: Awaitable[None], connection: Connection) -> None:
        """Run what a connection needs Postgres for: bounded in number and time, and answered for."""
        if self._tasks is None or self._running >= MAX_TASKS:
            connection.refuse(Unavailable("Too much is going on"))
            connection.close(1013, "busy")
            work.close()  # type: ignore[attr-defined]
            return
        self._running += 1
        self._tasks.start_soon(self._work, work, connection)

    async def _work(self, work: Awaitable[None], connection: Connection) -> None:
        try:
            with anyio.fail_after(TASK_SECONDS):
                await work
        except (Unavailable, TimeoutError):
            connection.refuse(Unavailable("Storage is away"))
            connection.close(1013, "storage is away")
        except Refusal as refusal:
            connection.refuse(refusal)
        except Exception:  # noqa: BLE001 - a bug ends this connection and no other
            _log.exception("live work failed")
            connection.close(1011, "internal error")
        finally:
            self._running -= 1

    # sockets

    def refuse(self, request: Request, peer: str) -> tuple[int, str] | None:
        """An HTTP answer for handshakes that are not welcome."""
        if request.path.partition("?")[0] != PATH:
            return 404, "Not found\n"
        if self.draining or len(self._connections) >= self._settings.max_connections:
            return 503, "Try again\n"
        return None if self._origin(request)[1] else (403, "Origin not allowed\n")

    def _origin(self, request: Request) -> tuple[str, bool]:
        """The Origin that was sent, and whether it is ours; a browser always sends one."""
        headers = request.headers
        if "Origin" not in headers:
            return "", True
        origin = origins.header(headers, "Origin")
        return origin, origins.is_own(origin, origins.header(headers, "Host"), self._settings.url)

    def greet(self, socket: Socket, request: Request, peer: str) -> Connection:
        """A new socket's session."""
        origin, _ = self._origin(request)
        address = origins.address(peer, request.headers, self._settings.trusted_proxies)
        # Without an Origin no browser is asking, and then a cookie proves nothing.
        name = cookie_name(secure=self._settings.url.startswith("https://"))
        cookie = origins.cookie(request.headers, name) if origin else None
        connection = Connection(self, socket, address, cookie)
        self._connections[connection] = socket
        _connections.set(len(self._connections))
        return connection

    def forget(self, connection: Connection) -> None:
        """A socket is gone."""
        self._connections.pop(connection, None)
        _connections.set(len(self._connections))
        if isinstance(connection.actor_now, Agent):
            self._availability.depart(connection.actor_now, connection)

    async def welcome(self, connection: Connection, hello: Hello) -> None:
        """Find out who says hello."""
        credential = await self._who(connection, hello.token)
        if credential is None:
            connection.unauthorized()
            return
        if isinstance(credential.actor, Agent):
            await self._availability.arrive(credential.actor, connection)
        if connection in self._connections:
            connection.welcomed(credential, hello)
        elif isinstance(credential.actor, Agent):
            self._availability.depart(credential.actor, connection)

    async def _who(self, connection: Connection, token: str | None) -> Credential | None:
        if token is None:
            cookie = connection.cookie
            return None if cookie is None else await self._credentials.find_session(cookie)
        if token.startswith(TOKEN_PREFIX):
            return await self._credentials.find_token(token)
        return await self._credentials.find_visit(token)

    # what connections ask

    def submit(self, envelope: Envelope, answer: Callable[[Answer], None]) -> None:
        """Hand a command to the writer."""
        self._handle.submit_soon(envelope, answer)

    def limit(self, connection: Connection, visitor: Customer, *, opens: bool) -> None:
        """Raise RateLimited for a visitor who writes, or begins, too much."""
        wait = self._messages.hit(visitor.visitor_id or visitor.id)
        if opens and not wait:
            wait = self._openings.hit(connection.address)
        if wait:
            raise RateLimited(retry_after_seconds=wait)

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
                return AgentsRoom(workspace_id, self._availability.statuses)
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
            self.spawn(self._admit(connection, room, membership, enter), connection)

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
            self.spawn(self._admit(connection, room, membership, enter), connection)

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
        self.spawn(self._set_status(agent, status), connection)

    async def _set_status(self, agent: Agent, status: AgentStatus) -> None:
        await self._availability.set(agent, status)
        room = self._shards.find(agent.workspace_id, "agents")
        if room is not None:
            self._shards.touch(room)

    def keep_read(self, connection: Connection, room: TicketRoom) -> None:
        """Remember how far somebody has read; written within a second."""
        actor = connection.actor
        if actor.id is not None:
            position = ReadPosition(actor.id, actor.type, room.reads[str(actor.id)])
            self._reads[room.workspace_id, room.ticket_id, actor.id] = position

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
            if isinstance(room, TicketRoom) and room.tail is not None and place.seq > room.tail:
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
                    with anyio.fail_after(TASK_SECONDS):
                        await self._history.fill(room)
                except (Unavailable, TimeoutError):
                    _log.warning("a room waits for its history: storage is away")
                    room.behind = True
                    await anyio.sleep(FILL_AGAIN_SECONDS)
        finally:
            room.filling = False

    # tasks

    async def _tick(self) -> None:
        while True:
            await anyio.sleep(TICK_SECONDS)
            self._shards.tick(time.monotonic())

    async def _look(self) -> None:
        """Walk all sockets twice a heartbeat, a slice at a time: one timer for all of them."""
        while True:
            sockets = list(self._connections.items())
            for step in range(LOOKS):
                await anyio.sleep(HEARTBEAT_SECONDS / 2 / LOOKS)
                now = time.monotonic()
                for _, socket in sockets[step::LOOKS]:
                    socket.look()
                for connection in [found for found in self._connections if found.overdue(now)]:
                    connection.close(4408, "hello too late")

    async def _keep_reads(self) -> None:
        while True:
            await anyio.sleep(1)
            reads, self._reads = self._reads, {}
            by_workspace: dict[UUID, list[tuple[UUID, ReadPosition]]] = {}
            for (workspace_id, ticket_id, _), position in reads.items():
                by_workspace.setdefault(workspace_id, []).append((ticket_id, position))
            for workspace_id, positions in by_workspace.items():
                try:
                    async with self._store.write(workspace_id) as db:
                        await keep_reads(db, workspace_id, positions)
                except Unavailable:
                    self._reads = reads | self._reads
                    break


def _names_needed(outcome: Outcome) -> bool:
    return outcome.interaction is None or len(outcome.records) > 1
