"""Faust's transport over the log in Postgres: what makes one machine enough.

Registered under the scheme `parley-log:`, for apps of the class LogApp. What it promises them is what Kafka
promises a KafkaApp; both are held to it by tests/live/test_streams_contract.py.
"""

from __future__ import annotations

from faust.transport.base import Transport
from faust.transport.drivers import TRANSPORTS

from server.streams.consumer import LogConsumer
from server.streams.producer import LogProducer

SCHEME = "parley-log"


class LogTransport(Transport):
    """Consumers read topics from Postgres; producers write those of their own app."""

    Consumer = LogConsumer
    Producer = LogProducer
    default_port = 0
    driver_version = "parley-log=1"


def register() -> None:
    """Let Faust find the transport by its scheme; harmless to repeat."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:LogTransport"
