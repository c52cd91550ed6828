"""Faust's transport over the log in Postgres: what makes one machine enough.

Registered under the scheme `parley-log:`, for apps of the class StreamApp. A later Kafka mode is the
same app with another broker address: agents know topics and records, not where they lie.
"""

from __future__ import annotations

from faust.transport.base import Transport
from faust.transport.drivers import TRANSPORTS

from server.streams.consumer import LogConsumer
from server.streams.producer import LogProducer

SCHEME = "parley-log"


class LogTransport(Transport):
    """Consumers read topics from Postgres; producers refuse."""

    Consumer = LogConsumer
    Producer = LogProducer
    default_port = 0
    driver_version = "parley-log=1"


def register() -> None:
    """Let Faust find the transport by its scheme; harmless to repeat."""
    TRANSPORTS.aliases[SCHEME] = f"{__name__}:LogTransport"
