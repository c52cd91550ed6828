"""The live side of a process: its sockets, who is behind each, and the tasks that keep that true."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Gauge
from websockets.http11 import Request

from server.domain.commands import Envelope
from server.domain.errors import RateLimited, Refusal, Unavailable
from server.domain.identity import Agent, Customer
from server.domain.links import AttachmentLinks
from server.handle import Handle
from server.handle.lane import Answer
from server.queries.credentials import TOKEN_PREFIX, Credential, Credentials, cookie_name, find_cookie
from server.rates import Rate
from server.realtime import origins
from server.realtime.connection import HEARTBEAT_SECONDS, Connection
from server.realtime.frames import Bye, Hello
from server.realtime.rooms import Rooms
from server.realtime.socket import PATH, Flusher, Socket
from server.realtime.standing import Standing
from server.store.pool import Store

if TYPE_CHECKING:
    from server.settings import Settings

TASK_SECONDS = 60.0  # a long history over a slow line
MAX_TASKS = 2000
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
    ) -> None:
        self.max_message_bytes = settings.max_frame_bytes
        self.max_unsent_bytes = settings.max_socket_buffer_bytes
        self.flusher = Flusher()
        self._settings = settings
        self._store = store
        self._handle = handle
        self._credentials = credentials
        self.rooms = Rooms(store, handle, links)
        self._connections: dict[Connection, Socket] = {}
        self._standing = Standing(store, self._connections)
        self._messages = Rate(settings.rate_widget_messages)
        self._openings = Rate(settings.rate_widget_sessions_ip)
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
                for part in (self.rooms, self._standing):
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
        cookie = find_cookie(origins.header(request.headers, "Cookie"), name) if origin else None
        connection = Connection(self, socket, address, cookie)
        self._connections[connection] = socket
        _connections.set(len(self._connections))
        return connection

    def forget(self, connection: Connection) -> None:
        """A socket is gone."""
        self._connections.pop(connection, None)
        _connections.set(len(self._connections))
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
            connection.welcomed(credential, hello)
        elif isinstance(credential.actor, Agent):
            self.rooms.availability.depart(credential.actor, connection)

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
                now = time.monotonic()
                for _, socket in sockets[step::LOOKS]:
                    socket.look()
                for connection in [found for found in self._connections if found.overdue(now)]:
                    connection.close(4408, "hello too late")
