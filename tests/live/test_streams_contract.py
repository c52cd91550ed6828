"""What both transports promise to the same small Faust apps: our topics in Postgres, and a Kafka."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE

import anyio
import pytest
from faust.types import EventT

from server.streams import app as app_module
from server.streams import stream as stream_module
from server.streams.app import StreamApp
from server.streams.stream import Stream
from tests.conftest import Database
from tests.live.grounds import KINDS, PARTITIONS, Ground, Put, ground
from tests.store.relaying import until

ROOT = Path(__file__).parents[2]
APP, TOPIC = "contract", "contract-source"
START_SECONDS = 120.0

Hear = Callable[[EventT[bytes]], Awaitable[None]]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "_COMMIT_SECONDS", 0.2)
    monkeypatch.setattr(stream_module, "_AGAIN_SECONDS", 0.05)


class Heard:
    """What an app was told, by partition."""

    def __init__(self) -> None:
        self.by_partition: defaultdict[int, list[int]] = defaultdict(list)

    async def __call__(self, event: EventT[bytes]) -> None:
        self.by_partition[event.message.partition].append(int(event.value))

    def __len__(self) -> int:
        return sum(len(values) for values in self.by_partition.values())


def numbers(first: int, last: int) -> Put:
    """The numbers, each with a key of its partition."""
    return [(n % PARTITIONS, b"key %d" % (n % 12), b"%d" % n) for n in range(first, last)]


def odd(partition: int, first: int, last: int) -> list[int]:
    """Those of the numbers that lie in a partition."""
    return [n for n in range(first, last) if n % PARTITIONS == partition]


@asynccontextmanager
async def running(place: Ground, hear: Hear) -> AsyncIterator[Stream]:
    """An app with one agent, kept alive as in the product."""

    def build() -> StreamApp:
        app = place.app(APP, TOPIC)
        app.listen(TOPIC, hear)
        return app

    async def prepare() -> None:
        await place.make(APP, TOPIC)

    stream = Stream(APP, build, prepare)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stream.run)
        await until(lambda: stream.running, within=START_SECONDS)
        yield stream
        assert stream.app is not None
        await stream.app.stop()  # cleanly: a Kafka gives its partitions to the next at once
        tasks.cancel_scope.cancel()


async def all_committed(place: Ground, count: int, within: float = 120) -> None:
    with anyio.fail_after(within):
        while await place.committed(APP, TOPIC) != count:  # noqa: ASYNC110 (storage is asked)
            await anyio.sleep(0.1)


async def test_each_partition_is_told_in_order_and_what_was_told_is_committed(kind: str, database: Database):
    async with ground(kind, database.app_dsn) as place:
        heard = Heard()
        await place.make(APP, TOPIC)
        await place.put(TOPIC, numbers(0, 200))
        async with running(place, heard):
            await until(lambda: len(heard) == 200, within=START_SECONDS)
            await all_committed(place, 200)
        assert dict(heard.by_partition) == {n: odd(n, 0, 200) for n in range(PARTITIONS)}


async def test_it_goes_on_behind_what_was_committed(kind: str, database: Database):
    async with ground(kind, database.app_dsn) as place:
        first, second = Heard(), Heard()
        await place.make(APP, TOPIC)
        await place.put(TOPIC, numbers(0, 40))
        async with running(place, first):
            await until(lambda: len(first) == 40, within=START_SECONDS)
            await all_committed(place, 40)
        await place.put(TOPIC, numbers(40, 80))
        async with running(place, second):
            await until(lambda: len(second) >= 40, within=START_SECONDS)
        assert dict(second.by_partition) == {n: odd(n, 40, 80) for n in range(PARTITIONS)}


async def test_what_was_heard_and_not_finished_is_told_again_after_a_crash(kind: str, database: Database):
    async with ground(kind, database.app_dsn) as place:
        heard, crashes = Heard(), 0

        async def hear(event: EventT[bytes]) -> None:
            nonlocal crashes
            await heard(event)
            if int(event.value) == 17 and not crashes:
                crashes += 1
                raise RuntimeError("between the effect and the acknowledgement")

        async with running(place, hear):
            await place.put(TOPIC, numbers(0, 40))
            await until(lambda: crashes and len(heard) > 40, within=START_SECONDS)
            await all_committed(place, 40, within=START_SECONDS)
        told = heard.by_partition
        assert told[17 % PARTITIONS].count(17) == 2
        for n in range(PARTITIONS):
            assert list(dict.fromkeys(told[n])) == odd(n, 0, 40), "each first time in order"


async def test_it_waits_while_storage_is_away_and_goes_on(kind: str, database: Database):
    async with ground(kind, database.app_dsn) as place:
        heard = Heard()
        async with running(place, heard) as stream:
            await place.put(TOPIC, numbers(0, 20))
            await until(lambda: len(heard) == 20, within=START_SECONDS)
            app = stream.app
            with place.troubled():
                await anyio.sleep(2)
            await place.put(TOPIC, numbers(20, 40))
            await all_committed(place, 40, within=START_SECONDS)
            assert stream.app is app
        assert dict(heard.by_partition) == {n: odd(n, 0, 40) for n in range(PARTITIONS)}


async def test_a_table_is_recovered_from_its_changelog_after_a_kill(kind: str, database: Database):
    async with ground(kind, database.app_dsn) as place:
        address = database.app_dsn if kind == "postgres" else place.broker.address  # type: ignore[attr-defined]
        await place.make(APP, TOPIC)
        await place.put(TOPIC, numbers(0, 60))
        command = [sys.executable, "-m", "tests.live.table_app", kind, address]
        first = await _until_line(command, b"total=1770", kill=True)
        assert b"recovered={}" in first
        assert await place.committed(APP, TOPIC) == 60
        # Nothing is read twice: what the table knows now, it knows from its changelog.
        second = await _until_line(command, b"recovered=", kill=True)
        sums = {f"key {k}": sum(n for n in range(60) if n % 12 == k) for k in range(1, 12)}
        assert f"recovered={sums}".encode() in second, second


async def _until_line(command: list[str], words: bytes, *, kill: bool) -> bytes:
    """The output of a program up to certain words, when it is killed."""
    said = b""
    async with await anyio.open_process(command, cwd=ROOT, stdout=PIPE, stderr=None) as process:
        assert process.stdout is not None
        try:
            with anyio.fail_after(180):
                while words not in said or not said.endswith(b"\n"):
                    said += await process.stdout.receive()
        finally:
            process.kill()
    return said
