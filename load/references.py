"""What each figure is held against: the same work, as far as the libraries underneath do it, and no more.

`python -m load.references echo|json|sink` serves one of them on a free port, which it prints; all on uvloop.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import uvicorn
import uvloop
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.server import ServerConnection, serve


@contextmanager
def reference(name: str) -> Iterator[int]:
    """A reference server in a process of its own; gives its port."""
    process = subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, "-m", "load.references", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the driver hangs up without a word, which some of them say at length
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(10)


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def _created(request: Request) -> Response:
    asked = msgspec.json.decode(await request.body())
    return Response(msgspec.json.encode(asked), status_code=201, media_type="application/json")


class _Nowhere:
    """aiosmtpd's handler that takes every mail and keeps none."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 (aiosmtpd's name)
        return "250 OK"


async def _serve(name: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    if name == "echo":
        async with serve(_echo, sock=listening, compression=None):
            await asyncio.Future()
    elif name == "json":
        app = Starlette(routes=[Route("/api/v1/tickets", _created, methods=["POST"])])
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        await uvicorn.Server(config).serve(sockets=[listening])
    else:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: SMTP(_Nowhere(), enable_SMTPUTF8=True), sock=listening)
        await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
