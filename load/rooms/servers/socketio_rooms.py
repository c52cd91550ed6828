"""python-socketio with its own rooms, WebSocket only, on uvicorn with uvloop and httptools."""

from __future__ import annotations

import socketio  # type: ignore[import-untyped]
import uvicorn
import uvloop

from load.rooms.servers.listening import BACKLOG, listen

# The driver does not answer Engine.IO's own pings, so there are none.
_server = socketio.AsyncServer(
    async_mode="asgi", transports=["websocket"], http_compression=False, ping_interval=3600
)


async def join(sid: str, room: str) -> None:
    """Go into a room."""
    await _server.enter_room(sid, room)
    await _server.emit("joined", to=sid)


async def say(sid: str, room: str, text: str) -> None:
    """Pass on what a member says."""
    await _server.emit("said", text, room=room)


def main() -> None:
    """Until killed."""
    _server.on("join", join)
    _server.on("say", say)
    config = uvicorn.Config(
        socketio.ASGIApp(_server),
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
