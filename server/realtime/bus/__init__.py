"""The bus joins the processes: what one tells a shard, all others with members there hear, soon or never.

Nothing depends on it but speed and passing states. A note may be lost, be late or come twice; events are
numbered, and whoever misses one reads it from Postgres.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

BELL = -1  # not a shard: rung when the log has grown
NOTIFIED = -2  # nor this: agents have notifications, or have read some
Heard = Callable[[int, bytes], None]
Confirmed = Callable[[int], None]


class BusRefused(Exception):
    """The server that is configured cannot carry the bus; the text says why, for an operator."""


class Bus(Protocol):
    """Carries notes between processes, by shard. `run` must be running."""

    @property
    def shared(self) -> bool:
        """Whether there is anybody to hear: without it nothing need be told."""

    @property
    def ready(self) -> bool:
        """Whether it works now; everything goes on without it."""

    async def check(self) -> bool:
        """Whether it can be reached now. Raises BusRefused when what is there can never carry it."""

    async def run(self) -> None:
        """Connect, carry and reconnect until cancelled."""

    def publish(self, shard: int, note: bytes) -> None:
        """Tell the other processes; never blocks. What does not fit is dropped and counted."""

    def want(self, shard: int) -> None:
        """Hear a shard from soon on; repeating it is harmless."""

    def unwant(self, shard: int) -> None:
        """No longer."""

    def has(self, shard: int) -> bool:
        """Whether a shard that is wanted is heard for certain."""

    async def wanted(self, shard: int) -> None:
        """Return once a shard is heard for certain; soon and without it while the bus is away."""

    def listen(self, heard: Heard, confirmed: Confirmed) -> Callable[[], None]:
        """Be called with every note of others, and for a shard each time that hearing it begins or begins
        again: what was told before is gone then. Returns how to stop."""

    async def flush(self) -> None:
        """Wait, briefly, until what was published has left."""
