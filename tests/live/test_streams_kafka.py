"""The SLA clocks over Kafka in one process: what is heard and passed over, and what a crash does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import anyio
import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from server.clock import new_id, now
from server.domain.commands import Envelope
from server.domain.log import partition_of
from server.handle import Handle
from server.kafka_access import KafkaAccess
from server.relay.consumer import Consumer
from server.relay.kafka import CONSUMER as KAFKA
from server.relay.kafka import KafkaPublisher
from server.relay.kafka_topics import KafkaTopics
from server.relay.sequencer import Sequencer
from server.store.bell import Bell
from server.store.pool import Store
from server.store.stream_record import ClockRecord
from server.streams import watchdog
from server.streams.sla import CONSUMER
from server.streams.sla_kafka import SlaOnKafka
from tests.kafka.brokers import KINDS, Broker, broker
from tests.people import Desk, opening, promise, settle
from tests.store.relaying import until

JOINED_SECONDS = 180.0


@pytest.fixture(params=KINDS)
def kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with broker(request.param) as running:
        yield running


class Clockwork(NamedTuple):
    handle: Handle
    topics: KafkaTopics
    stream: SlaOnKafka


@asynccontextmanager
async def clockwork(store: Store, access: KafkaAccess) -> AsyncIterator[Clockwork]:
    """The writer, the relay and the clocks, in the group."""
    bell, topics = Bell(), KafkaTopics(access)
    handle, publisher = Handle(store), KafkaPublisher(topics)
    sequencer = Sequencer(store, bell)
    handle.listen(lambda _: sequencer.wake())
    stream = SlaOnKafka(store, handle, topics)
    relay = Consumer(store, bell, KAFKA, publisher.handle, patience=0.5)
    async with anyio.create_task_group() as tasks:
        for part in (topics.run, handle.run, sequencer.run, relay.run, stream.run):
            tasks.start_soon(part)
        await until(lambda: stream.ready, within=JOINED_SECONDS)
        yield Clockwork(handle, topics, stream)
        tasks.cancel_scope.cancel()
    await publisher.close()


async def put(kafka: Broker, topic: str, ticket_id: UUID, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=[kafka.address])
    await producer.start()
    await producer.send_and_wait(topic, value, key=b"x", partition=partition_of(ticket_id))
    await producer.stop()


def record(desk: Desk, ticket_id: UUID, event: bytes, age: timedelta = timedelta(0)) -> bytes:
    return msgspec.json.encode(
        ClockRecord(desk.workspace_id, ticket_id, 1, 1, now() - age, msgspec.Raw(event))
    )


async def parked(store: Store, desk: Desk) -> list[tuple[str, UUID]]:
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT consumer, ticket_id FROM parked_events")
    return [tuple(row) for row in rows]


async def test_what_cannot_be_read_is_parked_or_passed_over_and_the_next_one_heard(
    store: Store, kafka: Broker
):
    desk, bad = await settle(store), new_id()
    await promise(store, desk, resolution=timedelta(hours=1))
    async with clockwork(store, KafkaAccess((kafka.address,))) as run:
        await put(kafka, run.topics.clocks, bad, b"not a record at all")
        await put(kafka, run.topics.clocks, bad, record(desk, bad, b'{"type": "sla_of_tomorrow"}'))
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: len(run.stream.alarms) == 1)
        with anyio.fail_after(60):
            while not await parked(store, desk):  # noqa: ASYNC110 (it asks Postgres)
                await anyio.sleep(0.05)
    assert await parked(store, desk) == [(CONSUMER, bad)]


async def test_what_the_due_column_knew_already_is_not_heard_again(store: Store, kafka: Broker):
    desk, old, young = await settle(store), new_id(), new_id()
    breached = b'{"type": "sla_breached", "target": "resolution", "breached_at": "2026-01-01T00:00:00Z",'
    event = breached + b' "next_at": "2099-01-01T00:00:00Z"}'
    async with clockwork(store, KafkaAccess((kafka.address,))) as run:
        await put(kafka, run.topics.clocks, old, record(desk, old, event, timedelta(hours=1)))
        await put(kafka, run.topics.clocks, young, record(desk, young, event))
        await until(lambda: len(run.stream.alarms))
        await anyio.sleep(0.5)
        ((alarm, _),) = run.stream.alarms.take_due(5e9, 9)
    assert alarm.ticket_id == young


async def test_an_app_that_crashed_is_replaced_and_comes_back_into_the_group(store: Store, kafka: Broker):
    desk, before = await settle(store), watchdog.repairs._value.get()
    await promise(store, desk, resolution=timedelta(hours=1))
    async with clockwork(store, KafkaAccess((kafka.address,))) as run:
        crashed = run.stream._stream.app
        assert crashed is not None
        await crashed.crash(RuntimeError("a bug in a library"))
        await until(lambda: not run.stream.ready)
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: run.stream.ready, within=JOINED_SECONDS)
        assert run.stream._stream.app is not crashed
        await until(lambda: len(run.stream.alarms) == 1)
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: len(run.stream.alarms) == 2)
    assert watchdog.repairs._value.get() == before
