"""SLA policies: how soon which tickets are answered and resolved."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.clock import new_id
from server.domain.errors import NotFound
from server.domain.policy_resources import PolicyOrder, SLAPolicy
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id, Name
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.http.policy_form import PolicyForm
from server.http.policy_names import check_names
from server.http.policy_shape import shape
from server.http.policy_writing import NOTHING, written
from server.store import sla_policies
from server.store.pool import Connection
from server.store.sla_policies import Kept


class PoliciesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which policies, in which order."""

    sort: Literal[
        "position",
        "-position",
        "priority_level",
        "-priority_level",
        "name",
        "-name",
        "created_at",
        "-created_at",
    ] = "position"


class NewPolicy(PolicyForm, frozen=True, kw_only=True):
    """A policy to be; at least one of the times, or of `targets`. Without conditions it means every ticket.

    `priority_level`, the three times and `warning_percent` say in a few numbers what `conditions` and
    `targets` say in full; a matter is said in one way or the other.
    """

    name: Name


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All policies, the first to be asked first."""

    ids: Annotated[list[Id], Meta(max_length=sla_policies.MAX_POLICIES)]


@operation("GET", "/sla-policies", Action.READ_DESK, {200: Page[SLAPolicy]})
async def list_policies(call: Call, db: Connection, query: PoliciesQuery) -> Page[SLAPolicy]:
    """List SLA policies, as they are asked: the first active one that means a ticket has it."""
    part = slice_of(query, sla_policies.LISTING.sorts, query.sort)
    rows = await sla_policies.list_policies(db, call.workspace_id, {}, part)
    return page_of(rows, part, _of_row, call.path, call.query_string)


@operation("GET", "/sla-policies/order", Action.READ_DESK, {200: PolicyOrder}, tagged=True)
async def read_order(call: Call, db: Connection) -> PolicyOrder:
    """Read the order of the SLA policies."""
    return PolicyOrder(ids=await sla_policies.list_order(db, call.workspace_id))


@operation(
    "PUT",
    "/sla-policies/order",
    Action.MANAGE_DESK,
    {200: PolicyOrder},
    tagged=True,
    refusals=("conflict",),
)
async def change_order(call: Call, db: Connection, body: NewOrder) -> PolicyOrder:
    """Say in which order SLA policies are asked, all of them at once."""
    await sla_policies.lock_policies(db, call.workspace_id)
    call.require_match(await read_order.function(call, db))
    await sla_policies.order_policies(db, call.workspace_id, body.ids)
    return PolicyOrder(ids=body.ids)


@operation("POST", "/sla-policies", Action.MANAGE_DESK, {201: SLAPolicy}, tagged=True)
async def add(call: Call, db: Connection, body: NewPolicy) -> SLAPolicy:
    """Make an SLA policy, before all others."""
    policy_id = new_id()
    policy = written(policy_id, NOTHING, body)
    await sla_policies.lock_policies(db, call.workspace_id)
    await check_names(db, call.workspace_id, NOTHING, policy)
    await sla_policies.add_policy(db, call.workspace_id, policy_id, policy)
    return shape(await _fetch(call, db, policy_id))


@operation("GET", "/sla-policies/{id}", Action.READ_DESK, {200: SLAPolicy}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> SLAPolicy:
    """Read an SLA policy."""
    return shape(await _fetch(call, db, path.id))


@operation("PATCH", "/sla-policies/{id}", Action.MANAGE_DESK, {200: SLAPolicy}, tagged=True)
async def change(call: Call, db: Connection, path: ById, body: PolicyForm) -> SLAPolicy:
    """Change an SLA policy, from now on, without losing what was spent."""
    await sla_policies.lock_policies(db, call.workspace_id)
    now = await _fetch(call, db, path.id)
    call.require_match(shape(now))
    policy = written(path.id, now.written, body)
    await check_names(db, call.workspace_id, now.written, policy)
    await sla_policies.change_policy(db, call.workspace_id, path.id, policy)
    return shape(await _fetch(call, db, path.id))


@operation("DELETE", "/sla-policies/{id}", Action.MANAGE_DESK, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an SLA policy; what ran under it is measured by the next that means the ticket, or stops."""
    await sla_policies.lock_policies(db, call.workspace_id)
    call.require_match(shape(await _fetch(call, db, path.id)))
    await sla_policies.delete_policy(db, call.workspace_id, path.id)


def _of_row(row: Any) -> SLAPolicy:
    return shape(sla_policies.kept(row))


async def _fetch(call: Call, db: Connection, policy_id: Id) -> Kept:
    found = await sla_policies.find_policy(db, call.workspace_id, policy_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_policies, read_order, change_order, add, read, change, remove)
