"""The live side of a process: its sockets, who is behind each, and the tasks that keep that true."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from prometheus_client import Gauge

from server.domain.commands import Envelope
from server.domain.errors import RateLimited
from server.domain.identity import Agent, Customer
from server.domain.links import AttachmentLinks
from server.handle import Handle
from server.handle.lane import Answer
from server.open_files import room_for_connections
from server.queries.credentials import TOKEN_PREFIX, Credential, Credentials, cookie_name, find_cookie
from server.rates import Rate
from server.realtime.bus import Bus
from server.realtime.connection import HEARTBEAT_SECONDS, Connection
from server.realtime.door import RETRY_SECONDS, Door
from server.realtime.drafts import Drafts
from server.realtime.frames import Bye, Hello
from server.realtime.garbage import Garbage
from server.realtime.handshake import NotWelcome, Opening
from server.realtime.rooms import Rooms
from server.realtime.socket import Flusher, Socket
from server.realtime.standing import Standing
from server.realtime.unread import Unread
from server.realtime.works import Works
from server.store.pool import Store

if TYPE_CHECKING:
    from server.settings import Settings

HELLO_SECONDS = 10.0
LOOKS = 20  # slices of a heartbeat's walk over all sockets

_log = structlog.get_logger("parley.live")
_connections = Gauge("parley_ws_connections", "Open live connections")


class Live:
    """Host of every socket. `run` must be running; `drain` sends everybody home."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        handle: Handle,
        credentials: Credentials,
        links: AttachmentLinks,
        bus: Bus,
    ) -> None:
        self.max_message_bytes = settings.max_frame_bytes
        self.max_unsent_bytes = settings.max_socket_buffer_bytes
        self.flusher = Flusher()
        self._settings = settings
        self._max_connections = room_for_connections(settings.max_connections)
        if self._max_connections < settings.max_connections:
            _log.warning("open_files_bound_connections", connections=self._max_connections)
        self._store = store
        self._handle = handle
        self._credentials = credentials
        self.rooms = Rooms(store, handle, links, bus)
        self.rooms.drafts = self.drafts = Drafts(store, handle, self.rooms)
        self._connections: dict[Connection, Socket] = {}
        self._standing = Standing(store, self._connections)
        self.unread = Unread(store, bus)
        self._messages = Rate(settings.rate_widget_messages)
        self._openings = Rate(settings.rate_widget_sessions_ip)
        self._strangers: dict[Connection, float] = {}  # no hello yet, since when; oldest first
        self._door = Door(settings)
        self._works = Works()
        self._garbage = Garbage()
        self.draining = False

    # life

    async def run(self) -> None:
        """Keep sockets and rooms true until cancelled."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._look)
            for part in (self._works, self.rooms, self.drafts, self._standing, self.unread):
                group.start_soon(part.run)

    def drain(self) -> None:
        """Tell everybody to come back, spread over some seconds, and close."""
        self.draining = True
        for number, connection in enumerate(list(self._connections)):
            connection.tell(Bye("restart", 200 + number % 40 * 50))
            connection.close(1012, "restart")

    def spawn(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
        """Run what a connection needs Postgres for: bounded in number and time, and answered for."""
        self._works.start(work, connection)

    # sockets

    def refuse(self, opening: Opening) -> NotWelcome | None:
        """An HTTP answer for handshakes that are not welcome."""
        is_full = self.draining or len(self._connections) >= self._max_connections
        return self._door.refuse(opening, is_full=is_full)

    def greet(self, socket: Socket, opening: Opening) -> Connection:
        """A new socket's session."""
        cookie = None
        if opening.has(b"origin"):  # without one no browser is asking, and then a cookie proves nothing
            name = cookie_name(secure=self._settings.url.startswith("https://"))
            cookie = find_cookie(opening.header(b"cookie"), name)
        connection = Connection(self, socket, self._door.address(opening), cookie)
        self._connections[connection] = socket
        self._strangers[connection] = time.monotonic()
        self._door.enter(connection.address)
        _connections.set(len(self._connections))
        return connection

    def forget(self, connection: Connection) -> None:
        """A socket is gone."""
        self._connections.pop(connection, None)
        self._strangers.pop(connection, None)
        _connections.set(len(self._connections))
        self._door.leave(connection.address, connection.actor_now)
        if isinstance(connection.actor_now, Agent):
            self.rooms.availability.depart(connection.actor_now, connection)
            self.unread.depart(connection.actor_now, connection)

    async def welcome(self, connection: Connection, hello: Hello) -> None:
        """Find out who says hello; it came in time, and how long this takes has a bound of its own."""
        self._strangers.pop(connection, None)
        credential = await self._who(connection, hello.token)
        if credential is None:
            connection.unauthorized()
            return
        actor = credential.actor
        if isinstance(actor, Agent):
            await self.rooms.availability.arrive(actor, connection)
        if connection in self._connections and self._door.has_room(actor):
            self._door.welcome(actor)
            connection.welcomed(credential, hello)
            if isinstance(actor, Agent):
                self.unread.arrive(actor, connection)
            return
        if isinstance(actor, Agent):
            self.rooms.availability.depart(actor, connection)
        connection.too_many(
            "too many connections", RateLimited("Too many connections", retry_after_seconds=RETRY_SECONDS)
        )

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

    # tasks

    async def _look(self) -> None:
        """Walk all sockets twice a heartbeat, a slice at a time: one timer for all of them."""
        while True:
            sockets = list(self._connections.items())
            for step in range(LOOKS):
                await anyio.sleep(HEARTBEAT_SECONDS / 2 / LOOKS)
                for _, socket in sockets[step::LOOKS]:
                    socket.look()
                self._send_late_away(time.monotonic())
                self._garbage.look(len(self._connections))

    def _send_late_away(self, now: float) -> None:
        """Whoever has not said hello in time; the first to come stands first."""
        late = takewhile(lambda stranger: now - stranger[1] > HELLO_SECONDS, self._strangers.items())
        for connection in [connection for connection, _ in late]:
            connection.close(4408, "hello too late")
