"""Decides a batch of commands in their order, over what was claimed for it. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.domain.commands import (
    AddInteraction,
    ChangeCustomer,
    ChangeTicket,
    Envelope,
    NewInteraction,
    OpenTicket,
)
from server.domain.deciding import decide, decide_opening
from server.domain.desk import Desk
from server.domain.errors import (
    DuplicateMismatch,
    Invalid,
    NotFound,
    NotPermitted,
    PreconditionFailed,
    Refusal,
)
from server.domain.events import Event, InteractionAdded, Recorded
from server.domain.identity import Actor, Agent
from server.domain.interaction import Attachment, Interaction
from server.domain.sla.policy import Customers
from server.domain.ticket import Ticket, apply, opened, place
from server.handle.outcome import Outcome
from server.store.claim import Claimed, Kept, Said, Wanted
from server.store.record import Changes


def wanted_by(envelopes: Sequence[Envelope]) -> Wanted:
    """What must be claimed before these can be decided."""
    wanted = Wanted()
    for envelope in envelopes:
        command = envelope.command
        if envelope.key is not None:
            wanted.command_keys.add((envelope.key.scope, envelope.key.key))
        if envelope.request_key is not None:
            wanted.request_keys.add((envelope.request_key.actor_id, envelope.request_key.key))
        if isinstance(command, OpenTicket):
            wanted.openings += 1
            wanted.uploads.update(command.first.attachment_ids)
            continue
        wanted.tickets.add(command.ticket_id)
        if isinstance(command, AddInteraction):
            said = command.interaction
            wanted.uploads.update(said.attachment_ids)
            if said.client_id is not None and envelope.actor.id is not None:
                wanted.said.add((command.ticket_id, envelope.actor.id, said.client_id))
    return wanted


def customers_of(envelopes: Sequence[Envelope], claimed: Claimed) -> set[UUID]:
    """Whose tickets these are about, for a desk whose policies ask about customers."""
    found = {ticket.customer_id for ticket in claimed.tickets.values()}
    for envelope in envelopes:
        if isinstance(envelope.command, OpenTicket | ChangeCustomer):
            found.add(envelope.command.customer_id)
    return found


class Batch:
    """Commands decided one after the other, each seeing what those before it did."""

    def __init__(
        self, claimed: Claimed, desk: Desk, now: datetime, customers: Customers | None = None
    ) -> None:
        self._seen = claimed
        self._desk = desk
        self._now = now
        self._customers = customers or {}
        self._number = claimed.last_number
        self.changes = Changes()

    def decide(self, envelope: Envelope) -> Outcome:
        """What the command makes happen, remembered in `changes`; raises a Refusal that leaves no trace."""
        if (repeat := self._repeat(envelope)) is not None:
            return repeat
        actor = self._current(envelope.actor)
        if isinstance(envelope.command, OpenTicket):
            outcome = self._open(envelope, actor, envelope.command)
        else:
            outcome = self._change(envelope, actor)
        self._remember_keys(envelope, outcome)
        return outcome

    def _current(self, actor: Actor) -> Actor:
        """An agent with the rights they have in this transaction, not those they signed in with."""
        if not isinstance(actor, Agent):
            return actor
        if (current := self._desk.agents.get(actor.id)) is None:
            raise NotPermitted("This agent is not active")
        return current

    def _repeat(self, envelope: Envelope) -> Outcome | None:
        if envelope.request_key is not None or envelope.key is not None:
            for key, kept in (
                (envelope.request_key, self._kept_request(envelope)),
                (envelope.key, self._kept_command(envelope)),
            ):
                if key is not None and kept is not None:
                    if kept.fingerprint != key.fingerprint:
                        raise DuplicateMismatch
                    return self._first(kept.ticket_id, kept.seq, None)
        command = envelope.command
        if isinstance(command, AddInteraction) and (said := self._said(envelope.actor, command)) is not None:
            again = command.interaction
            if (said.type, said.content, said.attachment_ids) != (
                again.type,
                again.content,
                again.attachment_ids,
            ):
                raise DuplicateMismatch
            return self._first(said.ticket_id, said.seq, said.public_seq)
        return None

    def _kept_request(self, envelope: Envelope) -> Kept | None:
        key = envelope.request_key
        return None if key is None else self._seen.request_keys.get((key.actor_id, key.key))

    def _kept_command(self, envelope: Envelope) -> Kept | None:
        key = envelope.key
        return None if key is None else self._seen.command_keys.get((key.scope, key.key))

    def _said(self, actor: Actor, command: AddInteraction) -> Said | None:
        client_id = command.interaction.client_id
        if client_id is None or actor.id is None:
            return None
        return self._seen.said.get((command.ticket_id, actor.id, client_id))

    def _first(self, ticket_id: UUID, seq: int, public_seq: int | None) -> Outcome:
        ticket = self._seen.tickets.get(ticket_id)
        if ticket is None:
            raise NotFound
        # The opening is public event 1 and what was said first public event 2, as they are events 1 and 2.
        return Outcome(
            ticket,
            self._seen.subjects[ticket_id],
            seq,
            public_seq or (seq if seq == 2 else None),
            repeated=True,
        )

    def _open(self, envelope: Envelope, actor: Actor, command: OpenTicket) -> Outcome:
        if command.ticket_id in self._seen.tickets:
            raise DuplicateMismatch
        files = self._files(command.first, actor)
        now = self._now
        first, *rest = decide_opening(actor, command, self._number + 1, self._desk, now, self._customers)
        record = Recorded(command.ticket_id, 1, 1, now, actor.type, actor.id, first)
        ticket, records = self._fold(opened(actor.workspace_id, record), actor, rest, now)
        self._number += 1
        subject = command.subject
        self.changes.opened[ticket.id] = (subject, command.first.content)
        self._seen.subjects[ticket.id] = subject
        return self._keep(actor, ticket, (record, *records), command.first, files)

    def _change(self, envelope: Envelope, actor: Actor) -> Outcome:
        command = envelope.command
        ticket = self._seen.tickets.get(command.ticket_id)
        if ticket is None:
            raise NotFound
        said = command.interaction if isinstance(command, AddInteraction) else None
        now = max(self._now, ticket.updated_at)
        events = decide(ticket, actor, command, self._desk, now, self._customers)
        if envelope.expected_seq is not None and envelope.expected_seq != ticket.seq:
            raise PreconditionFailed
        files = () if said is None else self._files(said, actor)
        ticket, records = self._fold(ticket, actor, events, now)
        if isinstance(command, ChangeTicket) and command.subject is not None:
            self.changes.subjects[ticket.id] = self._seen.subjects[ticket.id] = command.subject
        return self._keep(actor, ticket, records, said, files)

    def _files(self, said: NewInteraction, actor: Actor) -> tuple[Attachment, ...]:
        """The uploads that come with it: each there, unused, and the author's own."""
        files = []
        for attachment_id in said.attachment_ids:
            upload = self._seen.uploads.get(attachment_id)
            if upload is None or upload.uploader_id != actor.id or upload.attachment in files:
                raise Invalid("There is no such attachment to send", pointer="/attachment_ids")
            files.append(upload.attachment)
        return tuple(files)

    def _fold(
        self, ticket: Ticket, actor: Actor, events: Sequence[Event], now: datetime
    ) -> tuple[Ticket, tuple[Recorded, ...]]:
        records = []
        for event in events:
            record = place(ticket, actor, event, now)
            ticket = apply(ticket, record)
            records.append(record)
        return ticket, tuple(records)

    def _keep(
        self,
        actor: Actor,
        ticket: Ticket,
        records: tuple[Recorded, ...],
        said: NewInteraction | None,
        files: tuple[Attachment, ...],
    ) -> Outcome:
        changes = self.changes
        before = self._seen.tickets.get(ticket.id)
        subject = self._seen.subjects[ticket.id]
        if not records:
            return Outcome(ticket, subject, ticket.seq, None)
        self._seen.tickets[ticket.id] = changes.tickets[ticket.id] = ticket
        answers = before is not None and before.answered_at != ticket.answered_at
        if len(records) > 1 or said is None or answers:
            changes.changed.add(ticket.id)
        known = () if before is None else before.targets
        if ticket.targets is not known:
            changes.targets |= {(ticket.id, t.target): t for t in ticket.targets if t not in known}
        interaction = None
        at = records[-1]
        for record in records:
            if said is not None and isinstance(record.event, InteractionAdded):
                if record.event.draft is not None:
                    changes.drafts[ticket.id] = record.event.draft
                at, interaction = record, _interaction(actor, record, said, files)
                changes.happened.append((record, interaction))
                self._remember_said(interaction, said)
            else:
                changes.happened.append((record, None))
        for file in files:
            del self._seen.uploads[file.id]
        return Outcome(ticket, subject, at.seq, at.public_seq, records, interaction, actor_name=actor.name)

    def _remember_said(self, interaction: Interaction, said: NewInteraction) -> None:
        """For those after it in the batch."""
        author_id, client_id = interaction.author_id, interaction.client_id
        if client_id is not None and author_id is not None:
            self._seen.said[interaction.ticket_id, author_id, client_id] = Said(
                interaction.ticket_id,
                interaction.seq,
                interaction.public_seq,
                said.type,
                said.content,
                said.attachment_ids,
            )

    def _remember_keys(self, envelope: Envelope, outcome: Outcome) -> None:
        """For those after it in the batch, and for ever."""
        ticket_id, seq = outcome.ticket.id, outcome.seq
        if (key := envelope.key) is not None:
            self._seen.command_keys[key.scope, key.key] = Kept(key.fingerprint, ticket_id, seq)
            self.changes.command_keys.append((key, ticket_id, seq))
        if (request := envelope.request_key) is not None:
            self._seen.request_keys[request.actor_id, request.key] = Kept(request.fingerprint, ticket_id, seq)
            self.changes.request_keys.append((request, ticket_id, seq))


def _interaction(
    actor: Actor, record: Recorded, said: NewInteraction, files: tuple[Attachment, ...]
) -> Interaction:
    return Interaction(
        said.id,
        record.ticket_id,
        record.seq,
        record.public_seq,
        actor.type,
        actor.id,
        actor.name,
        said.type,
        said.content,
        said.content_html,
        record.at,
        files,
        said.client_id,
    )


Verdict = Outcome | Refusal


def decide_all(batch: Batch, envelopes: Sequence[Envelope]) -> list[Verdict]:
    """One verdict for each, in their order; a refused command does not fail its neighbours."""
    verdicts: list[Verdict] = []
    for envelope in envelopes:
        try:
            verdicts.append(batch.decide(envelope))
        except Refusal as refusal:
            verdicts.append(refusal)
    return verdicts
