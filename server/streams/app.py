"""A Faust app that runs inside our own loop: no worker, no web server, no folders, no topics of its own."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import faust

from server.streams.assignor import SoleAssignor
from server.streams.consumer import LogConsumer
from server.streams.topic import Topic
from server.streams.transport import SCHEME, register

_COMMIT_SECONDS = 1.0


class StreamApp(faust.App):
    """A Faust app over topics that lie in Postgres; `name` also names it in what Faust logs."""

    def __init__(self, name: str, topics: Sequence[Topic]) -> None:
        register()
        for library in ("faust", "mode"):
            logging.getLogger(library).setLevel(logging.WARNING)
        self.stored_topics = {topic.name: topic for topic in topics}
        super().__init__(
            name,
            broker=f"{SCHEME}://postgres",
            store="memory://",
            autodiscover=False,
            web_enabled=False,
            topic_partitions=max(topic.partitions for topic in topics),
            topic_allow_declare=False,
            topic_disable_leader=True,
            reply_create_topic=False,
            broker_commit_interval=_COMMIT_SECONDS,
            stream_wait_empty=False,
            PartitionAssignor=SoleAssignor,
        )

    def _create_directories(self) -> None:
        """None: nothing of it lies in files."""

    @property
    def log_consumer(self) -> LogConsumer:
        """The consumer of this app, as ours."""
        consumer = self.consumer
        assert isinstance(consumer, LogConsumer)
        return consumer
