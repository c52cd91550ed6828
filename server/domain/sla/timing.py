"""When a target is due and when its clock rings: working time turned into instants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from server.domain.calendar import HORIZON, due_after, working_between
from server.domain.events import Ring, RingKind, Rings
from server.domain.sla.policy import Promise, Terms
from server.domain.sla.target import Target

AllTerms = Mapping[UUID, Terms]
_ORDER: dict[RingKind, int] = {"warning": 0, "due": 1, "step": 2}


class Schedule(NamedTuple):
    """When it is due, and all that its clock rings for."""

    due_at: datetime
    rings: Rings


def spent_by(target: Target, terms: AllTerms, at: datetime) -> timedelta:
    """How much of its time a target has used by an instant."""
    if target.since is None:
        return target.spent
    promise = promise_of(target, terms)
    calendar = None if promise is None else promise.calendar
    return target.spent + working_between(calendar, target.since, at)


def promise_of(target: Target, terms: AllTerms) -> Promise | None:
    """What a target is measured by; None for one that the first versions began, which counts all time."""
    found = None if target.terms_id is None else terms.get(target.terms_id)
    return None if found is None else found.find(target.target)


def schedule(
    promise: Promise,
    since: datetime,
    spent: timedelta,
    done: Collection[UUID] = (),
    breached_at: datetime | None = None,
) -> Schedule:
    """The due time and the rings of a promise of which `spent` is used when it runs from `since` on.

    Steps that are `done`, and the due time of what is breached, do not ring again.
    """
    due_at = _reached(promise, since, spent, promise.needed) if breached_at is None else breached_at
    rings = [] if breached_at is not None else [Ring(due_at, "due")]
    for step in promise.steps:
        if step.id not in done:
            at = _reached(promise, since, spent, step.threshold(promise.needed))
            rings.append(Ring(at, "step" if step.actions else "warning", step.id))
    return Schedule(due_at, tuple(sorted(rings, key=_by_time)))


def passed(promise: Promise, spent: timedelta) -> set[UUID]:
    """The steps whose mark lies behind, once so much is spent."""
    return {step.id for step in promise.steps if step.threshold(promise.needed) <= spent}


def _reached(promise: Promise, since: datetime, spent: timedelta, threshold: timedelta) -> datetime:
    """When so much will have been spent; a calendar that never opens again puts it beyond the horizon."""
    at = due_after(promise.calendar, since, threshold - spent)
    return since + HORIZON if at is None else at


def _by_time(ring: Ring) -> tuple[datetime, int, str]:
    return ring.at, _ORDER[ring.kind], str(ring.step)
