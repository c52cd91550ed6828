"""Many connections over several processes: each server is held by a driver process of its own.

`python -m load.rooms.holder PORT COUNT` goes into rooms of two, says `in`, and stays until it is killed.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvloop

from load.rooms.contestants import PARLEY
from load.rooms.driver import enter
from load.rooms.serving import Server, serving
from load.rooms.story import may_open

PROCESSES, EVERYBODY = 3, 50_000


class NotHeld(Exception):
    """A driver did not bring everybody in; the text is what it said."""


@contextmanager
def _holding(server: Server, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "load.rooms.holder", str(server.port), str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _wait(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None and process.stderr is not None
    if process.stdout.readline() != "in\n":
        raise NotHeld(process.stderr.read()[-2000:])


def hold() -> tuple[str, str, str]:
    """50 000 members in rooms of two over three servers: what, how long, and what each server holds."""
    what = f"{EVERYBODY:,} connections, each in a room, over {PROCESSES} processes"
    each = -(-EVERYBODY // PROCESSES)
    if not may_open(each):
        return what, "left out", "the limit of open files is too low"
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(PARLEY.command(), None)) for _ in range(PROCESSES)]
        before, began = [server.resident_bytes() for server in servers], time.perf_counter()
        for process in [stack.enter_context(_holding(server, each)) for server in servers]:
            _wait(process)
        seconds = time.perf_counter() - began
        kib = [
            (server.resident_bytes() - held) / each / 1024
            for server, held in zip(servers, before, strict=True)
        ]
    return what, f"all in after {seconds:.0f} s", ", ".join(f"{one:.2f}" for one in kib) + " KiB each"


async def main(port: int, count: int) -> None:
    """Bring everybody in, and stay."""
    may_open(count)
    await enter(PARLEY.dialect(), port, [(number // 2, number % 2) for number in range(count)], 0)
    print("in", flush=True)
    await asyncio.Future()


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
