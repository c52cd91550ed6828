"""A contestant as a process of its own, alone on one core while the driver has the other."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from load import usage

START_SECONDS = 30.0
DRIVER_IS_FULL = 0.95
SETTLED, SETTLE_SECONDS, SETTLE_LOOKS = 0.4, 0.5, 120


class NotStarted(Exception):
    """A contestant did not start; the text is what it said."""


class Spent(NamedTuple):
    """Seconds of the server's processor, of the driver's, and by the clock."""

    server: float
    driver: float
    wall: float

    def since(self, then: Spent) -> Spent:
        """What was spent from then till now."""
        return Spent(*(now - before for now, before in zip(self, then, strict=True)))

    @property
    def driver_is_full(self) -> bool:
        """Whether the driver had no time left, so that the server may have waited for it."""
        return self.driver >= DRIVER_IS_FULL * self.wall


class Server:
    """A contestant that serves on `port`."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    def spent(self) -> Spent:
        """Since the process began."""
        return Spent(usage.cpu_seconds(self.pid), time.process_time(), time.perf_counter())

    async def settle(self) -> None:
        """Wait until it has done what it was given, as far as one can see from outside; a minute at most."""
        for _ in range(SETTLE_LOOKS):
            before = usage.busy_seconds(self.pid)
            await asyncio.sleep(SETTLE_SECONDS)
            if usage.busy_seconds(self.pid) - before < SETTLED * SETTLE_SECONDS:
                return

    def resident_bytes(self) -> int:
        """What it holds."""
        return usage.resident_bytes(self.pid)


@contextmanager
def pinned() -> Iterator[int | None]:
    """This process on its last core; gives the first one, for the server. None where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        yield None
        return
    os.sched_setaffinity(0, {cores[-1]})
    try:
        yield cores[0]
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def serving(command: list[str], core: int | None) -> Iterator[Server]:
    """A server from its command, whose first line is its port; killed at the end with all that it started."""
    own = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as scratch, (Path(scratch) / "log").open("w+") as log:
        if core is not None:
            os.sched_setaffinity(0, {core})  # children inherit it, and so do their threads
        try:
            process = subprocess.Popen(  # noqa: S603 (one of ours)
                command, stdout=subprocess.PIPE, stderr=log, env=os.environ | {"TMPDIR": scratch},
                start_new_session=True,
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, own)
        try:
            yield Server(process.pid, _port(process, log))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(START_SECONDS)


def _port(process: subprocess.Popen[bytes], log: IO[str]) -> int:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else b""
    if not line:
        log.seek(0)
        raise NotStarted(f"{' '.join(process.args)}: {log.read()[-2000:]}")  # type: ignore[arg-type]
    return int(line)
