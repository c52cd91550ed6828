"""The watchdog: finds clocks that should have rung by what Postgres says, and did not.

In calm runs there are none. It makes up for a stream that is down or behind, within two seconds of the
instant that a clock rings for, and counts each repair, so that polling is never what makes Parley seem to
work.

What it finds once may be on its way, here or in another process; what it finds at two looks in a row is not.
So a long backlog, which whoever keeps the clocks works off in order, is left to him.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import anyio
import structlog
from prometheus_client import Counter

from server.store.armed import Armed, list_overdue
from server.store.pool import Connection
from server.streams.alarms import Alarm
from server.streams.proposals import MAX_IN_FLIGHT, Proposals

# From the instant to the second look at most 1.8 s: the sum is what Parley promises, less a commit.
_GRACE_SECONDS = 1.0
_EVERY_SECONDS = 0.4

repairs = Counter("parley_sla_watchdog_repairs_total", "Clocks that the stream had not rung.")

_logger = structlog.get_logger(__name__)


async def watch(db: Connection, proposals: Proposals) -> None:
    """Look until cancelled. Raises when `db` is lost."""
    seen: set[Armed] = set()
    while True:
        before = datetime.fromtimestamp(time.time() - _GRACE_SECONDS, UTC)
        found = set(await list_overdue(db, before, MAX_IN_FLIGHT))
        for row in sorted(found & seen, key=lambda row: row.next_at):
            _repair(row, proposals)
        seen = found
        await anyio.sleep(_EVERY_SECONDS)


def _repair(row: Armed, proposals: Proposals) -> None:
    alarm = Alarm(row.workspace_id, row.ticket_id, row.target)
    if proposals.is_on_its_way(alarm, row.next_at):
        return
    repairs.inc()
    _logger.warning(
        "sla_watchdog_repairs",
        workspace_id=str(row.workspace_id),
        ticket_id=str(row.ticket_id),
        target=row.target,
    )
    proposals.propose(alarm, row.next_at)
