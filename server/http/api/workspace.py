"""The workspace itself, and the named lists of its console."""

import msgspec
from msgspec import structs

from server.domain.resources import View, Workspace
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import Name, Zone, zone_of
from server.http.operation import operation
from server.queries import views
from server.store import workspaces
from server.store.pool import Connection


class WorkspaceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | None = None
    time_zone: Zone | None = None


@operation("GET", "/workspace", Action.READ_DESK, {200: Workspace}, tagged=True)
async def read(call: Call, db: Connection) -> Workspace:
    """Read the workspace."""
    return await workspaces.fetch_workspace(db, call.workspace_id)


@operation("PATCH", "/workspace", Action.MANAGE_DESK, {200: Workspace}, tagged=True)
async def change(call: Call, db: Connection, body: WorkspaceChange) -> Workspace:
    """Rename the workspace, or say by whose clocks its reports are told."""
    before = await workspaces.lock_workspace(db, call.workspace_id)
    call.require_match(before)
    if body.time_zone is not None:
        zone_of(body.time_zone, "/time_zone")
    after = structs.replace(
        before, name=body.name or before.name, time_zone=body.time_zone or before.time_zone
    )
    await workspaces.change_workspace(db, after)
    return after


@operation("GET", "/views", Action.READ_DESK, {200: list[View]})
async def list_views(call: Call, db: Connection) -> list[View]:
    """List the console's views, with how many tickets are in each.

    What is done is counted to ten thousand.
    """
    return await views.list_views(db, call.agent)


OPERATIONS = (read, change, list_views)
