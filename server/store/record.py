"""Records what a batch of the writer decided: set-based, a few statements for any number."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import msgspec

from server.domain.commands import CommandKey, RequestKey
from server.domain.events import Recorded, changes_clock, encode_event, encode_rings
from server.domain.interaction import Interaction
from server.domain.sla.target import Target, next_due
from server.domain.ticket import Ticket
from server.store.client_key import client_key
from server.store.columns import array, columns
from server.store.statements import statements

_SQL = statements("tickets")

Happened = tuple[Recorded, Interaction | None]  # with what was said


class Changes(msgspec.Struct):
    """What a batch decided: what happened, in order, and each touched ticket in its last state."""

    happened: list[Happened] = msgspec.field(default_factory=list)
    tickets: dict[UUID, Ticket] = msgspec.field(default_factory=dict)
    opened: dict[UUID, tuple[str, str]] = msgspec.field(default_factory=dict)  # subject, description
    changed: set[UUID] = msgspec.field(default_factory=set)
    subjects: dict[UUID, str] = msgspec.field(default_factory=dict)
    targets: dict[tuple[UUID, str], Target] = msgspec.field(default_factory=dict)
    drafts: dict[UUID, int] = msgspec.field(default_factory=dict)  # sent: the generation after it
    command_keys: list[tuple[CommandKey, UUID, int]] = msgspec.field(default_factory=list)
    request_keys: list[tuple[RequestKey, UUID, int]] = msgspec.field(default_factory=list)


async def record(db: asyncpg.Connection, workspace_id: UUID, batch_id: UUID, changes: Changes) -> None:
    """Write down all that a batch decided; the caller commits."""
    if changes.opened:
        await db.execute(_SQL["record_opened"], workspace_id, *_opened_columns(changes))
    await db.execute(_SQL["record_happened"], workspace_id, batch_id, *_happened_columns(changes.happened))
    if changed := [
        changes.tickets[ticket_id] for ticket_id in changes.changed if ticket_id not in changes.opened
    ]:
        await db.execute(_SQL["record_changed"], workspace_id, *_changed_columns(changed, changes.subjects))
    if changes.targets:
        await db.execute(_SQL["record_targets"], workspace_id, *target_columns(changes.targets))
    if changes.command_keys:
        kept = [(key.scope, key.key, key.fingerprint, *at) for key, *at in changes.command_keys]
        await db.execute(_SQL["record_command_keys"], workspace_id, *columns(kept, 5))
    if changes.request_keys:
        asked = [(key.actor_id, key.key, key.fingerprint, *at) for key, *at in changes.request_keys]
        await db.execute(_SQL["record_request_keys"], workspace_id, *columns(asked, 5))
    if changes.drafts:
        await db.execute(_SQL["record_drafts"], workspace_id, *columns(list(changes.drafts.items()), 2))
    files = [
        (file.id, interaction.id, interaction.ticket_id)
        for _, interaction in changes.happened
        if interaction is not None
        for file in interaction.attachments
    ]
    if files:
        await db.execute(_SQL["record_attachments"], workspace_id, *columns(files, 3))


def _happened_columns(happened: list[Happened]) -> list[list[object]]:
    rows = [
        (
            record.ticket_id,
            record.seq,
            record.public_seq,
            record.event.__struct_config__.tag,
            record.at,
            record.actor_type,
            record.actor_id,
            encode_event(record.event),
            changes_clock(record.event),
            *(_NOTHING_SAID if said is None else _said(said)),
        )
        for record, said in happened
    ]
    return columns(rows, 9 + len(_NOTHING_SAID))


_NOTHING_SAID: tuple[object, ...] = (None,) * 7


def _said(said: Interaction) -> tuple[object, ...]:
    """What an interaction's row has beside its event's: its place, author and time are the event's."""
    files = array(file.id for file in said.attachments)
    key = None
    if said.client_id is not None and said.author_id is not None:
        key = client_key(said.ticket_id, said.author_id, said.client_id)
    return said.id, said.type, said.content, said.content_html, files, said.client_id, key


def _opened_columns(changes: Changes) -> list[list[object]]:
    rows = [
        (
            ticket.id,
            ticket.number,
            subject,
            description,
            ticket.inbox_id,
            ticket.channel,
            ticket.customer_id,
            ticket.visitor_id,
            ticket.status,
            ticket.priority,
            ticket.assignee_id,
            ticket.team_id,
            array(ticket.tag_ids),
            ticket.seq,
            ticket.public_seq,
            next_due(ticket.targets),
            ticket.breached,
            ticket.created_at,
            ticket.updated_at,
            ticket.answered_at,
        )
        for ticket, (subject, description) in (
            (changes.tickets[ticket_id], texts) for ticket_id, texts in changes.opened.items()
        )
    ]
    return columns(rows, 20)


def _changed_columns(tickets: list[Ticket], subjects: dict[UUID, str]) -> list[list[object]]:
    rows = [
        (
            ticket.id,
            subjects.get(ticket.id),
            ticket.status,
            ticket.priority,
            ticket.assignee_id,
            ticket.team_id,
            array(ticket.tag_ids),
            next_due(ticket.targets),
            ticket.breached,
            ticket.customer_id,
            ticket.status_reason_id,
            ticket.answered_at,
        )
        for ticket in tickets
    ]
    return columns(rows, 12)


def target_columns(targets: Mapping[tuple[UUID, str], Target]) -> list[list[object]]:
    """Targets by ticket and name, as `record_targets` takes them."""
    rows = [(ticket_id, *_target(target)) for (ticket_id, _), target in targets.items()]
    return columns(rows, 17)


def _target(target: Target) -> tuple[object, ...]:
    return (
        target.target,
        target.policy_id,
        target.terms_id,
        target.started_at,
        target.due_at,
        target.needed,
        target.spent,
        target.since,
        encode_rings(target.rings),
        array(target.done),
        target.warned_at,
        target.met_at,
        target.breached_at,
        target.paused_at,
        target.stopped_at,
        target.next_at,
    )
