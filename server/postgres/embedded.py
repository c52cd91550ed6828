"""The embedded Postgres as the rest of Parley sees it: start, two addresses, watch, stop."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from server.postgres.account import choose_account, make_private, open_data_dir
from server.postgres.binaries import find_binaries, major_version, reachable_binaries
from server.postgres.claim import Claim, is_claimed
from server.postgres.cluster import make_cluster
from server.postgres.errors import PostgresRefused
from server.postgres.layout import APP, OWNER, Layout
from server.postgres.server_process import (
    ServerProcess,
    end_leftover,
    is_alive,
    last_words,
    read_state,
    spawn,
)

READY_SECONDS = 60.0  # crash recovery after a kill may have some gigabytes of log to read
MAX_FAILED_RESTARTS = 6
HEALTHY_SECONDS = 60.0

Told = Callable[[str], None]


class EmbeddedPostgres:
    """A Postgres of our own on `data_dir`, whose exclusive lock it holds from start to stop.

    `told` gets one line when something takes long or goes wrong. `fsync=False` is for tests.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        fsync: bool = True,
        binaries: Path | None = None,
        told: Told = lambda _: None,
    ) -> None:
        self.layout = Layout(data_dir.resolve())
        self._fsync = fsync
        self._binaries_setting = binaries
        self._told = told
        self._account = choose_account(self.layout.home)
        self._claim = Claim(self.layout.lock)
        self._process: ServerProcess | None = None

    @property
    def owner_dsn(self) -> str:
        """For migrations and `parley admin`: owns the database, may make roles and databases."""
        return self.layout.dsn(OWNER)

    @property
    def app_dsn(self) -> str:
        """For everything else: under row-level security, which it cannot bypass."""
        return self.layout.dsn(APP)

    @property
    def pid(self) -> int | None:
        """The server's process id while it is started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Claim the folder, make the cluster if there is none, and return once it is ready.

        Blocks (0.1 s, about 1 s the first time) and must run in the main thread: the server's
        parent-death signal follows the thread that started it. Raises `PostgresRefused`.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the embedded Postgres must be started from the main thread")
        open_data_dir(self.layout.data_dir, self._account)
        self._claim.take()
        try:
            self._prepare()
            self._launch()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = 3.0) -> None:
        """End the server within about `timeout` seconds and give the folder up; repeatable."""
        process, self._process = self._process, None
        if process is not None:
            process.stop(timeout)
        if self.layout.socket.parent != self.layout.home:
            shutil.rmtree(self.layout.socket, ignore_errors=True)
        self._claim.release()

    async def watch(self) -> None:
        """Restart the server whenever it ends by itself; run it on the main thread's loop.

        Ends after `stop`. Raises `PostgresRefused` when restarting keeps failing.
        """
        failures, started_at = 0, time.monotonic()
        while (process := self._process) is not None:
            code = process.exit_code()
            if code is None:
                await asyncio.sleep(0.1)
                continue
            if time.monotonic() - started_at > HEALTHY_SECONDS:
                failures = 0
            if failures == MAX_FAILED_RESTARTS:
                raise PostgresRefused(f"Postgres keeps ending: {last_words(self.layout)}")
            self._told(f"postgres: ended by itself ({code}), starting it again")
            await asyncio.sleep(0.1 * (4**failures - 1) / 3)  # 0, 0.1, 0.5, 2.1, 8.5, 34 s
            failures += 1
            if self._process is process:
                self._launch()
                started_at = time.monotonic()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _prepare(self) -> None:
        layout, account = self.layout, self._account
        make_private(layout.home, account)
        make_private(layout.socket, account)
        found = find_binaries(self._binaries_setting)
        self._binaries = reachable_binaries(found, layout.data_dir, account)
        left_over = read_state(layout)
        if left_over and is_alive(layout, left_over[0]):
            self._told(f"postgres: waiting for process {left_over[0]} of an earlier start to end")
            end_leftover(layout, left_over[0])
        if not layout.cluster.exists():
            self._told(f"postgres: making a new database in {layout.cluster}")
            make_cluster(layout, self._binaries, account)
        written = (layout.cluster / "PG_VERSION").read_text().strip()
        if written != (ours := major_version(self._binaries)):
            raise PostgresRefused(
                f"{layout.cluster} was written by Postgres {written}, and this is {ours}: "
                "set PARLEY_POSTGRES_BIN to the older programs, or dump and restore."
            )

    def _launch(self) -> None:
        self._process = spawn(self.layout, self._binaries, self._account, fsync=self._fsync)

    def _wait_until_ready(self) -> None:
        """Wait for the first start; orphans of a killed server may hold its memory a moment."""
        begun = time.monotonic()
        slow = False
        while self._process is not None and not self._process.is_ready():
            waited = time.monotonic() - begun
            if self._process.exit_code() is not None:
                if waited > 10 or "shared memory" not in (words := last_words(self.layout)):
                    raise PostgresRefused(f"Postgres does not start: {last_words(self.layout)}")
                self._told(f"postgres: {words}")
                time.sleep(0.2)
                self._launch()
            if waited > READY_SECONDS:
                raise PostgresRefused(f"Postgres is not ready after {READY_SECONDS:.0f} s.")
            if waited > 2 and not slow:
                slow = True
                self._told("postgres: recovering from a crash")
            time.sleep(0.01)


def find_running(data_dir: Path, *, timeout: float = 15.0) -> Layout | None:
    """The layout of the Postgres that another Parley runs on `data_dir`; None when none does.

    Waits up to `timeout` seconds for one that is starting, then raises `PostgresRefused`.
    """
    layout = Layout(data_dir.resolve())
    deadline = time.monotonic() + timeout
    while is_claimed(layout.lock):
        state = read_state(layout)
        if state and state[1] == "ready" and is_alive(layout, state[0]):
            return layout
        if time.monotonic() > deadline:
            raise PostgresRefused(f"The Parley that runs on {data_dir} is not ready.")
        time.sleep(0.02)
    return None
