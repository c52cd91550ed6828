"""librdkafka's mock cluster as a program: prints its address, and lives until it is killed.

Its topics make themselves when they are asked about, with four partitions; it takes no orders to make any.
"""

from __future__ import annotations

import signal

from confluent_kafka import Producer

if __name__ == "__main__":
    cluster = Producer(
        {
            "bootstrap.servers": "none:1",
            "test.mock.num.brokers": 1,
            "log_level": 2,
        }
    )
    (found,) = cluster.list_topics(timeout=10).brokers.values()
    print(f"{found.host}:{found.port}", flush=True)
    while True:
        signal.pause()
