"""Armed clocks by the hundred thousand, written into a desk's tables by SQL from one that a ticket has.

For `load/clocks.py` and for the tests of faults. They are real enough to ring; no event tells of their start.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from server.store.pool import Connection
from server.store.statements import named

SQL = named((Path(__file__).parent / "clocks.sql").read_text("utf-8"))
_SECONDS = 600.0
_AT_ONCE = 50_000


async def write_clocks(
    db: Connection,
    model: tuple[UUID, UUID],
    numbers: range,
    first_due: datetime,
    apart: timedelta,
    *,
    tickets: bool,
) -> None:
    """Clocks like the one of the ticket `model`, the first due at `first_due`; with tickets, they can ring.

    In the workspace's transaction of `db`.
    """
    workspace_id, ticket_id = model
    begun = first_due - numbers.start * apart
    for first in range(numbers.start, numbers.stop, _AT_ONCE):
        last = min(first + _AT_ONCE, numbers.stop) - 1
        if tickets:
            for name in ("tickets", "events"):
                await db.execute(SQL[name], workspace_id, ticket_id, first, last, timeout=_SECONDS)
        await db.execute(SQL["targets"], workspace_id, ticket_id, first, last, begun, apart, timeout=_SECONDS)
