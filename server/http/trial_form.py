"""Policies and calendars as they are proposed for a trial, and the rules that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain.calendar import Calendar
from server.domain.errors import Invalid
from server.domain.sla.policy import Policy, Promise, Terms
from server.http.calendar_form import Days, HolidaysForm, WeekForm, calendar_of
from server.http.inputs import Id, Name, When, Zone
from server.http.policy_form import PolicyForm
from server.http.policy_names import check_names
from server.http.policy_writing import NOTHING, written
from server.store import sla_policies, sla_trials
from server.store.desk import fetch_desk
from server.store.pool import Connection
from server.store.sla_policies import MAX_POLICIES, Written


class TrialPolicy(PolicyForm, frozen=True, kw_only=True):
    """A policy as it would be; with the `id` of one that is there, what is left out is as that has it."""

    id: Id | UnsetType = UNSET


class TrialCalendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calendar as it would be, in the place of the one with its id, or a new one for proposed policies."""

    id: Id
    time_zone: Zone
    hours: WeekForm
    name: Name | UnsetType = UNSET
    days: Days = ()
    holidays: HolidaysForm | None = None


class NewTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which policies and calendars to try, over the tickets opened in which period, of one inbox or all.

    `policies` are all that there would be, in order; those in force when only calendars are tried.
    """

    begin: When = msgspec.field(name="from")
    to: When | None = None
    inbox_id: Id | None = None
    policies: Annotated[tuple[TrialPolicy, ...], Meta(max_length=MAX_POLICIES)] | UnsetType = UNSET
    calendars: Annotated[tuple[TrialCalendar, ...], Meta(max_length=20)] = ()


async def proposed(db: Connection, workspace_id: UUID, form: NewTrial, now: datetime) -> tuple[Policy, ...]:
    """The active policies, each with terms that contain its calendars; Invalid, pointing at what is wrong."""
    tried = _calendars(form.calendars)
    if form.policies is UNSET:
        if not tried:
            raise Invalid("Policies or calendars to try", pointer="/policies")
        desk = await fetch_desk(db, workspace_id)
        return tuple(_measured_by(policy, tried, now) for policy in desk.policies)
    whole = [await _written(db, workspace_id, place, each, tried) for place, each in enumerate(form.policies)]
    wanted = {promise.calendar_id for _, policy in whole for promise in policy.promises}
    known = await sla_trials.find_calendars(db, workspace_id, wanted - {None}) | tried
    return tuple(
        _measured_by(_policy(policy_id, policy, now), known, now)
        for policy_id, policy in whole
        if policy.active
    )


def _calendars(forms: Sequence[TrialCalendar]) -> dict[UUID, Calendar]:
    found: dict[UUID, Calendar] = {}
    for place, form in enumerate(forms):
        try:
            named = calendar_of(form.time_zone, form.hours, form.days, form.holidays)
        except Invalid as wrong:
            raise Invalid(wrong.detail, pointer=f"/calendars/{place}{wrong.pointer or ''}") from wrong
        found[form.id] = Calendar(named.zone, named.week, named.days, named.country, named.subdivision)
    return found


async def _written(
    db: Connection, workspace_id: UUID, place: int, form: TrialPolicy, tried: Mapping[UUID, Calendar]
) -> tuple[UUID, Written]:
    policy_id = new_id() if form.id is UNSET else form.id
    kept = None if form.id is UNSET else await sla_policies.find_policy(db, workspace_id, form.id)
    before = NOTHING if kept is None else kept.written
    try:
        policy = written(policy_id, before, form)
        await check_names(db, workspace_id, before, _without(policy, tried))
    except Invalid as wrong:
        raise Invalid(wrong.detail, pointer=f"/policies/{place}{wrong.pointer or ''}") from wrong
    return policy_id, policy


def _without(policy: Written, tried: Mapping[UUID, Calendar]) -> Written:
    """The policy without calendars that are there for the trial only."""
    promises = tuple(
        msgspec.structs.replace(each, calendar_id=None) if each.calendar_id in tried else each
        for each in policy.promises
    )
    return msgspec.structs.replace(policy, promises=promises)


def _policy(policy_id: UUID, policy: Written, now: datetime) -> Policy:
    terms = Terms(new_id(), policy_id, policy.promises, now)
    return Policy(policy_id, policy.name, policy.conditions, terms)


def _measured_by(policy: Policy, known: Mapping[UUID, Calendar], now: datetime) -> Policy:
    """The policy with these calendars in the place of its own."""
    promises = tuple(_by(promise, known) for promise in policy.terms.promises)
    return msgspec.structs.replace(policy, terms=Terms(new_id(), policy.id, promises, now))


def _by(promise: Promise, known: Mapping[UUID, Calendar]) -> Promise:
    if promise.calendar_id is None:
        return promise
    return msgspec.structs.replace(promise, calendar=known.get(promise.calendar_id, promise.calendar))
