"""The two impure things that everybody needs: what time it is, and an id that nobody had before."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from server.domain.ids import uuid7_bytes
from server.ids import quick_id

AT_ONCE = 256  # ids for which the kernel is asked for randomness: it takes as long for many as for one
_random: list[bytes] = []


def now() -> datetime:
    """The time, aware and in UTC, to the microsecond (which is what Postgres keeps)."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    try:
        random = _random.pop()
    except IndexError:
        fresh = os.urandom(10 * AT_ONCE)
        _random.extend(fresh[start : start + 10] for start in range(0, len(fresh), 10))
        random = _random.pop()
    return quick_id(uuid7_bytes(time.time_ns() // 1_000_000, int.from_bytes(random, "big")))


os.register_at_fork(after_in_child=_random.clear)  # no two processes have the same
