"""The workspace itself, and the named lists of its console."""

import msgspec

from server.domain.resources import View, Workspace
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import Name
from server.http.operation import operation
from server.queries import views
from server.store import workspaces
from server.store.pool import Connection


class WorkspaceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None


@operation("GET", "/workspace", Action.READ_DESK, {200: Workspace}, tagged=True)
async def read(call: Call, db: Connection) -> Workspace:
    """Read the workspace."""
    return await workspaces.fetch_workspace(db, call.workspace_id)


@operation("PATCH", "/workspace", Action.MANAGE_DESK, {200: Workspace}, tagged=True)
async def change(call: Call, db: Connection, body: WorkspaceChange) -> Workspace:
    """Rename the workspace."""
    call.require_match(await workspaces.lock_workspace(db, call.workspace_id))
    if body.name is not None:
        await workspaces.rename_workspace(db, call.workspace_id, body.name)
    return await workspaces.fetch_workspace(db, call.workspace_id)


@operation("GET", "/views", Action.READ_DESK, {200: list[View]})
async def list_views(call: Call, db: Connection) -> list[View]:
    """List the console's views, with how many tickets are in each.

    What is done is counted to ten thousand.
    """
    return await views.list_views(db, call.agent)


OPERATIONS = (read, change, list_views)
