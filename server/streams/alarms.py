"""Which clock each SLA event sets: one per target of a ticket, ringing at the next of its rings.

Pure. Events may come twice or late: a clock too many only makes a proposal that the transaction refuses.
"""

from __future__ import annotations

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
from server.store.armed import Armed
from server.streams.clocks import Clocks


class Alarm(NamedTuple):
    """Whose clock it is."""

    workspace_id: UUID
    ticket_id: UUID
    target: TargetName


Alarms = Clocks[Alarm, datetime]  # the value is the very instant that it rings for


def arm_row(alarms: Alarms, row: Armed) -> None:
    """Set the clock of a target as its row says."""
    _set(alarms, Alarm(row.workspace_id, row.ticket_id, row.target), row.next_at)


def hear(alarms: Alarms, workspace_id: UUID, ticket_id: UUID, event: SlaEvent) -> None:
    """Set, move or silence the clock that an event is about."""
    _set(alarms, Alarm(workspace_id, ticket_id, event.target), _rings_at(event))


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


def _set(alarms: Alarms, alarm: Alarm, at: datetime | None) -> None:
    if at is None:
        alarms.cancel(alarm)
    else:
        alarms.arm(alarm, at.timestamp(), at)
