"""The bus of a process that is alone, or knows of the others by the log only: it carries nothing."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from server.realtime.bus import Confirmed, Heard


class LocalBus:
    """Nobody else is there."""

    shared = False
    ready = False

    async def check(self) -> bool:
        """Nothing can be wrong."""
        return True

    async def run(self) -> None:
        """Nothing to do until cancelled."""
        await anyio.sleep_forever()

    def publish(self, shard: int, note: bytes) -> None:
        """Nobody hears."""

    def want(self, shard: int) -> None:
        """Nobody tells."""

    def unwant(self, shard: int) -> None:
        """Nobody told."""

    def has(self, shard: int) -> bool:
        """All that there is to hear is heard."""
        return True

    async def wanted(self, shard: int) -> None:
        """At once."""

    def listen(self, heard: Heard, confirmed: Confirmed) -> Callable[[], None]:
        """Nothing will be heard."""
        return lambda: None

    async def flush(self) -> None:
        """Nothing waits."""
