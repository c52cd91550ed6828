"""Passwords: Argon2id (RFC 9106) in worker threads, a few at a time, with a bound on who waits.

A look-up that found nobody is verified against a hash all the same, so that the time tells nothing.
"""

from functools import partial
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain.errors import Unavailable

T = TypeVar("T")

MAX_BYTES = 1024
MAX_AT_ONCE = 2  # each takes 64 MiB and a core for some 50 ms
MAX_WAITING = 40
WAIT_SECONDS = 10.0


class Passwords:
    """Hashes and verifies, off the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = CapacityLimiter(MAX_AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store; Unavailable when too many wait."""
        return await self._run(partial(self._hasher.hash, password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password is the one; takes as long when nothing is stored."""
        return await self._run(partial(self._verify, stored, password))

    def _verify(self, stored: str | None, password: str) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody has this password")
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _run(self, work: "partial[T]") -> T:
        if self._limiter.statistics().tasks_waiting >= MAX_WAITING:
            raise Unavailable("Too many are signing in at the moment")
        with anyio.move_on_after(WAIT_SECONDS):
            return await to_thread.run_sync(work, limiter=self._limiter)
        raise Unavailable("Signing in takes too long at the moment")
