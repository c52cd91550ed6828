"""The one layer around everything: a request id, the headers of its surface, and the last catch.

Plain ASGI, since a thousand requests a second pass here. An application inside may set any of
these headers itself; its own win.
"""

import os
from functools import cache

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http.headers import Surface, security_headers

_log = structlog.get_logger("parley.http")
_BY_PREFIX = (
    ("/api/", Surface.API),
    ("/widget", Surface.WIDGET),
    ("/demo", Surface.DEMO),
    ("/help", Surface.PAGE),
    ("/docs", Surface.PAGE),
    ("/livez", Surface.API),
    ("/readyz", Surface.API),
    ("/metrics", Surface.API),
)


def surface_of(path: str) -> Surface:
    """Which surface an address belongs to; the console has all that nothing else has."""
    for prefix, surface in _BY_PREFIX:
        if path.startswith(prefix):
            return surface
    return Surface.CONSOLE


class Edge:
    """The layer."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["parley.request_id"] = request_id = os.urandom(9).hex()
        ours = _headers(surface_of(scope["path"]), secure=self._secure)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                theirs = message.get("headers", ())
                named = {name for name, _ in theirs}
                message["headers"] = [
                    *theirs,
                    *(pair for pair in ours if pair[0] not in named),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            _log.exception("request failed", request_id=request_id)
            if started:
                raise
            await _send_bug(send_with_headers)


async def _send_bug(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": b"Something broke on our side.\n"})


@cache
def _headers(surface: Surface, *, secure: bool) -> list[tuple[bytes, bytes]]:
    return security_headers(surface, secure=secure)
