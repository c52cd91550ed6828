"""A link: one connection to one Redis node, over which is published, subscribed and heard.

RESP3 allows all three on one connection. What is published waits in a bounded queue and leaves in one write
for all that waited; a node from which nothing comes for some seconds is given up, since a process that hangs
keeps its connections.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

import anyio
from anyio.lowlevel import checkpoint
from prometheus_client import Counter, Histogram
from redis.asyncio import Connection
from redis.exceptions import RedisError, ResponseError

from server.realtime.bus.topology import check_server

MAX_WAITING = 20_000
MAX_WAITING_BYTES = 8 * 1024 * 1024
MAX_WRITTEN = 500  # commands in one write
CONNECT_SECONDS = 3.0
PING_SECONDS = 1.0
SILENCE_SECONDS = 3.0
READS_A_TURN = 64

_delay = Histogram(
    "parley_bus_delay_seconds",
    "How long the bus takes to answer, behind all that is on its way there",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
dropped = Counter(
    "parley_bus_dropped_total", "Notes that did not leave: the bus was away, or slow", ["reason"]
)
Push = Callable[[bytes, bytes, Any], None]
Command = tuple[bytes, ...]


class Link:
    """A connection while `run` runs; `push` is given what comes by itself, `refused` what was said no to."""

    def __init__(self, connection: Connection, push: Push, refused: Callable[[str], None]) -> None:
        self._connection = connection
        self._push = push
        self._refused = refused
        self._waiting: deque[Command] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._pinged_at: float | None = None
        self._heard_at = 0.0
        self.ready = False

    # asking, before it is ready

    async def open(self) -> bool:
        """Connect and look who is there; returns whether it is a node of a Cluster.

        Raises RedisError or TimeoutError when it is away, BusRefused when it is of no use.
        """
        with anyio.fail_after(CONNECT_SECONDS):
            await cast("Callable[[], Awaitable[None]]", self._connection.connect)()
            return check_server(await self.ask("HELLO"))

    async def ask(self, *words: str) -> Any:
        """One command and its answer."""
        with anyio.fail_after(CONNECT_SECONDS):
            await self._connection.send_command(*words)
            return await self._connection.read_response(disable_decoding=True)

    async def close(self) -> None:
        """Harmless to repeat."""
        self.ready = False
        dropped.labels("away").inc(len(self._waiting))
        self._waiting.clear()
        await self._connection.disconnect(nowait=True)

    # carrying

    def send(self, *command: bytes) -> None:
        """Queue a command; what does not fit is dropped and counted."""
        size = sum(map(len, command))
        if len(self._waiting) >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            dropped.labels("full").inc()
            return
        self._waiting.append(command)
        self._waiting_bytes += size
        self._wake.set()

    def begin(self) -> None:
        """From now on it takes what is sent; `run` must follow."""
        self.ready = True
        self._heard_at = time.monotonic()

    async def run(self) -> None:
        """Carry until it breaks; raises what broke it."""
        try:
            async with anyio.create_task_group() as group:
                for part in (self._write, self._read, self._watch):
                    group.start_soon(part)
        finally:
            with anyio.CancelScope(shield=True):
                await self.close()

    async def flush(self) -> None:
        """Wait until what was sent has left."""
        while self.ready and self._waiting:  # noqa: ASYNC110 - asked once, when the process stops
            await anyio.sleep(0.005)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_WRITTEN))]
                packed = self._connection.pack_commands(batch)
                await self._connection.send_packed_command(packed, check_health=False)
                self._waiting_bytes -= sum(sum(map(len, command)) for command in batch)

    async def _read(self) -> None:
        read = cast("Callable[..., Awaitable[Any]]", self._connection.read_response)
        while True:
            for _ in range(READS_A_TURN):
                try:
                    answer = await read(disable_decoding=True, timeout=math.inf, push_request=True)
                except ResponseError as refusal:
                    self._refused(str(refusal))
                    continue
                self._heard_at = time.monotonic()
                if isinstance(answer, list):
                    self._push(answer[0], answer[1], answer[2])
                elif answer == b"PONG" and self._pinged_at is not None:
                    _delay.observe(self._heard_at - self._pinged_at)
                    self._pinged_at = None
            await checkpoint()  # what is there is read without waiting: others must have their turn

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(PING_SECONDS)
            now = time.monotonic()
            if now - self._heard_at > SILENCE_SECONDS:
                raise TimeoutError("silence")
            if self._pinged_at is None:
                self._pinged_at = now
                self.send(b"PING")


AWAY = (RedisError, OSError, TimeoutError)
