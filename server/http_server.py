"""uvicorn inside our own process: HTTP to Starlette, WebSocket to our rooms, bounds on half-sent heads."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from server.entry import Entry
from server.realtime.handshake import Opening
from server.realtime.live import Live
from server.realtime.socket import Socket

MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
UNREAD_SECONDS, LEAST_READ_BYTES = 30.0, 4096  # slower than this nobody reads who wants to
KEEP_ALIVE_SECONDS = 30
MAX_UNSENT_IN_KERNEL_BYTES = 1024 * 1024


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds: on the size of a head, on the time that it and the rest of a body
    that was answered early may take, and on how long a client may leave what it is sent unread."""

    _head_bytes: int | None = 0
    _head_deadline: asyncio.TimerHandle | None = None
    _read_deadline: asyncio.TimerHandle | None = None
    _answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_here()
        self._read_on()
        # uvicorn tells only the newest of several requests in a row, and would go on answering the others.
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        self._head_here()
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        self._head_here()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle is not None and self.cycle.response_complete and self.cycle.more_body:
            self._await_head()  # answered before all of it came: what is left may not take long either

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._read_on()
        super().resume_writing()

    def _await_reading(self, unread: int) -> None:
        loop = asyncio.get_running_loop()
        self._read_deadline = loop.call_later(UNREAD_SECONDS, self._look_at_reading, unread)

    def _look_at_reading(self, before: int) -> None:
        unread = self.transport.get_write_buffer_size()
        if before - unread < LEAST_READ_BYTES:
            self.transport.abort()
        else:
            self._await_reading(unread)

    def _read_on(self) -> None:
        if self._read_deadline is not None:
            self._read_deadline.cancel()
            self._read_deadline = None

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
            return
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._upgrade(data[upgrade.args[0] :])
            return
        if self._head_bytes is not None:  # httptools shows a header only when it is whole: count what comes
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("Request head too large")

    def _upgrade(self, rest: bytes) -> None:
        """Give the connection to a socket, with what came behind the head (uvicorn's own way loses it)."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.send_400_response("An answer is still due")  # which would be written among the frames
            return
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.parser = None  # type: ignore[assignment]  # it and this protocol hold each other: free both now
        make: Any = self.ws_protocol_class
        socket: Socket = make(config=self.config, server_state=self.server_state, app_state=self.app_state)
        self.transport.set_protocol(socket)
        socket.connection_made(self.transport)
        target, peer = self.url.decode("latin-1"), self.client[0] if self.client else ""
        socket.open(
            Opening(self.scope["method"], target, self.scope["http_version"], self.headers, sys.intern(peer))
        )
        if rest:
            socket.data_received(rest)

    def _await_head(self) -> None:
        if self._head_deadline is None:
            self._head_deadline = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._too_late)

    def _head_here(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _too_late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class HttpServer(uvicorn.Server):
    """A server whose signals are the supervisor's business; `started` tells when it serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: uvicorn would raise them again after a clean stop."""
        yield


def make_server(app: ASGIApp, live: Live, *, drain_seconds: float) -> HttpServer:
    """A server for an application and its rooms; give `serve` the bound sockets."""

    def make_socket(config: Any, server_state: Any, app_state: Any) -> Socket:
        return Socket(live, server_state.connections)

    def make_entry(config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> Entry:
        make_http = partial(BoundedHttp, config, server_state, app_state, _loop)
        return Entry(live, server_state.connections, make_http, HEAD_SECONDS)

    config = uvicorn.Config(
        app,
        http=make_entry,  # type: ignore[arg-type]
        ws=make_socket,  # type: ignore[arg-type]
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=4096,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(drain_seconds) or 1,
    )
    return HttpServer(config)


async def serve(server: HttpServer, bound: socket.socket) -> None:
    """Serve until `server.should_exit`."""
    # Inherited by every connection: else the kernel keeps up to 4 MiB for each that does not read.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_IN_KERNEL_BYTES)
    await server.serve(sockets=[bound])
