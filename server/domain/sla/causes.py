"""Why a clock was measured otherwise: what of the ticket changed in the same command, or of its policy."""

from __future__ import annotations

from collections.abc import Iterator

from server.domain.events import (
    CustomerChanged,
    Event,
    PriorityChanged,
    StatusChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
)
from server.domain.sla.explanation import Cause
from server.domain.sla.history import Done
from server.domain.sla.policy import Promise


def causes_of(
    done: Done, before: Promise | None, after: Promise | None, *, edited: bool
) -> tuple[Cause, ...]:
    """The causes, each once; `edited` where the policy is the same as before."""
    found = list(_of_policy(before, after)) if edited else list(_of_ticket(done))
    return tuple(dict.fromkeys(found)) or ("rules",)


def _of_ticket(done: Done) -> Iterator[Cause]:
    for record in done.records:
        cause = _cause(record.event)
        if cause is not None:
            yield cause


def _cause(event: Event) -> Cause | None:
    match event:
        case PriorityChanged():
            return "priority"
        case TicketAssigned():
            return "assignment"
        case TagAdded() | TagRemoved():
            return "tags"
        case CustomerChanged():
            return "customer"
        case StatusChanged():
            return "reopened"
        case _:
            return None


def _of_policy(before: Promise | None, after: Promise | None) -> Iterator[Cause]:
    if before is None or after is None:
        return
    if before.needed != after.needed:
        yield "time"
    if before.calendar != after.calendar:
        yield "calendar"
    if before.pauses != after.pauses:
        yield "pauses"
    if before.steps != after.steps:
        yield "steps"
