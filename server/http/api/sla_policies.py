"""SLA policies: how soon tickets of a priority are answered and resolved."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain.errors import Invalid, NotFound
from server.domain.events import Priority
from server.domain.resources import Page, SLAPolicy
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id, Name, Text
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import sla_policies
from server.store.pool import Connection
from server.store.sla_policies import Terms

Minutes = Annotated[int, Meta(ge=1, le=525_600)]
Hours = Annotated[float, Meta(gt=0, le=8_760)]
Percent = Annotated[int, Meta(ge=1, le=99)]


class PoliciesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which policies, in which order."""

    sort: Literal["priority_level", "-priority_level", "name", "-name", "created_at", "-created_at"] = (
        "-priority_level"
    )


class NewPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy to be; at least one of the two times."""

    name: Name
    priority_level: Priority
    description: Text = ""
    first_response_time_minutes: Minutes | None = None
    resolution_time_hours: Hours | None = None
    warning_percent: Percent = 80
    active: bool = True


class PolicyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, null takes a time away."""

    name: Name | UnsetType = UNSET
    priority_level: Priority | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    first_response_time_minutes: Minutes | None | UnsetType = UNSET
    resolution_time_hours: Hours | None | UnsetType = UNSET
    warning_percent: Percent | UnsetType = UNSET
    active: bool | UnsetType = UNSET


@operation("GET", "/sla-policies", Action.READ_DESK, {200: Page[SLAPolicy]})
async def list_policies(call: Call, db: Connection, query: PoliciesQuery) -> Page[SLAPolicy]:
    """List SLA policies."""
    part = slice_of(query, sla_policies.LISTING.sorts, query.sort)
    rows = await sla_policies.list_policies(db, call.workspace_id, {}, part)
    return page_of(rows, part, sla_policies.shape, call.path, call.query_string)


@operation("POST", "/sla-policies", Action.MANAGE_DESK, {201: SLAPolicy}, tagged=True)
async def add(call: Call, db: Connection, body: NewPolicy) -> SLAPolicy:
    """Make an SLA policy.

    Of several active ones for a priority, the newest holds, for tickets from now on.
    """
    policy_id = new_id()
    terms = msgspec.convert(body, Terms, from_attributes=True)
    await sla_policies.add_policy(db, call.workspace_id, policy_id, _checked(terms))
    return await _fetch(call, db, policy_id)


@operation("GET", "/sla-policies/{id}", Action.READ_DESK, {200: SLAPolicy}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> SLAPolicy:
    """Read an SLA policy."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/sla-policies/{id}", Action.MANAGE_DESK, {200: SLAPolicy}, tagged=True)
async def change(call: Call, db: Connection, path: ById, body: PolicyChange) -> SLAPolicy:
    """Change an SLA policy, for tickets from now on."""
    await sla_policies.lock_policy(db, call.workspace_id, path.id)
    now = await _fetch(call, db, path.id)
    call.require_match(now)
    given = msgspec.structs.asdict(body)
    terms = msgspec.structs.replace(
        msgspec.convert(now, Terms, from_attributes=True),
        **{name: value for name, value in given.items() if value is not UNSET},
    )
    await sla_policies.change_policy(db, call.workspace_id, path.id, _checked(terms))
    return await _fetch(call, db, path.id)


@operation("DELETE", "/sla-policies/{id}", Action.MANAGE_DESK, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an SLA policy; what runs under it runs on."""
    await sla_policies.lock_policy(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await sla_policies.delete_policy(db, call.workspace_id, path.id)


def _checked(terms: Terms) -> Terms:
    if terms.first_response_time_minutes is None and terms.resolution_time_hours is None:
        raise Invalid("A policy promises at least one of the two times")
    return terms


async def _fetch(call: Call, db: Connection, policy_id: Id) -> SLAPolicy:
    found = await sla_policies.find_policy(db, call.workspace_id, policy_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_policies, add, read, change, remove)
