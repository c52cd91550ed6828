"""Workspaces: the tenants."""

from uuid import UUID

from server.domain import resources
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("workspaces")


async def fetch_workspace(db: Connection, workspace_id: UUID) -> resources.Workspace:
    """The workspace of the transaction."""
    row = await db.fetchrow(SQL["find_workspace"], workspace_id)
    return resources.Workspace(id=row["id"], name=row["name"])


async def lock_workspace(db: Connection, workspace_id: UUID) -> resources.Workspace:
    """The same, held until commit."""
    row = await db.fetchrow(SQL["lock_workspace"], workspace_id)
    return resources.Workspace(id=row["id"], name=row["name"])


async def add_workspace(db: Connection, workspace_id: UUID, name: str) -> None:
    """Begin a workspace; the transaction must be in it already."""
    await db.execute(SQL["add_workspace"], workspace_id, name)


async def rename_workspace(db: Connection, workspace_id: UUID, name: str) -> None:
    """Give a workspace another name."""
    await db.execute(SQL["rename_workspace"], workspace_id, name)


async def list_workspaces(store: Store) -> list[resources.Workspace]:
    """Every workspace, oldest first."""
    async with store.across() as db:
        rows = await db.fetch(SQL["list_workspaces"])
    return [resources.Workspace(id=row["id"], name=row["name"]) for row in rows]


async def ping(store: Store) -> None:
    """Ask Postgres for a sign of life; raises Unavailable."""
    async with store.across() as db:
        await db.fetchval(SQL["ping"])
