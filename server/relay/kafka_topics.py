"""What a process knows of Kafka: whether it answers, and that our topics are there as they must be.

Whoever reads or writes a topic waits for this first: many brokers make a topic that they are merely asked
about, with as many partitions as they like. The names of the topics carry the desk's prefix.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import anyio
import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError

from server.domain.log import PARTITIONS
from server.kafka_access import KafkaAccess
from server.store.pace import Backoff
from server.store.stream_record import CLOCKS, EVENTS

# What says that Kafka is away, to whoever speaks to it: wait, begin again.
KAFKA_AWAY: tuple[type[BaseException], ...] = (KafkaError, OSError, TimeoutError)
CLIENT_SECONDS = 3.0
_LOOK_SECONDS = 1.0
_AGAIN_MOST_SECONDS = 2.0
_REPLICAS = 3
_EXISTS = 36  # TOPIC_ALREADY_EXISTS

_logger = structlog.get_logger(__name__)


class TopicRefused(Exception):
    """A topic is there, and not as it must be."""


class KafkaTopics:
    """Makes the topics that are missing and looks after them, once a second, while `run` runs."""

    def __init__(self, access: KafkaAccess, prefix: str = "") -> None:
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it is said here once, in our words
        self.access = access
        self.prefix = prefix
        self.state = "starting"

    @property
    def events(self) -> str:
        """The topic of all events."""
        return self.prefix + EVENTS

    @property
    def clocks(self) -> str:
        """The topic of the events that change a clock."""
        return self.prefix + CLOCKS

    @property
    def ready(self) -> bool:
        """Whether Kafka answered lately and the topics are as they must be."""
        return self.state == "ok"

    async def run(self) -> None:
        """Look until cancelled; a Kafka that is away is waited for."""
        backoff = Backoff(most=_AGAIN_MOST_SECONDS)
        while True:
            try:
                await self._watch(backoff)
            except KAFKA_AWAY as error:
                self._tell("away", await self._reason(error))
            except TopicRefused as refused:
                self._tell(f"refused: {refused}", str(refused))
            await anyio.sleep(backoff.next_seconds())

    async def _watch(self, backoff: Backoff) -> None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=list(self.access.brokers),
            request_timeout_ms=int(CLIENT_SECONDS * 1000),
            **self.access.options(),
        )
        try:
            with anyio.fail_after(2 * CLIENT_SECONDS):
                await admin.start()
            while True:
                with anyio.fail_after(2 * CLIENT_SECONDS):
                    await self._look(admin)
                self._tell("ok", "")
                backoff.reset()
                await anyio.sleep(_LOOK_SECONDS)
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                await admin.close()

    async def _reason(self, error: BaseException) -> str:
        """What is wrong: the client keeps to itself why it was not let in, so the door is tried once more."""
        host, _, port = self.access.brokers[0].rpartition(":")
        if self.state == "away" or self.access.is_open:
            return repr(error)
        try:
            with anyio.move_on_after(CLIENT_SECONDS):
                connection = await create_conn(host.strip("[]"), int(port), **self.access.options())
                connection.close()
        except KAFKA_AWAY as wrong:
            return repr(wrong)
        return repr(error)

    async def _look(self, admin: AIOKafkaAdminClient) -> None:
        wanted = (self.events, self.clocks)
        there = set(await admin.list_topics())
        if missing := [name for name in wanted if name not in there]:
            await _create(admin, missing)
        for topic in await admin.describe_topics(list(wanted)):
            _check(topic)

    def _tell(self, state: str, reason: str) -> None:
        if state == self.state:
            return
        self.state = state
        if state == "ok":
            _logger.info("kafka_ok", brokers=",".join(self.access.brokers))
        else:
            _logger.warning("kafka_not_ok", brokers=",".join(self.access.brokers), reason=reason)


async def _create(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    brokers = (await admin.describe_cluster())["brokers"]
    replicas = max(1, min(_REPLICAS, len(brokers)))
    made = await admin.create_topics([NewTopic(name, PARTITIONS, replicas) for name in names])
    for name, code, *_ in made.topic_errors:
        if code not in (0, _EXISTS):
            raise TopicRefused(f"{name} could not be made (Kafka's error {code})")
        if code == 0:
            _logger.info("kafka_topic_made", topic=name, partitions=PARTITIONS, replicas=replicas)


def _check(topic: Mapping[str, Any]) -> None:
    found = len(topic["partitions"])
    if topic["error_code"] == 0 and found != PARTITIONS:
        raise TopicRefused(f"{topic['topic']} has {found} partitions instead of {PARTITIONS}")
    if topic["error_code"]:
        raise ConnectionError(f"{topic['topic']}: Kafka's error {topic['error_code']}")
