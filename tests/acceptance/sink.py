"""A relay that takes every mail and keeps it: where an agent's replies arrive."""

from __future__ import annotations

import email
import email.policy
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.fleet import lasting_ports


class Sink:
    """What arrived, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._arrived: queue.Queue[EmailMessage] = queue.Queue()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self._arrived.put(message)
        return "250 kept"

    def next(self, seconds: float = 60) -> EmailMessage:
        """The next mail; fails when none comes."""
        return self._arrived.get(timeout=seconds)

    @property
    def is_empty(self) -> bool:
        return self._arrived.empty()


@contextmanager
def sink() -> Iterator[Sink]:
    """A sink that listens."""
    (port,) = lasting_ports(1)
    kept = Sink(port)
    controller = Controller(kept, hostname="127.0.0.1", port=port, ready_timeout=60)
    controller.start()
    try:
        yield kept
    finally:
        controller.stop()
