"""Workspaces: the tenants."""

from typing import Any
from uuid import UUID

from server.domain import resources
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("workspaces")


async def fetch_workspace(db: Connection, workspace_id: UUID) -> resources.Workspace:
    """The workspace of the transaction."""
    row = await db.fetchrow(SQL["find_workspace"], workspace_id)
    return _workspace(row)


async def lock_workspace(db: Connection, workspace_id: UUID) -> resources.Workspace:
    """The same, held until commit."""
    row = await db.fetchrow(SQL["lock_workspace"], workspace_id)
    return _workspace(row)


async def add_workspace(db: Connection, workspace_id: UUID, name: str) -> None:
    """Begin a workspace; the transaction must be in it already."""
    await db.execute(SQL["add_workspace"], workspace_id, name)


async def change_workspace(db: Connection, workspace: resources.Workspace) -> None:
    """Give a workspace another name or time zone."""
    await db.execute(SQL["change_workspace"], workspace.id, workspace.name, workspace.time_zone)


async def list_workspaces(store: Store) -> list[resources.Workspace]:
    """Every workspace, oldest first."""
    async with store.across() as db:
        rows = await db.fetch(SQL["list_workspaces"])
    return [_workspace(row) for row in rows]


async def ping(store: Store) -> None:
    """Ask Postgres for a sign of life; raises Unavailable."""
    async with store.across() as db:
        await db.fetchval(SQL["ping"])


def _workspace(row: Any) -> resources.Workspace:
    return resources.Workspace(id=row["id"], name=row["name"], time_zone=row["time_zone"])
