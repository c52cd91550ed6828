"""The bare round trip: as many sockets as the chat has, a text of the same size there and back."""

from __future__ import annotations

import asyncio
import time

from load.chat import TEXT
from load.wire import Wire, connect, encode

RUN_SECONDS = 60.0


class _Echo:
    def __init__(self, count: int) -> None:
        self._left = self._unsent = count
        self._frame = encode({"op": "send", "id": "000000000", "content": TEXT})
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(self, wire: Wire) -> None:
        if self._unsent:
            self._unsent -= 1
            wire.send(self._frame)

    def came(self, wire: Wire) -> None:
        self._left -= 1
        self.send(wire)
        if not self._left:
            self.done.set_result(None)


async def run(port: int, sockets: int, count: int) -> float:
    """Messages that came back a second, one in flight on each socket."""
    echo = _Echo(count)
    wires = []
    for _ in range(sockets):
        wire = await connect("127.0.0.1", port, lambda _: None, path="/")
        wire.receive = lambda _, wire=wire: echo.came(wire)  # type: ignore[misc]
        wires.append(wire)
    began = time.perf_counter()
    for wire in wires:
        echo.send(wire)
    await asyncio.wait_for(echo.done, RUN_SECONDS)
    seconds = time.perf_counter() - began
    for wire in wires:
        wire.close()
    return count / seconds
