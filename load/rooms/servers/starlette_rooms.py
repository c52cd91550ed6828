"""Starlette on uvicorn with uvloop and httptools, compression off, uvicorn's newest protocol class."""

from __future__ import annotations

from collections import defaultdict

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from load.rooms.servers.listening import BACKLOG, listen

_rooms: defaultdict[str, set[WebSocket]] = defaultdict(set)


async def relay(socket: WebSocket) -> None:
    """Pass on what a member says."""
    await socket.accept()
    room = _rooms[socket.url.path]
    room.add(socket)
    try:
        async for text in socket.iter_text():
            for member in list(room):
                await member.send_text(text)
    finally:
        room.discard(socket)


def main() -> None:
    """Until killed."""
    app = Starlette(routes=[WebSocketRoute("/ws/{room}", relay)])
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        backlog=BACKLOG,
    )
    uvloop.run(uvicorn.Server(config).serve(sockets=[listen()]))


if __name__ == "__main__":
    main()
