"""For tests: what a Kafka holds, read as any other program would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from aiokafka import AIOKafkaConsumer, TopicPartition

from server.domain.log import PARTITIONS
from server.kafka_access import KafkaAccess
from server.relay.kafka_topics import KafkaTopics
from tests.store.relaying import until


async def records(address: str, topic: str) -> list[tuple[int, bytes, bytes]]:
    """Partition, key and value of all that a topic holds, each partition in its order."""
    places = [TopicPartition(topic, n) for n in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(bootstrap_servers=[address], auto_offset_reset="earliest")
    with anyio.fail_after(20):
        await consumer.start()
        try:
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            found: list[tuple[int, bytes, bytes]] = []
            while [place for place, end in ends.items() if await consumer.position(place) < end]:
                for place, batch in (await consumer.getmany(timeout_ms=200)).items():
                    found += [(place.partition, record.key, record.value) for record in batch]
            return found
        finally:
            await consumer.stop()


@asynccontextmanager
async def watched(address: str, prefix: str = "") -> AsyncIterator[KafkaTopics]:
    """The topics of a Kafka, made and looked after."""
    topics = KafkaTopics(KafkaAccess((address,)), prefix)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(topics.run)
        await until(lambda: topics.ready, within=20)
        yield topics
        tasks.cancel_scope.cancel()
