"""The SLA clocks: what changes a clock is heard, what rings is proposed to the writer.

Alarms are set from the due column when a partition is taken over, overdue ones first; from then on by the
topic `ticket-clocks`. Nothing here has to survive, or to be exact: the transaction decides. Where the topic
lies, and so who keeps which partitions, is up to `sla_log.py` and `sla_kafka.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import structlog
from faust.types import EventT

from server.domain.errors import Unavailable
from server.store import log
from server.store.armed import list_armed_of
from server.store.bell import Bell
from server.store.log import Entry, Place
from server.store.pool import Store
from server.store.stream_record import ClockRecord, decode_clock_record
from server.streams.alarms import Alarms
from server.streams.arming import arm_all
from server.streams.proposals import Proposals, Writer

CONSUMER = "sla-clocks"
_EVER = datetime(1, 1, 1, tzinfo=UTC)

_logger = structlog.get_logger(__name__)


class SlaStream(ABC):
    """The SLA clocks that this process keeps, while `run` runs."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.store = store
        self.alarms = Alarms()
        self.changed = Bell()
        self.proposals = Proposals(self.alarms, self.changed, writer)
        self.heard_before = _EVER  # what happened before that, the due column knew when it was read

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether the clocks of this process run, or others keep them all."""

    @abstractmethod
    async def run(self) -> None:
        """Keep clocks, again after every outage, until cancelled."""

    async def arm(self) -> None:
        """Set the alarms of all kept partitions by the due column. Raises Unavailable."""
        await arm_all(self.store, self.alarms, self.changed)

    async def hear(self, event: EventT[bytes]) -> None:
        """Set the clock that a record is about; one that cannot be read is parked and passed over."""
        try:
            record = decode_clock_record(event.value)
        except msgspec.DecodeError as error:  # nobody of ours has written it: whose it is cannot be told
            _logger.error("clock_record_unreadable", partition=event.message.partition, exc_info=error)
            return
        if record.at < self.heard_before:
            return
        try:
            self.alarms.hear(record.workspace_id, record.ticket_id, record.event())
        except msgspec.DecodeError as error:
            await self._park(record, event.message.partition, error)
        self.changed.ring()

    async def hear_again(self, entries: Sequence[Entry]) -> None:
        """Set the clocks of tickets with a parked event, as the due column has them now.

        Not as the event says: it is out of its order. One that is set in vain is refused when it rings.
        Raises msgspec.ValidationError for an event that still cannot be read, and Unavailable.
        """
        for entry in entries:
            entry.event()
            marks = self.alarms.marks()
            async with self.store.read(entry.workspace_id) as db:
                for row in await list_armed_of(db, entry.workspace_id, entry.ticket_id):
                    self.alarms.read(row, marks)
        self.changed.ring()

    async def _park(self, record: ClockRecord, partition: int, error: Exception) -> None:
        place = Place(partition, record.offset, record.workspace_id, record.ticket_id, record.seq)
        with suppress(Unavailable):  # it has been told, and the clocks are set anew after an outage
            await log.park(self.store, CONSUMER, place, error)
