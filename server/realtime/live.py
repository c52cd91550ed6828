"""The live side of a process: its sockets, who is behind each, and the tasks that keep that true."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from itertools import takewhile
from typing import TYPE_CHECKING, Any
from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Gauge

from server.domain.commands import Envelope
from server.domain.errors import RateLimited, Refusal, Unavailable
from server.domain.identity import Actor, Agent, Customer
from server.domain.links import AttachmentLinks
from server.handle import Handle
from server.handle.lane import Answer
from server.queries.credentials import TOKEN_PREFIX, Credential, Credentials, cookie_name, find_cookie
from server.rates import Rate
from server.realtime import origins
from server.realtime.bus import Bus
from server.realtime.connection import HEARTBEAT_SECONDS, Connection
from server.realtime.drafts import Drafts
from server.realtime.frames import Bye, Hello
from server.realtime.handshake import NotWelcome, Opening
from server.realtime.rooms import Rooms
from server.realtime.socket import Flusher, Socket
from server.realtime.standing import Standing
from server.realtime.tally import Tally
from server.store.pool import Store

if TYPE_CHECKING:
    from server.settings import Settings

TASK_SECONDS = 60.0  # a long history over a slow line
MAX_TASKS = 2000
PATH = "/ws"
HELLO_SECONDS = 10.0
RETRY_AFTER = "Retry-After: 30\r\n"
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
        self._store = store
        self._handle = handle
        self._credentials = credentials
        self.rooms = Rooms(store, handle, links, bus)
        self.rooms.drafts = self.drafts = Drafts(store, handle, self.rooms)
        self._connections: dict[Connection, Socket] = {}
        self._standing = Standing(store, self._connections)
        self._messages = Rate(settings.rate_widget_messages)
        self._openings = Rate(settings.rate_widget_sessions_ip)
        self._strangers: dict[
            Connection, float
        ] = {}  # who was not welcomed yet, and since when; oldest first
        self._addresses = Tally(settings.max_connections_address)
        self._workspaces = Tally(settings.max_connections_workspace)
        self._visitors = Tally(settings.max_connections_visitor)
        self._tasks: TaskGroup | None = None
        self._running = 0
        self.draining = False

    # life

    async def run(self) -> None:
        """Keep sockets and rooms true until cancelled."""
        try:
            async with anyio.create_task_group() as group:
                self._tasks = group
                group.start_soon(self._look)
                for part in (self.rooms, self.drafts, self._standing):
                    group.start_soon(part.run)
        finally:
            self._tasks = None

    def drain(self) -> None:
        """Tell everybody to come back, spread over some seconds, and close."""
        self.draining = True
        for number, connection in enumerate(list(self._connections)):
            connection.tell(Bye("restart", 200 + number % 40 * 50))
            connection.close(1012, "restart")

    def spawn(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
        """Run what a connection needs Postgres for: bounded in number and time, and answered for."""
        if self._tasks is None or self._running >= MAX_TASKS:
            connection.refuse(Unavailable("Too much is going on"))
            connection.close(1013, "busy")
            work.close()
            return
        self._running += 1
        self._tasks.start_soon(self._work, work, connection)

    async def _work(self, work: Coroutine[Any, Any, None], connection: Connection) -> None:
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

    def refuse(self, opening: Opening) -> NotWelcome | None:
        """An HTTP answer for handshakes that are not welcome."""
        if opening.path != PATH:
            return NotWelcome(404, "Not found")
        if self.draining or len(self._connections) >= self._settings.max_connections:
            return NotWelcome(503, "Try again", RETRY_AFTER)
        if not self._origin(opening)[1]:
            return NotWelcome(403, "Origin not allowed")
        if self._addresses.is_full(self._home(opening)):
            return NotWelcome(429, "Too many connections from this address", RETRY_AFTER)
        return None

    def _origin(self, opening: Opening) -> tuple[str, bool]:
        """The Origin that was sent, and whether it is ours; a browser always sends one."""
        if not opening.has(b"origin"):
            return "", True
        origin = opening.header(b"origin")
        return origin, origins.is_own(origin, opening.header(b"host"), self._settings.url)

    def _address(self, opening: Opening) -> str:
        forwarded = opening.header(b"x-forwarded-for")
        return origins.address(opening.peer, forwarded, self._settings.trusted_proxies)

    def _home(self, opening: Opening) -> str | None:
        return origins.home(self._address(opening), self._settings.trusted_proxies)

    def greet(self, socket: Socket, opening: Opening) -> Connection:
        """A new socket's session."""
        origin, _ = self._origin(opening)
        # Without an Origin no browser is asking, and then a cookie proves nothing.
        name = cookie_name(secure=self._settings.url.startswith("https://"))
        cookie = find_cookie(opening.header(b"cookie"), name) if origin else None
        connection = Connection(self, socket, self._address(opening), cookie)
        self._connections[connection] = socket
        self._strangers[connection] = time.monotonic()
        self._addresses.add(self._home(opening))
        _connections.set(len(self._connections))
        return connection

    def forget(self, connection: Connection) -> None:
        """A socket is gone."""
        self._connections.pop(connection, None)
        self._strangers.pop(connection, None)
        _connections.set(len(self._connections))
        self._addresses.remove(origins.home(connection.address, self._settings.trusted_proxies))
        if connection.actor_now is not None:
            for tally, key in self._counted(connection.actor_now):
                tally.remove(key)
        if isinstance(connection.actor_now, Agent):
            self.rooms.availability.depart(connection.actor_now, connection)

    async def welcome(self, connection: Connection, hello: Hello) -> None:
        """Find out who says hello."""
        credential = await self._who(connection, hello.token)
        if credential is None:
            connection.unauthorized()
            return
        if isinstance(credential.actor, Agent):
            await self.rooms.availability.arrive(credential.actor, connection)
        if connection in self._connections:
            self._admit(connection, credential, hello)
        elif isinstance(credential.actor, Agent):
            self.rooms.availability.depart(credential.actor, connection)

    def _admit(self, connection: Connection, credential: Credential, hello: Hello) -> None:
        counted = self._counted(credential.actor)
        if any(tally.is_full(key) for tally, key in counted):
            if isinstance(credential.actor, Agent):
                self.rooms.availability.depart(credential.actor, connection)
            connection.too_many(
                "too many connections", RateLimited("Too many connections", retry_after_seconds=30)
            )
            return
        for tally, key in counted:
            tally.add(key)
        del self._strangers[connection]
        connection.welcomed(credential, hello)

    def _counted(self, actor: Actor) -> tuple[tuple[Tally, UUID | None], ...]:
        """Where a connection counts once it is known whose it is; neither key ever changes."""
        visitor = (actor.visitor_id or actor.id) if isinstance(actor, Customer) else None
        return (self._workspaces, actor.workspace_id), (self._visitors, visitor)

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

    def _send_late_away(self, now: float) -> None:
        """Whoever has not been welcomed in time; the first to come stands first."""
        late = takewhile(lambda stranger: now - stranger[1] > HELLO_SECONDS, self._strangers.items())
        for connection in [connection for connection, _ in late]:
            connection.close(4408, "hello too late")
