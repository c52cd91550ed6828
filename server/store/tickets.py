"""Tickets from their rows: the fold as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg

from server.domain.events import decode_rings
from server.domain.sla.target import Target
from server.domain.ticket import Ticket
from server.store.statements import statements

_SQL = statements("tickets")
_RINGS, _DONE = (Target.__struct_fields__.index(name) for name in ("rings", "done"))


async def find_tickets(db: asyncpg.Connection, workspace_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Ticket]:
    """The tickets that exist among `ids`, unlocked."""
    rows = await db.fetch(_SQL["find_tickets"], workspace_id, list(ids))
    targets = await db.fetch(_SQL["claim_targets"], workspace_id, list(ids))
    return fold_rows(workspace_id, rows, targets)


def fold_rows(
    workspace_id: UUID, rows: Iterable[asyncpg.Record], targets: Iterable[asyncpg.Record]
) -> dict[UUID, Ticket]:
    """Tickets from their rows and those of their targets, in the order of `claim_targets`."""
    running: dict[UUID, list[Target]] = {}
    for row in targets:
        ticket_id, *values = row
        values[_RINGS], values[_DONE] = decode_rings(values[_RINGS]), tuple(values[_DONE])
        running.setdefault(ticket_id, []).append(Target(*values))
    return {
        row["id"]: Ticket(
            workspace_id,
            row["id"],
            row["number"],
            row["inbox_id"],
            row["channel_source"],
            row["customer_id"],
            row["visitor_id"],
            row["status"],
            row["priority"],
            row["assignee_id"],
            row["team_id"],
            tuple(row["tag_ids"]),
            row["seq"],
            row["public_seq"],
            row["created_at"],
            row["updated_at"],
            tuple(running.get(row["id"], ())),
            row["draft_generation"],
            row["status_reason_id"],
            row["answered_at"],
        )
        for row in rows
    }
