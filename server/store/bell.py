"""A bell that rings in this process when the log has grown: it saves its readers a poll, and no more.

Whoever waits for it also polls, since another process may be the one that numbers the log.
"""

from __future__ import annotations

import asyncio

import anyio


class Bell:
    """Rings for everybody who was listening. Listen first, look then, wait last: so no ring is lost."""

    def __init__(self) -> None:
        self._ringing = asyncio.Event()

    def ring(self) -> None:
        """Wake all who listen."""
        self._ringing.set()
        self._ringing = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """An event that the next ring sets."""
        return self._ringing


async def heard(ring: asyncio.Event, timeout: float) -> bool:
    """Wait for a ring that was listened for; False when `timeout` seconds passed without it."""
    with anyio.move_on_after(timeout):
        await ring.wait()
        return True
    return False
