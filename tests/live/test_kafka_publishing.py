"""The log as Kafka is told it: every event, keyed by its ticket, in order, and acknowledged first."""

from __future__ import annotations

import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import msgspec
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import MessageSizeTooLargeError

from server.domain.commands import AddInteraction, Envelope
from server.domain.log import PARTITIONS, partition_of
from server.kafka_access import KafkaAccess
from server.relay import kafka as kafka_module
from server.relay import kafka_topics
from server.relay.consumer import Consumer
from server.relay.kafka import CONSUMER, KafkaPublisher
from server.relay.kafka_topics import KafkaTopics
from server.relay.parked import ParkedEvents
from server.store import log, parked_events
from server.store.bell import Bell
from server.store.log import Entry
from server.store.pool import Store
from server.store.stream_record import EventRecord, decode_clock_record
from tests.kafka.brokers import KINDS, REAL, Broker, broker
from tests.kafka.reading import records, watched
from tests.people import Desk, opening, promise, says, settle
from tests.store.relaying import numbered, until, written


@pytest.fixture(params=KINDS)
def kafka(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with broker(request.param) as running:
        yield running


async def talk(store: Store, desk: Desk, tickets: int = 10, messages: int = 5) -> list[UUID]:
    """Tickets with messages, numbered."""
    commands = [opening(desk) for _ in range(tickets)]
    await written(store, *(Envelope(desk.vic, command) for command in commands))
    for n in range(messages):
        said = says(f"message {n}")
        await written(
            store, *(Envelope(desk.vic, AddInteraction(command.ticket_id, said)) for command in commands)
        )
    await numbered(store)
    return [command.ticket_id for command in commands]


@asynccontextmanager
async def publishing(store: Store, topics: KafkaTopics) -> AsyncIterator[None]:
    publisher = KafkaPublisher(topics)
    consumer = Consumer(store, Bell(), CONSUMER, publisher.handle, patience=0.2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(consumer.run)
        yield
        tasks.cancel_scope.cancel()
    await publisher.close()


async def behind(store: Store) -> int:
    async with store.across() as db:
        heads, done = await log.fetch_heads(db), await log.fetch_committed(db, CONSUMER)
    return sum(heads[n] - done[n] for n in heads)


async def caught_up(store: Store, within: float = 120) -> None:
    with anyio.fail_after(within):
        while await behind(store):  # noqa: ASYNC110 (it asks Postgres)
            await anyio.sleep(0.02)


def seqs(found: list[tuple[int, bytes, bytes]]) -> dict[UUID, list[int]]:
    """The numbers of each ticket's events as Kafka has them, in its order; each in its ticket's partition."""
    by_ticket: defaultdict[UUID, list[int]] = defaultdict(list)
    for partition, key, value in found:
        event = msgspec.json.decode(value, type=EventRecord)
        assert (partition, key) == (partition_of(event.ticket_id), str(event.ticket_id).encode())
        by_ticket[event.ticket_id].append(event.seq)
    return dict(by_ticket)


async def test_kafka_is_told_every_event_in_order_and_what_changes_a_clock_once_more(
    store: Store, kafka: Broker
):
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(hours=1))
    tickets = await talk(store, desk)
    async with watched(kafka.address, "desk.") as topics, publishing(store, topics):
        await caught_up(store)
        events = await records(kafka.address, "desk.parley-events")
        clocks = await records(kafka.address, "desk.ticket-clocks")
    told = seqs(events)
    assert set(told) == set(tickets)
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT ticket_id, max(seq) AS last FROM events GROUP BY ticket_id")
    assert told == {row["ticket_id"]: list(range(1, row["last"] + 1)) for row in rows}
    armed = [decode_clock_record(value) for _, _, value in clocks]
    assert {record.ticket_id for record in armed} == set(tickets)
    assert {type(record.event()).__name__ for record in armed} == {"SlaStarted"}


async def test_what_was_parked_is_told_to_all_readers_once_and_to_no_clock(
    store: Store, kafka: Broker, monkeypatch: pytest.MonkeyPatch
):
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(hours=1))
    opened = opening(desk)
    await written(store, Envelope(desk.vic, opened))
    await numbered(store)

    def poison(self: KafkaPublisher, entries: Sequence[Entry], clocks: bool) -> Iterator[Any]:
        raise MessageSizeTooLargeError

    async with watched(kafka.address) as topics:
        with monkeypatch.context() as broken:
            broken.setattr(KafkaPublisher, "_records", poison)
            async with publishing(store, topics):
                await caught_up(store)
        publisher = KafkaPublisher(topics)
        again = ParkedEvents(store, {CONSUMER: publisher.handle_again})
        async with store.write(desk.workspace_id) as db:
            rows = await db.fetch("SELECT id, seq FROM parked_events WHERE consumer = 'kafka' ORDER BY seq")
            for row in rows:
                await parked_events.ask(db, desk.workspace_id, row["id"])
        assert await records(kafka.address, "parley-events") == []
        assert await again.turn() == len(rows) == 3
        assert await again.turn() == 0
        await publisher.close()
        told = seqs(await records(kafka.address, "parley-events"))
        assert told == {opened.ticket_id: [row["seq"] for row in rows]}
        assert await records(kafka.address, "ticket-clocks") == []
    async with store.read(desk.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM parked_events") == 0


async def test_a_kafka_that_is_away_is_waited_for_and_then_told_everything(store: Store, kafka: Broker):
    desk = await settle(store)
    kafka.kill()
    tickets = await talk(store, desk)
    topics = KafkaTopics(KafkaAccess((kafka.address,)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(topics.run)
        async with publishing(store, topics):
            await until(lambda: topics.state == "away")
            await anyio.sleep(1)
            assert await behind(store) > len(tickets)
            kafka.start()
            await caught_up(store)
            assert topics.ready
        tasks.cancel_scope.cancel()
    assert {tuple(told) for told in seqs(await records(kafka.address, "parley-events")).values()} == {
        tuple(range(1, 8))
    }


async def test_the_position_moves_only_when_kafka_has_acknowledged(store: Store, kafka: Broker):
    desk = await settle(store)
    async with watched(kafka.address) as topics, publishing(store, topics):
        first = await talk(store, desk, messages=1)
        await caught_up(store)
        before = await behind(store)
        kafka.send(signal.SIGSTOP)
        second = await talk(store, desk, messages=1)
        await anyio.sleep(1)
        assert (before, await behind(store)) == (0, 3 * len(second))
        kafka.send(signal.SIGCONT)
        await caught_up(store)
        found = await records(kafka.address, "parley-events")
    # At least once: what was on its way may be there twice, and its first time is in order.
    told = {ticket: list(dict.fromkeys(numbers)) for ticket, numbers in seqs(found).items()}
    assert told == {ticket: [1, 2, 3] for ticket in (*first, *second)}


@pytest.mark.parametrize("kafka", [REAL], indirect=True)  # Tansu would have forgotten what it acknowledged
async def test_what_kafka_has_acknowledged_survives_its_kill_and_nothing_is_missing(
    store: Store, kafka: Broker, monkeypatch: pytest.MonkeyPatch
):
    # Else its producer waits for the broker by itself, and nobody asks one that is known to be away.
    monkeypatch.setattr(kafka_module, "_ACK_SECONDS", 0.5)
    monkeypatch.setattr(kafka_topics, "_LOOK_SECONDS", 60.0)
    desk, tickets = await settle(store), list[UUID]()

    async def chatter() -> None:
        for _ in range(12):
            tickets.extend(await talk(store, desk, messages=2))
            await anyio.sleep(0.5)

    async with watched(kafka.address) as topics, publishing(store, topics):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(chatter)
            await anyio.sleep(3)
            await anyio.to_thread.run_sync(kafka.kill)
            await anyio.sleep(1)
            await anyio.to_thread.run_sync(kafka.start)
        await caught_up(store)
        found = await records(kafka.address, "parley-events")
    told = {ticket: list(dict.fromkeys(numbers)) for ticket, numbers in seqs(found).items()}
    assert told == {ticket: [1, 2, 3, 4] for ticket in tickets}


async def test_a_topic_with_another_number_of_partitions_is_refused_by_name(kafka: Broker):
    admin = AIOKafkaAdminClient(bootstrap_servers=[kafka.address])
    await admin.start()
    await admin.create_topics([NewTopic(kafka_topics.CLOCKS, 3, 1)])
    await admin.close()
    topics = KafkaTopics(KafkaAccess((kafka.address,)))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(topics.run)
        await until(lambda: topics.state.startswith("refused"))
        tasks.cancel_scope.cancel()
    assert topics.state == f"refused: ticket-clocks has 3 partitions instead of {PARTITIONS}"
    assert not topics.ready
