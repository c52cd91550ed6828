"""The alarms: one clock per target of a ticket, for the next of its rings; kept by partition of the log.

Pure. Events may come twice or late: a clock too many only makes a proposal that the transaction refuses. What
is about a partition that is kept elsewhere is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from server.domain.events import (
    SlaBreached,
    SlaEscalated,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
    TargetName,
)
from server.domain.log import partition_of
from server.store.armed import Armed
from server.streams.clocks import Clocks

Marks = Mapping[int, int]


class Alarm(NamedTuple):
    """Whose clock it is."""

    workspace_id: UUID
    ticket_id: UUID
    target: TargetName


class Alarms:
    """The clocks of the partitions that are kept here; their value is the very instant that they ring for."""

    def __init__(self, partitions: Collection[int] = ()) -> None:
        self._kept: dict[int, Clocks[Alarm, datetime]] = {}
        self.keep(partitions)

    def __len__(self) -> int:
        return sum(map(len, self._kept.values()))

    def __contains__(self, alarm: Alarm) -> bool:
        return self.get(alarm) is not None

    @property
    def partitions(self) -> Collection[int]:
        """Those that are kept."""
        return self._kept.keys()

    def keep(self, partitions: Collection[int]) -> None:
        """Keep these and forget the others; what is known of one that was kept before stays."""
        self._kept = {n: self._kept[n] if n in self._kept else Clocks() for n in sorted(partitions)}

    def get(self, alarm: Alarm) -> datetime | None:
        """What an alarm rings for, or None."""
        clocks = self._of(alarm.ticket_id)
        return None if clocks is None else clocks.get(alarm)

    def hear(self, workspace_id: UUID, ticket_id: UUID, event: SlaEvent) -> None:
        """Set, move or silence the clock that an event is about."""
        if (clocks := self._of(ticket_id)) is None:
            return
        alarm, at = Alarm(workspace_id, ticket_id, event.target), _rings_at(event)
        if at is None:
            clocks.cancel(alarm)
        else:
            clocks.arm(alarm, at.timestamp(), at)

    def marks(self) -> Marks:
        """What `read` takes: everything that is heard from now on is younger than what is read."""
        return {n: clocks.mark for n, clocks in self._kept.items()}

    def read(self, row: Armed, marks: Marks) -> None:
        """Set the clock of a target as its row says, unless something younger was heard of it since."""
        if (clocks := self._of(row.ticket_id)) is not None:
            alarm = Alarm(row.workspace_id, row.ticket_id, row.target)
            mark = marks.get(partition_of(row.ticket_id), 0)
            clocks.arm_older(alarm, row.next_at.timestamp(), row.next_at, mark)

    def try_again(self, alarm: Alarm, ring_at: float, at: datetime) -> None:
        """Let an alarm that rang in vain ring once more, unless it has been set anew."""
        if (clocks := self._of(alarm.ticket_id)) is not None and alarm not in clocks:
            clocks.arm(alarm, ring_at, at)

    def next_at(self) -> float | None:
        """When the next alarm rings, or None."""
        return min(
            (at for clocks in self._kept.values() if (at := clocks.next_at()) is not None), default=None
        )

    def take_due(self, now: float, limit: int) -> list[tuple[Alarm, datetime]]:
        """Disarm and return up to `limit` alarms that ring at or before `now`, earliest first."""
        due: list[tuple[Alarm, datetime]] = []
        while len(due) < limit:
            heads = [(at, n) for n, clocks in self._kept.items() if (at := clocks.next_at()) is not None]
            if not heads or min(heads)[0] > now:
                break
            due += self._kept[min(heads)[1]].take_due(now, 1)
        return due

    def _of(self, ticket_id: UUID) -> Clocks[Alarm, datetime] | None:
        return self._kept.get(partition_of(ticket_id))


def _rings_at(event: SlaEvent) -> datetime | None:
    match event:
        case SlaStarted() | SlaRetimed() | SlaResumed():
            return event.rings[0].at if event.rings else None
        case SlaWarned() | SlaEscalated() | SlaBreached():
            return event.next_at
        case SlaPaused() | SlaMet() | SlaStopped():
            return None
        case _:
            assert_never(event)
