"""What every bus promises, of the local one, one Valkey and a Cluster of three; then what breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from server.realtime.bus import BELL, Bus
from server.realtime.bus.local import LocalBus
from server.realtime.bus.redis_bus import RedisBus
from server.realtime.shard import SHARDS
from tests.live.desk import eventually
from tests.live.valkey import Valkey, valkey, valkey_cluster

KINDS = ("local", "single", "cluster")
AWAY = "valkey://127.0.0.1:9"
NOTED = [3, 500, SHARDS - 1, BELL]  # in three slots far from one another


class Ear:
    """What was heard on a bus, and which subscriptions began."""

    def __init__(self, bus: Bus) -> None:
        self.heard: list[tuple[int, bytes]] = []
        self.confirmed: list[int] = []
        self.stop = bus.listen(self._hear, self.confirmed.append)

    def _hear(self, shard: int, note: bytes) -> None:
        self.heard.append((shard, note))

    def of(self, shard: int) -> list[bytes]:
        return [note for number, note in self.heard if number == shard]


@asynccontextmanager
async def running(*buses: Bus) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(bus.run()) for bus in buses]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(end, Exception):
                raise end


@asynccontextmanager
async def two(kind: str) -> AsyncIterator[tuple[Bus, Bus]]:
    """Two buses of a kind that work."""
    if kind == "local":
        one, other = LocalBus(), LocalBus()
        async with running(one, other):
            yield one, other
        return
    async with valkey() if kind == "single" else valkey_cluster() as servers:
        url = (servers if isinstance(servers, Valkey) else servers[0]).url
        here, there = RedisBus(url, "test"), RedisBus(url, "test")
        async with running(here, there):
            await eventually(lambda: here.ready and there.ready)
            yield here, there


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_wanted_is_had_and_heard_in_order(kind: str) -> None:
    async with two(kind) as (here, there):
        ear = Ear(there)
        for shard in NOTED:
            there.want(shard)
            async with asyncio.timeout(60):
                await there.wanted(shard)
            assert there.has(shard)
        told = {shard: [b"%d %d" % (shard, number) for number in range(500)] for shard in NOTED}
        for number in range(500):
            for shard in NOTED:
                here.publish(shard, told[shard][number])
        here.publish(7, b"nobody wants this")
        expected = told if here.shared else {shard: [] for shard in NOTED}
        await eventually(lambda: all(len(ear.of(shard)) == len(expected[shard]) for shard in NOTED))
        assert {shard: ear.of(shard) for shard in NOTED} == expected
        assert ear.of(7) == []
        assert sorted(ear.confirmed) == (sorted(NOTED) if here.shared else [])


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_no_longer_wanted_is_no_longer_heard(kind: str) -> None:
    async with two(kind) as (here, there):
        ear = Ear(there)
        for shard in (3, 4):
            there.want(shard)
            await there.wanted(shard)
        there.unwant(3)
        await there.flush()
        there.want(5)
        await there.wanted(5)
        here.publish(3, b"unheard")
        for shard in (4, 5):
            here.publish(shard, b"heard")
        count = 2 if here.shared else 0
        await eventually(lambda: len(ear.heard) == count)
        assert ear.of(3) == []
        there.want(3)  # and wanted again
        await there.wanted(3)
        here.publish(3, b"heard")
        await eventually(lambda: len(ear.of(3)) == (1 if here.shared else 0))
        ear.stop()
        here.publish(4, b"nobody listens")


@pytest.mark.parametrize("bus", [LocalBus(), RedisBus(AWAY, "test")], ids=["local", "redis"])
async def test_nothing_waits_for_a_bus_that_is_away(bus: Bus) -> None:
    async with running(bus):
        await bus.check()
        bus.want(3)
        await at_once(bus.wanted(3))
        for _ in range(50_000):
            bus.publish(3, b"nobody hears")
        await at_once(bus.flush())
        assert not bus.ready


async def at_once(work: Coroutine[Any, Any, None]) -> None:
    """It needs some turns of the loop, and nothing else to happen."""
    task = asyncio.create_task(work)
    for _ in range(20):
        await asyncio.sleep(0)
    assert task.done()
    await task


@pytest.mark.parametrize("harm", ["kill", "stop"])
async def test_a_server_that_is_lost_or_hangs_is_noticed_and_taken_up_again(harm: str) -> None:
    async with valkey() as server:
        here, there = RedisBus(server.url, "test"), RedisBus(server.url, "test")
        ear = Ear(there)
        there.want(3)
        async with running(here, there):
            await eventually(lambda: here.ready and there.has(3))
            getattr(server, harm)()
            await eventually(lambda: not here.ready and not there.ready and not there.has(3))
            here.publish(3, b"lost")
            await (server.start() if harm == "kill" else asyncio.to_thread(server.resume))
            await eventually(lambda: here.ready and there.has(3))
            assert ear.confirmed == [3, 3], "who hears again is told, to tell their states anew"
            here.publish(3, b"heard")
            await eventually(lambda: ear.of(3) == [b"heard"])


async def test_what_does_not_fit_is_dropped_and_the_publisher_never_waits() -> None:
    async with valkey() as server:
        here, there = RedisBus(server.url, "test"), RedisBus(server.url, "test")
        ear = Ear(there)
        there.want(3)
        async with running(here, there):
            await eventually(lambda: here.ready and there.has(3))
            server.stop()
            for _ in range(40):
                here.publish(3, bytes(1024 * 1024))
            server.resume()
            async with asyncio.timeout(60):
                while ear.of(3)[-1:] != [b"small"]:
                    here.publish(3, b"small")
                    await asyncio.sleep(0.1)
            assert len([note for note in ear.of(3) if note != b"small"]) < 40


async def test_desks_that_share_a_server_do_not_hear_each_other() -> None:
    async with valkey() as server:
        ours, theirs = RedisBus(server.url, "ours"), RedisBus(server.url, "theirs")
        ear = Ear(theirs)
        theirs.want(3)
        async with running(ours, theirs):
            await eventually(lambda: ours.ready and theirs.has(3))
            ours.publish(3, b"ours")
            theirs.publish(3, b"theirs")
            await eventually(lambda: bool(ear.heard))
            assert ear.heard == [(3, b"theirs")]


async def test_a_slot_that_moves_takes_its_subscribers_along() -> None:
    async with valkey_cluster() as servers:
        here, there = RedisBus(servers[0].url, "test"), RedisBus(servers[1].url, "test")
        ear = Ear(there)
        there.want(3)
        async with running(here, there):
            await eventually(lambda: here.ready and there.has(3))
            slot = int(await servers[0].ask("CLUSTER", "KEYSLOT", "{3}"))
            target = servers[(slot // (16384 // 3 + 1) + 1) % 3]
            identity = await target.ask("CLUSTER", "MYID")
            for server in [target, *(other for other in servers if other is not target)]:
                await server.do("CLUSTER", "SETSLOT", slot, "NODE", identity)

            async def told_again() -> None:
                while not ear.heard:
                    here.publish(3, b"here")
                    await asyncio.sleep(0.1)

            async with asyncio.timeout(60):
                await told_again()
            assert len(ear.confirmed) >= 2


async def test_a_node_that_is_killed_takes_only_its_own_shards_with_it() -> None:
    async with valkey_cluster() as servers:
        here, there = RedisBus(servers[0].url, "test"), RedisBus(servers[0].url, "test")
        ear = Ear(there)
        for shard in range(30):
            there.want(shard)
        has: Callable[[], int] = lambda: sum(there.has(shard) for shard in range(30))  # noqa: E731
        async with running(here, there):
            await eventually(lambda: here.ready and has() == 30)
            servers[2].kill()
            await eventually(lambda: not here.ready and 0 < has() < 30)
            alive = next(shard for shard in range(30) if there.has(shard))
            here.publish(alive, b"heard")
            await eventually(lambda: ear.of(alive) == [b"heard"])
            await servers[2].start()
            await eventually(lambda: here.ready and has() == 30)


async def test_when_a_master_is_killed_its_replica_goes_on() -> None:
    async with valkey_cluster(standby=True) as servers:
        here, there = RedisBus(servers[1].url, "test"), RedisBus(servers[2].url, "test")
        ear = Ear(there)
        async with running(here, there):
            await eventually(lambda: here.ready and there.ready)
            lost = [shard for shard in range(30) if _port_of(there, shard) == servers[0].port]
            for shard in lost:
                there.want(shard)
            await eventually(lambda: all(there.has(shard) for shard in lost))
            servers[0].kill()
            await eventually(lambda: _port_of(here, lost[0]) == servers[3].port)
            await eventually(lambda: here.ready and all(there.has(shard) for shard in lost))
            for shard in lost:
                here.publish(shard, b"heard")
            await eventually(lambda: all(ear.of(shard) == [b"heard"] for shard in lost))


def _port_of(bus: RedisBus, shard: int) -> int:
    node = bus._topology.owner(bus._channel(shard))
    return 0 if node is None else node.port
