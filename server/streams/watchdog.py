"""The watchdog: finds clocks that should have rung by what Postgres says, and that no alarm knows.

In calm runs there are none. It makes up for a stream that is down or behind, and counts each repair, so
that polling is never what makes Parley seem to work.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Counter

from server.store.armed import list_overdue
from server.store.pool import Connection
from server.streams.alarms import Alarm
from server.streams.proposals import MAX_IN_FLIGHT, Proposals

_EVERY_SECONDS = 1.0
_GRACE_SECONDS = 2.0

repairs = Counter("parley_sla_watchdog_repairs_total", "Clocks that the stream had not rung.")

_logger = structlog.get_logger(__name__)


async def watch(db: Connection, proposals: Proposals, tasks: TaskGroup) -> None:
    """Look once a second until cancelled; `tasks` runs what is proposed. Raises when `db` is lost."""
    while True:
        before = datetime.fromtimestamp(time.time() - _GRACE_SECONDS, UTC)
        for row in await list_overdue(db, before, MAX_IN_FLIGHT):
            alarm = Alarm(row.workspace_id, row.ticket_id, row.target)
            if proposals.is_on_its_way(alarm, row.next_at):
                continue
            repairs.inc()
            _logger.warning(
                "sla_watchdog_repairs",
                workspace_id=str(row.workspace_id),
                ticket_id=str(row.ticket_id),
                target=row.target,
            )
            proposals.start(tasks, alarm, row.next_at)
        await anyio.sleep(_EVERY_SECONDS)
