"""A bell that rings in this process when the log has grown: it saves its readers most of their polls.

Whoever waits for it also polls, since another process may be the one that numbers the log: ten times a
second, or once a second where the sequencer is in this very process, or rings over the bus.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio

_POLL_SECONDS = 0.1
_TRUSTING_SECONDS = 1.0


class Bell:
    """Rings for everybody who was listening. Listen first, look then, wait last: so no ring is lost."""

    def __init__(self, hears_others: Callable[[], bool] = lambda: False) -> None:
        self._ringing = asyncio.Event()
        self._hears_others = hears_others
        self.is_rung_here = False

    @property
    def trusted(self) -> bool:
        """Whether all that there is to hear rings it."""
        return self.is_rung_here or self._hears_others()

    def ring(self) -> None:
        """Wake all who listen."""
        self._ringing.set()
        self._ringing = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """An event that the next ring sets."""
        return self._ringing

    async def wait(self, ring: asyncio.Event) -> None:
        """Wait for a ring that was listened for, or until it is time to poll."""
        await heard(ring, _TRUSTING_SECONDS if self.trusted else _POLL_SECONDS)


async def heard(ring: asyncio.Event, timeout: float) -> bool:
    """Wait for a ring that was listened for; False when `timeout` seconds passed without it."""
    with anyio.move_on_after(timeout):
        await ring.wait()
        return True
    return False
