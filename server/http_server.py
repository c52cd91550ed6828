"""uvicorn inside our own process: HTTP to Starlette, WebSocket to our rooms, bounds on half-sent heads."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.realtime.live import Live
from server.realtime.socket import Socket

MAX_HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 30


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a bound on the size of a request head, and on the time it may take."""

    _head_bytes: int | None = 0
    _head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_here()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_bytes = None
        self._head_here()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_bytes is not None:  # httptools shows a header only when it is whole: count what comes
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("Request head too large")

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

    config = uvicorn.Config(
        app,
        http=BoundedHttp,
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
    await server.serve(sockets=[bound])
