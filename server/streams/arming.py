"""Setting the alarms by the due column: at a start, and when Kafka gives this process other partitions."""

from __future__ import annotations

import anyio.lowlevel
import structlog

from server.store.armed import pages_of_armed
from server.store.bell import Bell
from server.store.pool import Store
from server.streams.alarms import Alarms

_logger = structlog.get_logger(__name__)


async def arm_all(store: Store, alarms: Alarms, changed: Bell) -> None:
    """Set every alarm of the partitions that are kept, those first that ring first. Raises Unavailable.

    Alarms may ring, and events be heard, meanwhile.
    """
    count, marks, partitions = 0, alarms.marks(), list(alarms.partitions)
    async with store.across() as db:
        async for page in pages_of_armed(db, partitions):
            for row in page:
                alarms.read(row, marks)
            count += len(page)
            changed.ring()
            await anyio.lowlevel.checkpoint()  # others have their turn between two pages
    _logger.info("sla_clocks_armed", count=count, partitions=partitions)
