"""Connections that say who they are: from the handshake to the welcome, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from load.rooms.dialects import Waiting, ignore
from load.wire import Wire, connect, encode

AT_ONCE = 64


async def run(port: int, tokens: Sequence[str]) -> list[Wire]:
    """One welcomed connection for each token; raises Refused."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(token: str) -> Wire:
        async with slots:
            waiting = Waiting(b'{"op":"welcome"', b'{"op":"refused"')
            wire = await connect("127.0.0.1", port, waiting.receive)
            wire.send(encode({"op": "hello", "v": 1, "token": token}))
            await waiting.done()
            wire.receive = ignore
            return wire

    return list(await asyncio.gather(*map(one, tokens)))
