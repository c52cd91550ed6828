"""Why tickets wait."""

from typing import Literal

import msgspec

from server.domain.errors import NotFound
from server.domain.policy_resources import PauseReason
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id, Name
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import pause_reasons, sla_policies
from server.store.pool import Connection


class ReasonsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which reasons, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class NewReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason to be, or its new name."""

    name: Name


@operation("GET", "/pause-reasons", Action.READ_DESK, {200: Page[PauseReason]})
async def list_reasons(call: Call, db: Connection, query: ReasonsQuery) -> Page[PauseReason]:
    """List the reasons for which tickets may wait."""
    part = slice_of(query, pause_reasons.LISTING.sorts, query.sort)
    rows = await pause_reasons.list_reasons(db, call.workspace_id, {}, part)
    return page_of(rows, part, pause_reasons.shape, call.path, call.query_string)


@operation(
    "POST", "/pause-reasons", Action.MANAGE_DESK, {201: PauseReason}, tagged=True, refusals=("conflict",)
)
async def add(call: Call, db: Connection, body: NewReason) -> PauseReason:
    """Make a reason to wait."""
    return await _fetch(call, db, await pause_reasons.add_reason(db, call.workspace_id, body.name))


@operation("GET", "/pause-reasons/{id}", Action.READ_DESK, {200: PauseReason}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> PauseReason:
    """Read a reason to wait."""
    return await _fetch(call, db, path.id)


@operation(
    "PATCH",
    "/pause-reasons/{id}",
    Action.MANAGE_DESK,
    {200: PauseReason},
    tagged=True,
    refusals=("conflict",),
)
async def change(call: Call, db: Connection, path: ById, body: NewReason) -> PauseReason:
    """Call a reason otherwise, in what happened before too."""
    await sla_policies.lock_policies(db, call.workspace_id)
    call.require_match(await _fetch(call, db, path.id))
    await pause_reasons.change_reason(db, call.workspace_id, path.id, body.name)
    return await _fetch(call, db, path.id)


@operation(
    "DELETE", "/pause-reasons/{id}", Action.MANAGE_DESK, {204: None}, tagged=True, refusals=("conflict",)
)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End a reason, unless a policy names it: nobody can choose it any more, and history keeps its name."""
    await sla_policies.lock_policies(db, call.workspace_id)
    call.require_match(await _fetch(call, db, path.id))
    await pause_reasons.delete_reason(db, call.workspace_id, path.id)


async def _fetch(call: Call, db: Connection, reason_id: Id) -> PauseReason:
    found = await pause_reasons.find_reason(db, call.workspace_id, reason_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_reasons, add, read, change, remove)
