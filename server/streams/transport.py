"""Faust's transport over the log in Postgres: what makes one machine enough.

What it promises a LogApp is what Kafka promises a KafkaApp; both are held to it by
tests/live/test_streams_contract.py.
"""

from __future__ import annotations

from typing import Any

from faust.transport.base import Transport
from faust.types import AppT

from server.streams.consumer import LogConsumer
from server.streams.producer import LogProducer
from server.streams.stored_topic import Topics


class LogTransport(Transport):
    """Consumers read topics from Postgres; producers write those of their own app."""

    default_port = 0
    driver_version = "parley-log=1"

    def __init__(self, app: AppT, topics: Topics) -> None:
        super().__init__(app.conf.broker_consumer, app)
        self._topics = topics

    def create_consumer(self, callback: Any, **kwargs: Any) -> LogConsumer:
        return LogConsumer(self, callback=callback, topics=self._topics, **kwargs)

    def create_producer(self, **kwargs: Any) -> LogProducer:
        return LogProducer(self, topics=self._topics, **kwargs)
