"""`websockets` with its own `broadcast`, compression off, on uvloop."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from load.rooms.servers.listening import listen

_rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def relay(connection: ServerConnection) -> None:
    """Pass on what a member says."""
    assert connection.request is not None
    room = _rooms[connection.request.path]
    room.add(connection)
    try:
        async for message in connection:
            broadcast(room, message)
    finally:
        room.discard(connection)


async def main() -> None:
    """Until killed."""
    async with serve(relay, sock=listen(), compression=None):
        await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(main())
