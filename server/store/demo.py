"""What a demonstration must write that nothing else may: rows that were made long before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from server.store.pool import Connection
from server.store.statements import statements

_SQL = statements("demo")


async def has_tickets(db: Connection, workspace_id: UUID) -> bool:
    """Whether any ticket is there."""
    found: bool = await db.fetchval(_SQL["has_tickets"], workspace_id)
    return found


async def date_articles(db: Connection, workspace_id: UUID, views: Mapping[UUID, int]) -> None:
    """Let articles look as old as their publication, and as often read as given."""
    await db.execute(_SQL["date_articles"], workspace_id, list(views), list(views.values()))


async def date_customers(db: Connection, workspace_id: UUID, since: Mapping[UUID, datetime]) -> None:
    """Let customers have been there since these instants."""
    await db.execute(_SQL["date_customers"], workspace_id, list(since), list(since.values()))


async def date_people(db: Connection, workspace_id: UUID, at: datetime) -> None:
    """Let the agents, teams and policies have been there since an instant."""
    for name in ("date_agents", "date_teams", "date_policies", "date_terms"):
        await db.execute(_SQL[name], workspace_id, at)


async def date_attachment(db: Connection, workspace_id: UUID, attachment_id: UUID, at: datetime) -> None:
    """Let a file have come in at an instant."""
    await db.execute(_SQL["date_attachment"], workspace_id, attachment_id, at)


async def settle_outgoing(db: Connection, workspace_id: UUID) -> None:
    """Let all replies so far count as sent: their readers are made up."""
    await db.execute(_SQL["settle_outgoing"], workspace_id)


async def read_all(db: Connection, workspace_id: UUID, until: datetime) -> None:
    """Let everybody have read what happened before an instant."""
    await db.execute(_SQL["read_all"], workspace_id, until)
