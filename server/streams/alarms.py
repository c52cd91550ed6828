"""Which clock each SLA event sets: one per target of a ticket, ringing at its warning, then at its due time.

Pure. Events may come twice or late: a clock too many only makes a proposal that the transaction refuses.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from server.domain.events import (
    SlaBreached,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
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


Alarms = Clocks[Alarm, datetime]  # the value is the due time that the alarm stands for


def arm_row(alarms: Alarms, row: Armed) -> None:
    """Set the clock of a running target as its row says."""
    alarm = Alarm(row.workspace_id, row.ticket_id, row.target)
    first = row.due_at if row.warned_at is not None else row.warn_at
    alarms.arm(alarm, first.timestamp(), row.due_at)


def hear(alarms: Alarms, workspace_id: UUID, ticket_id: UUID, event: SlaEvent) -> None:
    """Set, move or silence the clock that an event is about."""
    alarm = Alarm(workspace_id, ticket_id, event.target)
    match event:
        case SlaStarted() | SlaResumed():
            alarms.arm(alarm, event.warn_at.timestamp(), event.due_at)
        case SlaWarned():
            alarms.arm(alarm, event.due_at.timestamp(), event.due_at)
        case SlaPaused() | SlaMet() | SlaBreached() | SlaStopped():
            alarms.cancel(alarm)
        case _:
            assert_never(event)
