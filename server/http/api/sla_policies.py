"""SLA policies: how soon which tickets are answered and resolved."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain.errors import Invalid, NotFound
from server.domain.events import Priority
from server.domain.resources import Page, SLAPolicy
from server.domain.rights import Action
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions, Percent
from server.http.call import Call
from server.http.inputs import ById, Id, Name, Text
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import sla_policies
from server.store.pool import Connection
from server.store.sla_policies import Kept, Written

Minutes = Annotated[int, Meta(ge=1, le=525_600)]
Hours = Annotated[float, Meta(gt=0, le=8_760)]
Share = Annotated[int, Meta(ge=1, le=99)]


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


class NewPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy to be; at least one of the times. Without a priority it means every ticket."""

    name: Name
    priority_level: Priority | None = None
    description: Text = ""
    first_response_time_minutes: Minutes | None = None
    next_response_time_minutes: Minutes | None = None
    resolution_time_hours: Hours | None = None
    warning_percent: Share = 80
    active: bool = True


class PolicyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, null takes a time away."""

    name: Name | UnsetType = UNSET
    priority_level: Priority | None | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    first_response_time_minutes: Minutes | None | UnsetType = UNSET
    next_response_time_minutes: Minutes | None | UnsetType = UNSET
    resolution_time_hours: Hours | None | UnsetType = UNSET
    warning_percent: Share | UnsetType = UNSET
    active: bool | UnsetType = UNSET


@operation("GET", "/sla-policies", Action.READ_DESK, {200: Page[SLAPolicy]})
async def list_policies(call: Call, db: Connection, query: PoliciesQuery) -> Page[SLAPolicy]:
    """List SLA policies."""
    part = slice_of(query, sla_policies.LISTING.sorts, query.sort)
    rows = await sla_policies.list_policies(db, call.workspace_id, {}, part)
    return page_of(rows, part, _of_row, call.path, call.query_string)


@operation("POST", "/sla-policies", Action.MANAGE_DESK, {201: SLAPolicy}, tagged=True)
async def add(call: Call, db: Connection, body: NewPolicy) -> SLAPolicy:
    """Make an SLA policy, before all others: the first active one that means a ticket has it."""
    policy_id = new_id()
    await sla_policies.add_policy(db, call.workspace_id, policy_id, _written(policy_id, body))
    return await _fetch(call, db, policy_id)


@operation("GET", "/sla-policies/{id}", Action.READ_DESK, {200: SLAPolicy}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> SLAPolicy:
    """Read an SLA policy."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/sla-policies/{id}", Action.MANAGE_DESK, {200: SLAPolicy}, tagged=True)
async def change(call: Call, db: Connection, path: ById, body: PolicyChange) -> SLAPolicy:
    """Change an SLA policy, from now on, without losing what was spent."""
    await sla_policies.lock_policy(db, call.workspace_id, path.id)
    now = await _fetch(call, db, path.id)
    call.require_match(now)
    before = msgspec.structs.asdict(now)
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
    wanted = {name: (before | given)[name] for name in NewPolicy.__struct_fields__}
    written = _written(path.id, NewPolicy(**{**wanted, "warning_percent": wanted["warning_percent"] or 80}))
    await sla_policies.change_policy(db, call.workspace_id, path.id, written)
    return await _fetch(call, db, path.id)


@operation("DELETE", "/sla-policies/{id}", Action.MANAGE_DESK, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an SLA policy; what ran under it is measured by the next that means the ticket, or stops."""
    await sla_policies.lock_policy(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await sla_policies.delete_policy(db, call.workspace_id, path.id)


def _written(policy_id: UUID, body: NewPolicy) -> Written:
    first, following, resolution = (
        body.first_response_time_minutes,
        body.next_response_time_minutes,
        body.resolution_time_hours,
    )
    if first is None and following is None and resolution is None:
        raise Invalid("A policy promises at least one of the times")
    promises = plain_promises(
        policy_id,
        None if first is None else timedelta(minutes=first),
        None if resolution is None else timedelta(hours=resolution),
        body.warning_percent,
        None if following is None else timedelta(minutes=following),
    )
    priorities = () if body.priority_level is None else (body.priority_level,)
    return Written(body.name, body.description, body.active, Conditions(priorities=priorities), promises)


def shape(policy: Kept) -> SLAPolicy:
    """The resource of a policy."""
    written = policy.written
    needed = {promise.target: promise.needed.total_seconds() for promise in written.promises}
    percents = [
        step.mark.percent
        for promise in written.promises
        for step in promise.steps
        if isinstance(step.mark, Percent) and not step.actions
    ]
    priorities = written.conditions.priorities
    return SLAPolicy(
        id=policy.id,
        name=written.name,
        description=written.description,
        position=policy.position,
        priority_level=priorities[0] if len(priorities) == 1 else None,
        first_response_time_minutes=_per(needed.get("first_response"), 60),
        next_response_time_minutes=_per(needed.get("next_response"), 60),
        resolution_time_hours=_per(needed.get("resolution"), 3600),
        warning_percent=min(percents, default=None),
        active=written.active,
        created_at=policy.created_at,
        updated_at=policy.updated_at,
    )


def _of_row(row: Any) -> SLAPolicy:
    return shape(sla_policies.kept(row))


def _per(seconds: float | None, unit: int) -> float | None:
    if seconds is None:
        return None
    return int(seconds // unit) if seconds % unit == 0 else seconds / unit


async def _fetch(call: Call, db: Connection, policy_id: Id) -> SLAPolicy:
    found = await sla_policies.find_policy(db, call.workspace_id, policy_id)
    if found is None:
        raise NotFound
    return shape(found)


OPERATIONS = (list_policies, add, read, change, remove)
