"""Faust over a topic of ours: what an agent is told, what is committed, and what happens when it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import anyio
import pytest
from faust.types import EventT

from server.domain.errors import Unavailable
from server.store.bell import Bell
from server.streams import app as app_module
from server.streams import stream as stream_module
from server.streams.app import LogApp, StreamApp
from server.streams.producer import TopicNotWritable
from server.streams.stream import Stream
from server.streams.topic import Record
from tests.store.relaying import until


class Shelf:
    """A topic of three partitions in memory, whose offsets have gaps."""

    name = "shelf"
    partitions = 3

    def __init__(self) -> None:
        self.bell = Bell()
        self.records: list[Record] = []
        self.committed = dict.fromkeys(range(self.partitions), 0)
        self.away = False

    def put(self, partition: int, offset: int) -> None:
        self.records.append(Record(partition, offset, 1.0, b"key", b"%d" % offset))
        self.bell.ring()

    async def read(self, positions: Mapping[int, int], limit: int) -> list[Record]:
        self._reach()
        return [
            record
            for partition, above in sorted(positions.items())
            for record in [r for r in self.records if r.partition == partition and r.offset > above][:limit]
        ]

    async def fetch_heads(self) -> dict[int, int]:
        self._reach()
        return dict.fromkeys(range(self.partitions), 0) | {r.partition: r.offset for r in self.records}

    async def fetch_committed(self) -> dict[int, int]:
        self._reach()
        return dict(self.committed)

    async def commit(self, positions: Mapping[int, int]) -> None:
        self._reach()
        self.committed.update(positions)

    def _reach(self) -> None:
        if self.away:
            raise Unavailable


Heard = list[tuple[int, int]]


async def _nothing(event: EventT[bytes]) -> None:
    """A record that is easy to digest."""


@asynccontextmanager
async def agent(
    shelf: Shelf, heard: Heard, meet: Callable[[EventT[bytes]], Awaitable[None]] = _nothing
) -> AsyncIterator[Stream]:
    """An app with one agent, kept alive as in the product; `meet` is awaited first for each record."""

    def build() -> StreamApp:
        app = LogApp("test", [shelf])

        async def hear(event: EventT[bytes]) -> None:
            await meet(event)
            heard.append((event.message.partition, event.message.offset))

        app.listen(shelf.name, hear)
        return app

    async def prepare() -> None:
        pass

    stream = Stream("test", build, prepare)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stream.run)
        await until(lambda: stream.running)
        yield stream
        tasks.cancel_scope.cancel()


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "_COMMIT_SECONDS", 0.05)
    monkeypatch.setattr(stream_module, "_AGAIN_SECONDS", 0.05)


async def test_records_are_told_in_order_and_committed_across_gaps():
    shelf, heard = Shelf(), Heard()
    for offset in (1, 2, 7, 40, 41):
        shelf.put(1, offset)
    async with agent(shelf, heard):
        await until(lambda: shelf.committed[1] == 41)
        shelf.put(1, 100)
        shelf.put(2, 3)
        await until(lambda: shelf.committed == {0: 0, 1: 100, 2: 3})
    assert [offset for partition, offset in heard if partition == 1] == [1, 2, 7, 40, 41, 100]


async def test_it_goes_on_behind_what_was_committed():
    shelf, heard = Shelf(), Heard()
    for offset in range(1, 10):
        shelf.put(0, offset)
    shelf.committed[0] = 6
    async with agent(shelf, heard):
        await until(lambda: shelf.committed[0] == 9)
    assert heard == [(0, 7), (0, 8), (0, 9)]


async def test_nothing_is_committed_that_was_not_finished_and_it_is_told_again_after_a_crash():
    shelf, heard, crashes = Shelf(), Heard(), 0

    async def choke(event: EventT[bytes]) -> None:
        nonlocal crashes
        if event.message.offset == 5 and not crashes:
            crashes += 1
            assert stream.app is not None
            await stream.app.crash(RuntimeError("in the middle of a record"))
            await anyio.sleep_forever()

    async with agent(shelf, heard, choke) as stream:
        for offset in range(1, 10):
            shelf.put(0, offset)
        await until(lambda: shelf.committed[0] == 9)
    assert crashes == 1
    assert [offset for _, offset in heard][-5:] == [5, 6, 7, 8, 9]
    assert sorted({offset for _, offset in heard}) == list(range(1, 10))


async def test_an_outage_of_the_storage_is_waited_out_without_a_new_app():
    shelf, heard = Shelf(), Heard()
    async with agent(shelf, heard) as stream:
        app = stream.app
        shelf.put(0, 1)
        await until(lambda: heard)
        shelf.away = True
        await anyio.sleep(0.7)
        shelf.put(0, 2)
        shelf.away = False
        await until(lambda: shelf.committed[0] == 2)
        assert stream.app is app
    assert heard == [(0, 1), (0, 2)]


async def test_an_app_that_no_longer_reads_is_replaced(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(StreamApp, "stalled_seconds", 1.5)
    shelf, heard = Shelf(), Heard()
    async with agent(shelf, heard) as stream:
        stalled = stream.app
        assert stalled is not None
        await stalled._fetcher.stop()
        await until(lambda: stream.app is not stalled and stream.running)
        shelf.put(0, 1)
        await until(lambda: heard)


async def test_a_stream_may_write_to_no_topic():
    shelf, heard = Shelf(), Heard()
    async with agent(shelf, heard) as stream:
        assert stream.app is not None
        with pytest.raises(TopicNotWritable):
            await stream.app.producer.send_and_wait("shelf", b"", b"", 0, None, None)
