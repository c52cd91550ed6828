"""What happened to a ticket, command by command, as far as its log can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from uuid import UUID

import msgspec

from server.domain.events import InteractionAdded, Recorded, SlaEscalated, TicketOpened, changes_clock
from server.domain.identity import ActorType


class Done(msgspec.Struct, frozen=True):
    """What one command made happen, in order."""

    at: datetime
    actor_type: ActorType
    actor_id: UUID | None
    records: tuple[Recorded, ...]

    @property
    def asked_for(self) -> tuple[Recorded, ...]:
        """What somebody asked for: without what followed for the clocks, and what a step of theirs did."""
        before = takewhile(lambda record: not isinstance(record.event, SlaEscalated), self.records)
        return tuple(record for record in before if not changes_clock(record.event))


def commands(records: Iterable[Recorded]) -> Iterator[Done]:
    """The commands of a log.

    Records of one command share its instant and actor, and what follows for the clocks comes last; so two
    that were decided at once are told apart wherever that makes a difference to a clock.
    """
    group: list[Recorded] = []
    for record in records:
        if group and _begins(group, record):
            yield _done(group)
            group = []
        group.append(record)
    if group:
        yield _done(group)


def _begins(group: list[Recorded], record: Recorded) -> bool:
    last = group[-1]
    if (last.at, last.actor_type, last.actor_id) != (record.at, record.actor_type, record.actor_id):
        return True
    if isinstance(record.event, InteractionAdded):
        return not isinstance(last.event, TicketOpened)
    return record.actor_type != "system" and changes_clock(last.event) and not changes_clock(record.event)


def _done(group: list[Recorded]) -> Done:
    first = group[0]
    return Done(first.at, first.actor_type, first.actor_id, tuple(group))
