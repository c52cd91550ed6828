"""An SLA policy as it is shown: whole, and as far as they can in a few numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from server.domain.events import Priority
from server.domain.policy_resources import PolicyPause, PolicyStep, PolicyTarget, SLAPolicy, StepMark, Waiting
from server.domain.sla.policy import Conditions, Mark, Percent, Promise
from server.store.sla_policies import Kept


def shape(policy: Kept) -> SLAPolicy:
    """The resource of a policy."""
    kept = policy.written
    needed = {promise.target: promise.needed.total_seconds() for promise in kept.promises}
    return SLAPolicy(
        id=policy.id,
        name=kept.name,
        description=kept.description,
        position=policy.position,
        active=kept.active,
        priority_level=only_priority(kept.conditions),
        first_response_time_minutes=_per(needed.get("first_response"), 60),
        next_response_time_minutes=_per(needed.get("next_response"), 60),
        resolution_time_hours=_per(needed.get("resolution"), 3600),
        warning_percent=first_warning(kept.promises),
        conditions=kept.conditions,
        targets=[_target(promise) for promise in kept.promises],
        created_at=policy.created_at,
        updated_at=policy.updated_at,
    )


def _target(promise: Promise) -> PolicyTarget:
    return PolicyTarget(
        target=promise.target,
        minutes=_per(promise.needed.total_seconds(), 60) or 0,
        calendar_id=promise.calendar_id,
        pauses=[
            PolicyPause(status=cast("Waiting", pause.status), reason_id=pause.reason_id)
            for pause in promise.pauses
        ],
        on_reopen=promise.on_reopen,
        steps=[
            PolicyStep(id=step.id, mark=_mark(step.mark), actions=list(step.actions))
            for step in promise.steps
        ],
    )


def _mark(mark: Mark) -> StepMark:
    return StepMark(percent=mark.percent) if isinstance(mark, Percent) else StepMark(minutes=mark.minutes)


def only_priority(conditions: Conditions) -> Priority | None:
    """The one priority that is meant, if it is one."""
    priorities = conditions.priorities
    return priorities[0] if len(priorities) == 1 else None


def first_warning(promises: Sequence[Promise]) -> int | None:
    """The share of the first warning."""
    percents = [
        step.mark.percent
        for promise in promises
        for step in promise.steps
        if isinstance(step.mark, Percent) and not step.actions
    ]
    return min(percents, default=None)


def _per(seconds: float | None, unit: int) -> float | None:
    if seconds is None:
        return None
    return int(seconds // unit) if seconds % unit == 0 else seconds / unit
