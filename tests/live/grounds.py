"""Where the same small Faust apps run in the contract tests: topics in Postgres, or a Kafka.

A ground has topics of four partitions; an app with a table finds its changelog made.
"""

from __future__ import annotations

import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager

import anyio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from server.kafka_access import KafkaAccess
from server.store.pool import Store
from server.store.stream_records import Unwritten
from server.streams.app import KafkaApp, LogApp, StreamApp
from server.streams.stored_topic import Shelf, StoredTopic
from tests.kafka.brokers import REAL, Broker, broker

PARTITIONS = 4
KINDS = ("postgres", "tansu", "mock", REAL)
Put = list[tuple[int, bytes, bytes]]


class Ground(ABC):
    """Topics, and apps over them."""

    @abstractmethod
    async def make(self, app: str, topic: str) -> None:
        """A topic to be read by an app, and the changelog of its table `sums`."""

    @abstractmethod
    def app(self, name: str, topic: str) -> StreamApp:
        """A new app of that name."""

    @abstractmethod
    async def put(self, topic: str, records: Put) -> None:
        """Partition, key and value: written in that order."""

    @abstractmethod
    async def committed(self, app: str, topic: str) -> int:
        """How many records an app is done with."""

    @abstractmethod
    def troubled(self) -> AbstractContextManager[None]:
        """Storage is away."""


class PostgresGround(Ground):
    """Our own transport."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def make(self, app: str, topic: str) -> None:
        await Shelf(self.store, app).open(topic, PARTITIONS)

    def app(self, name: str, topic: str) -> StreamApp:
        return LogApp(name, [StoredTopic(self.store, name, topic, PARTITIONS)], Shelf(self.store, name))

    async def put(self, topic: str, records: Put) -> None:
        stored = await Shelf(self.store, "somebody").open(topic, PARTITIONS)
        await stored.append([Unwritten(partition, 1.0, key, value) for partition, key, value in records])

    async def committed(self, app: str, topic: str) -> int:
        stored = await Shelf(self.store, app).open(topic, PARTITIONS)
        return sum((await stored.fetch_committed()).values())

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """Every connection is refused."""
        pool = self.store.pool
        self.store.pool = _Away()  # type: ignore[assignment]
        try:
            yield
        finally:
            self.store.pool = pool


class _Away:
    """A pool whose Postgres is away."""

    def acquire(self, **_: object) -> object:
        raise ConnectionRefusedError


class KafkaGround(Ground):
    """A broker."""

    def __init__(self, kind: str, running: Broker) -> None:
        self.kind = kind
        self.broker = running

    async def make(self, app: str, topic: str) -> None:
        names = [topic, f"{app}-sums-changelog"]
        admin = AIOKafkaAdminClient(bootstrap_servers=[self.broker.address])
        await admin.start()
        if self.kind == "mock":  # it makes what it is asked about, and takes no orders
            await admin.describe_topics(names)
        else:
            await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        await admin.close()

    def app(self, name: str, topic: str) -> StreamApp:
        app = KafkaApp(name, KafkaAccess((self.broker.address,)), PARTITIONS)
        if self.kind == "tansu":  # as the end of a partition it names the first record of the last batch
            app.conf.producer_max_batch_size = 1
        return app

    async def put(self, topic: str, records: Put) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=[self.broker.address])
        with anyio.fail_after(60):
            await producer.start()
            for partition, key, value in records:
                await producer.send_and_wait(topic, value, key=key, partition=partition)
            await producer.stop()

    async def committed(self, app: str, topic: str) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=[self.broker.address], group_id=app)
        with anyio.fail_after(60):
            await consumer.start()
            try:
                places = [TopicPartition(topic, n) for n in range(PARTITIONS)]
                consumer.assign(places)
                return sum([await consumer.committed(place) or 0 for place in places])
            finally:
                await consumer.stop()

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """The broker stands still; its sockets stay open."""
        self.broker.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.broker.send(signal.SIGCONT)


@asynccontextmanager
async def ground(kind: str, dsn: str) -> AsyncIterator[Ground]:
    """One of KINDS."""
    if kind == "postgres":
        store = await Store.open(dsn, max_connections=6)
        try:
            yield PostgresGround(store)
        finally:
            await store.close()
    else:
        with broker(kind) as running:
            yield KafkaGround(kind, running)
