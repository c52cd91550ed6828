"""What a form makes of an SLA policy: what is left out stays, and steps keep their ids. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET

from server.clock import new_id
from server.domain.errors import Invalid
from server.domain.events import TargetName
from server.domain.sla.plain import plain_promises, warning
from server.domain.sla.policy import (
    Conditions,
    FieldIs,
    Mark,
    NotifyAgents,
    Offset,
    Pause,
    Percent,
    Promise,
    Reassign,
    Step,
)
from server.http.policy_form import ConditionsForm, MarkForm, PolicyForm, StepForm, TargetForm
from server.http.policy_shape import first_warning, only_priority
from server.store.sla_policies import Written

NOTHING = Written("", "", True, Conditions(), ())


def written(policy_id: UUID, before: Written, form: PolicyForm) -> Written:
    """The policy as it is to be; raises Invalid for what cannot be promised."""
    conditions = _conditions(before.conditions, form)
    promises = _promises(policy_id, before.promises, form)
    if not promises:
        raise Invalid("A policy promises at least one of the times")
    return Written(
        before.name if form.name is UNSET else form.name,
        before.description if form.description is UNSET else form.description,
        before.active if form.active is UNSET else form.active,
        conditions,
        promises,
    )


def _conditions(before: Conditions, form: PolicyForm) -> Conditions:
    given, level = form.conditions, form.priority_level
    if isinstance(given, ConditionsForm):
        if level is not UNSET:
            raise Invalid("Either conditions or priority_level", pointer="/priority_level")
        fields = tuple(FieldIs(field.name, field.values) for field in given.fields)
        return Conditions(**{**msgspec.structs.asdict(given), "fields": fields})
    if level is UNSET or level == only_priority(before):
        return before
    return msgspec.structs.replace(before, priorities=() if level is None else (level,))


def _promises(policy_id: UUID, before: Sequence[Promise], form: PolicyForm) -> tuple[Promise, ...]:
    few = [minutes for minutes in form.times.values() if minutes is not UNSET]
    if isinstance(form.targets, tuple):
        if few or form.warning_percent is not UNSET:
            raise Invalid("Either targets or the times and warning_percent", pointer="/targets")
        return _in_full(before, form.targets)
    return _in_numbers(policy_id, before, form)


def _in_numbers(policy_id: UUID, before: Sequence[Promise], form: PolicyForm) -> tuple[Promise, ...]:
    """The promises with other times; one that is new is plain, with a warning like the others'."""
    known, shown, asked = (
        {promise.target: promise for promise in before},
        first_warning(before),
        form.warning_percent,
    )
    percent = (shown or 80) if asked is UNSET else asked
    found: list[Promise] = []
    for target in dict.fromkeys((*known, *form.times)):
        promise, minutes = known.get(target), form.times[target]
        if isinstance(minutes, int | float):
            plain = _plain(policy_id, target, timedelta(minutes=minutes), percent)
            promise = plain if promise is None else msgspec.structs.replace(promise, needed=plain.needed)
        if promise is not None and minutes is not None:
            found.append(promise)
    if asked is UNSET or asked == shown:
        return tuple(found)
    return tuple(_warned_at(policy_id, promise, asked) for promise in found)


def _plain(policy_id: UUID, target: TargetName, needed: timedelta, percent: int) -> Promise:
    times = {target: needed}
    (promise,) = plain_promises(
        policy_id, times.get("first_response"), times.get("resolution"), percent, times.get("next_response")
    )
    return promise


def _warned_at(policy_id: UUID, promise: Promise, percent: int) -> Promise:
    """The promise with one warning at a share of its time."""
    others = tuple(step for step in promise.steps if step.actions or not isinstance(step.mark, Percent))
    return msgspec.structs.replace(promise, steps=(warning(policy_id, promise.target, percent), *others))


def _in_full(before: Sequence[Promise], targets: Sequence[TargetForm]) -> tuple[Promise, ...]:
    known = {step.id for promise in before for step in promise.steps}
    named: set[TargetName] = set()
    taken: set[UUID] = set()
    promises = []
    for place, target in enumerate(targets):
        if target.target in named:
            raise Invalid("Promised twice", pointer=f"/targets/{place}/target")
        named.add(target.target)
        steps = []
        for number, form in enumerate(target.steps):
            pointer = f"/targets/{place}/steps/{number}"
            if isinstance(form.id, UUID):
                if form.id not in known or form.id in taken:
                    raise Invalid("The policy has no such step", pointer=f"{pointer}/id")
                taken.add(form.id)
            steps.append(_step(form, pointer))
        promises.append(
            Promise(
                target.target,
                timedelta(minutes=target.minutes),
                calendar_id=target.calendar_id,
                pauses=tuple(Pause(pause.status, pause.reason_id) for pause in target.pauses),
                on_reopen=target.on_reopen,
                steps=tuple(steps),
            )
        )
    return tuple(promises)


def _step(form: StepForm, pointer: str) -> Step:
    mark = _mark(form.mark, pointer)
    if not form.actions and (mark.percent >= 100 if isinstance(mark, Percent) else mark.minutes >= 0):
        raise Invalid("A warning comes before the due time", pointer=f"{pointer}/mark")
    for place, action in enumerate(form.actions):
        match action:
            case NotifyAgents(agent_ids=ids) if not 1 <= len(ids) <= 100:
                raise Invalid("1 to 100 agents", pointer=f"{pointer}/actions/{place}/agent_ids")
            case Reassign(agent_id=None, team_id=None):
                raise Invalid("To an agent or a team", pointer=f"{pointer}/actions/{place}")
            case _:
                pass
    return Step(new_id() if form.id is UNSET else form.id, mark, form.actions)


def _mark(form: MarkForm, pointer: str) -> Mark:
    match form.percent, form.minutes:
        case int(percent), msgspec.UNSET:
            return Percent(percent)
        case msgspec.UNSET, int(minutes):
            return Offset(minutes)
        case _:
            raise Invalid("Either percent or minutes", pointer=f"{pointer}/mark")
