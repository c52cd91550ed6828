"""Kafka by TLS, certificates and passwords: all that speaks to it gets in, and nobody with a wrong key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
import structlog
from pydantic import SecretStr

from server.domain.commands import Envelope
from server.kafka_access import KafkaAccess
from server.relay.kafka_topics import KafkaTopics
from server.store.pool import Store
from tests.channels.certificates import Authority
from tests.kafka.brokers import KINDS, REAL
from tests.kafka.locked import PASSWORD, LockedKafka, LockedTansu, locked
from tests.live.test_streams_kafka import clockwork
from tests.people import opening, promise, settle
from tests.store.relaying import until


@pytest.fixture(params=KINDS)
def kafka(request: pytest.FixtureRequest) -> Iterator[LockedTansu | LockedKafka]:
    with locked(request.param) as running:
        yield running


async def refusal(access: KafkaAccess, log: list[structlog.typing.EventDict]) -> str:
    """Why somebody does not get in, as the operator is told."""
    topics, before = KafkaTopics(access), len(log)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(topics.run)
        await until(lambda: topics.state != "starting")
        tasks.cancel_scope.cancel()
    assert not topics.ready
    (told,) = [line for line in log[before:] if line["event"] == "kafka_not_ok"]
    assert PASSWORD not in repr(log)
    return str(told["reason"])


async def test_the_clocks_are_told_by_a_locked_kafka(store: Store, kafka: LockedTansu | LockedKafka) -> None:
    """The admin, the producer and Faust's consumer."""
    desk = await settle(store)
    await promise(store, desk, resolution=timedelta(hours=1))
    async with clockwork(store, kafka.access()) as run:
        await run.handle.submit(Envelope(desk.vic, opening(desk)))
        await until(lambda: len(run.stream.alarms) == 1)


async def test_who_brings_no_certificate_or_trusts_nobody_is_told_so(
    kafka: LockedTansu | LockedKafka, tmp_path: Path
) -> None:
    other = Authority(tmp_path)
    with structlog.testing.capture_logs() as log:
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(kafka.access(kafka_tls_ca=other.path), log)
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(kafka.access(kafka_tls_ca=None), log)
        await refusal(kafka.access(kafka_tls_cert=None, kafka_tls_key=None), log)
        await refusal(kafka.access(kafka_tls=False), log)


@pytest.mark.parametrize("kind", [REAL])
async def test_each_mechanism_gets_in_and_a_wrong_password_by_none(kind: str) -> None:
    with locked(kind) as kafka, structlog.testing.capture_logs() as log:
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
            topics = KafkaTopics(kafka.access(kafka_mechanism=mechanism))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(topics.run)
                await until(lambda topics=topics: topics.ready)
                tasks.cancel_scope.cancel()
            wrong = kafka.access(kafka_mechanism=mechanism, kafka_password=SecretStr("another"))
            assert "uthentication" in await refusal(wrong, log)
