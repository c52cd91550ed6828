"""The short way for what is merely said: decided over remembered tickets, written in one round trip.

It decides with the same domain as the long way (`lane.py`), which takes all that it leaves: tickets that are
not remembered, or have changed meanwhile; commands that do more; what would be refused; what was said before.
Every command that it takes has a client id, so that trying again after an outage is harmless (ADR 0013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope
from server.domain.deciding import only_says
from server.domain.desk import Desk
from server.domain.errors import Refusal, Unavailable
from server.domain.ticket import Ticket
from server.handle.decision import Batch
from server.handle.memory import Known, Memory
from server.handle.outcome import Outcome
from server.store.claim import Claimed
from server.store.pool import Store
from server.store.said import record_said


class Shortcut:
    """The short way of one lane; the memory is that of the process."""

    def __init__(
        self, store: Store, desks: Mapping[UUID, Desk], memory: Memory, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._desks = desks
        self._clock = clock
        self._memory = memory

    def remember(self, workspace_id: UUID, outcomes: Sequence[Outcome]) -> None:
        """Tickets as they were committed."""
        desk = self._desks.get(workspace_id)
        if desk is not None:
            for outcome in outcomes:
                self._memory.keep(Known(outcome.ticket, outcome.subject, desk.version))

    async def write(self, workspace_id: UUID, envelopes: Sequence[Envelope]) -> list[Outcome | None]:
        """What became of each, committed; None for what is left to the long way."""
        left: list[Outcome | None] = [None] * len(envelopes)
        desk = self._desks.get(workspace_id)
        if desk is None:
            return left
        said = _Said(desk, self._memory, self._clock())
        outcomes = [said.decide(envelope) for envelope in envelopes]
        if not said.batch.changes.tickets:
            return left
        try:
            stale = await self._record(workspace_id, said)
        except Unavailable:  # perhaps it was committed: the long way finds out, by the client ids
            stale = frozenset(said.before)
        for ticket_id in stale:
            self._memory.forget(ticket_id)
        if not stale:
            return outcomes
        return [None if one is None or one.ticket.id in stale else one for one in outcomes]

    async def _record(self, workspace_id: UUID, said: _Said) -> frozenset[UUID]:
        changes = said.batch.changes
        moved = {ticket_id: (said.before[ticket_id], now) for ticket_id, now in changes.tickets.items()}
        interactions = [one for _, one in changes.happened if one is not None]
        async with self._store.across() as db:
            return frozenset(
                await record_said(
                    db, workspace_id, said.desk.version, new_id(), said.now, moved, interactions
                )
            )


class _Said:
    """A batch of what is merely said, decided over remembered tickets. Pure."""

    def __init__(self, desk: Desk, memory: Memory, now: datetime) -> None:
        self.desk = desk
        self.now = now
        self.before: dict[UUID, Ticket] = {}
        self._memory = memory
        self._claimed = Claimed("", desk.version, 0)
        self.batch = Batch(self._claimed, desk, now)
        self._left: set[UUID] = set()

    def decide(self, envelope: Envelope) -> Outcome | None:
        """None for what is left, and then for all that comes after it in its ticket."""
        ticket_id = envelope.command.ticket_id
        if ticket_id in self._left:
            return None
        if self._takes(envelope, ticket_id):
            try:
                return self.batch.decide(envelope)
            except Refusal:
                pass  # only who sees the ticket as it is may refuse
        self._left.add(ticket_id)
        return None

    def _takes(self, envelope: Envelope, ticket_id: UUID) -> bool:
        command = envelope.command
        if (
            not isinstance(command, AddInteraction)
            or command.interaction.client_id is None
            or command.interaction.attachment_ids
            or envelope.actor.id is None
            or envelope.key is not None
            or envelope.request_key is not None
            or envelope.expected_seq is not None
        ):
            return False
        ticket = self._claimed.tickets.get(ticket_id) or self._recall(ticket_id)
        return ticket is not None and only_says(ticket, envelope.actor, command, self.desk)

    def _recall(self, ticket_id: UUID) -> Ticket | None:
        known = self._memory.find(ticket_id, self.desk.version)
        if known is None or known.ticket.updated_at > self.now:
            return None
        self._claimed.subjects[ticket_id] = known.subject
        self._claimed.tickets[ticket_id] = self.before[ticket_id] = known.ticket
        return known.ticket
