"""The two impure things that everybody needs: what time it is, and an id that nobody had before."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from uuid import UUID

from server.domain.ids import uuid7


def now() -> datetime:
    """The time, aware and in UTC, to the microsecond (which is what Postgres keeps)."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big"))
