"""SLA clocks as arithmetic: which targets a ticket has, when they are due, and what stops them.

Nothing here reads a clock or waits. The stream is only the alarm; these rules decide under the row lock.

What changes mean: a target is measured from the opening of the ticket. Another priority measures it anew
under that priority's policy, from the same start, with the time it stood still left out. The resolution
target stands still while the ticket waits (pending, on hold). Resolving or closing meets it and stops a
first response that nobody gave; reopening lets both run on with what they had left, unless the policy of
the priority that the ticket has by then does not ask for them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain.events import (
    Priority,
    SlaBreached,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
    Status,
    TargetName,
)

WAITING: frozenset[Status] = frozenset({"pending", "on_hold"})
DONE: frozenset[Status] = frozenset({"resolved", "closed"})
_MEASURED: tuple[TargetName, ...] = ("first_response", "resolution")


class Policy(msgspec.Struct, frozen=True):
    """How soon tickets of one priority are to be answered and resolved."""

    id: UUID
    priority: Priority
    first_response: timedelta | None
    resolution: timedelta | None
    warning_percent: int

    def duration(self, name: TargetName) -> timedelta | None:
        """How soon; None when it promises nothing."""
        match name:
            case "first_response":
                return self.first_response
            case "resolution":
                return self.resolution
            case _:
                return None


class Target(msgspec.Struct, frozen=True):
    """One running promise of a ticket; see `sla_targets` for the row it is folded into."""

    target: TargetName
    policy_id: UUID
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    warned_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    stood_still: timedelta = timedelta()

    @property
    def ended(self) -> bool:
        """Met, or no longer applying; a breached target that was not met yet has not ended."""
        return self.met_at is not None or self.stopped_at is not None

    @property
    def running(self) -> bool:
        """Whether its clock is armed."""
        return not self.ended and self.breached_at is None and self.paused_at is None


Targets = tuple[Target, ...]


def find(targets: Targets, name: TargetName) -> Target | None:
    """The ticket's target of that name."""
    return next((target for target in targets if target.target == name), None)


def next_due(targets: Targets) -> datetime | None:
    """The earliest due time that is still ahead or unstamped."""
    return min((target.due_at for target in targets if target.running), default=None)


def starting(policy: Policy | None, opened_at: datetime, before: Targets = ()) -> list[SlaStarted]:
    """The targets that a policy gives a ticket opened at `opened_at`; no policy, no targets.

    The time that its targets `before` stood still is left out.
    """
    return [
        _started(name, policy, duration, opened_at, before)
        for name in _MEASURED
        if policy is not None and (duration := policy.duration(name)) is not None
    ]


def _started(
    name: TargetName, policy: Policy, duration: timedelta, opened_at: datetime, before: Targets
) -> SlaStarted:
    known = find(before, name)
    begin = opened_at if known is None else opened_at + known.stood_still
    warn_at = begin + duration * policy.warning_percent / 100
    return SlaStarted(name, policy.id, opened_at, warn_at, begin + duration)


def on_response(targets: Targets, now: datetime) -> list[SlaEvent]:
    """A person of the team wrote to the customer."""
    target = find(targets, "first_response")
    return [] if target is None or target.ended else _meeting(target, now)


def on_status(
    targets: Targets, previous: Status, status: Status, policy: Policy | None, now: datetime
) -> list[SlaEvent]:
    """The ticket is about to have `status`; `policy` is that of its priority."""
    events: list[SlaEvent] = []
    for target in targets:
        if status in DONE:
            events += _on_done(target, now)
            continue
        woken = _woken(target, previous, status, policy, now)
        events += woken
        if status in WAITING and target.target == "resolution":
            awake = next((_changed(target, event, now) for event in woken), target)
            events += _overdue(awake, now) or ([SlaPaused(target.target)] if awake.running else [])
    return events


def _on_done(target: Target, now: datetime) -> list[SlaEvent]:
    if target.ended:
        return []
    if target.target == "resolution":
        return _meeting(target, now)
    return [*_overdue(target, now), SlaStopped(target.target)]


def _woken(
    target: Target, previous: Status, status: Status, policy: Policy | None, now: datetime
) -> list[SlaEvent]:
    """What stood still, or ended only because the ticket was done, runs on with the time it had left."""
    since = target.paused_at if status not in WAITING else None
    if previous in DONE and policy is not None and policy.duration(target.target) is not None:
        since = target.stopped_at or (target.met_at if target.target == "resolution" else None)
    if since is None or target.breached_at is not None:
        return []
    still = now - since
    return [SlaResumed(target.target, target.warn_at + still, target.due_at + still)]


def on_policy(
    targets: Targets, policy: Policy | None, opened_at: datetime, status: Status, now: datetime
) -> list[SlaEvent]:
    """The ticket has another priority: what is still open is measured by that priority's policy."""
    moved = tuple(_until(target, now) for target in targets)
    wanted = {start.target: start for start in starting(policy, opened_at, moved)}
    events: list[SlaEvent] = []
    for target in targets:
        if target.met_at is not None or target.breached_at is not None:
            wanted.pop(target.target, None)
        elif overdue := _overdue(target, now):
            events += overdue
            wanted.pop(target.target, None)
        elif target.target not in wanted and not target.ended:
            events.append(SlaStopped(target.target))
    for start in wanted.values():
        events.append(start)
        if status in WAITING and start.target == "resolution":
            events.append(SlaPaused(start.target))
    return events


def _until(target: Target, now: datetime) -> Target:
    """The target with the pause it may be in counted up to now: due later by as much."""
    if target.paused_at is None:
        return target
    still = now - target.paused_at
    return msgspec.structs.replace(
        target,
        warn_at=target.warn_at + still,
        due_at=target.due_at + still,
        stood_still=target.stood_still + still,
        paused_at=None,
    )


def on_warning(targets: Targets, name: TargetName, due_at: datetime, now: datetime) -> list[SlaEvent]:
    """A clock says that a target is close; nothing, unless it is still so."""
    target = find(targets, name)
    if target is None or not target.running or target.warned_at is not None:
        return []
    if target.due_at != due_at or now < target.warn_at:
        return []
    return [SlaWarned(name, due_at)]


def on_breach(targets: Targets, name: TargetName, due_at: datetime, now: datetime) -> list[SlaEvent]:
    """A clock says that a target is due; nothing, unless it is still so."""
    target = find(targets, name)
    if target is None or target.due_at != due_at:
        return []
    return _overdue(target, now)


def _meeting(target: Target, now: datetime) -> list[SlaEvent]:
    """Met, and breached first when that was due before: late is late, however late the clock was told."""
    return [*_overdue(target, now), SlaMet(target.target, now)]


def _overdue(target: Target, now: datetime) -> list[SlaEvent]:
    if target.running and now >= target.due_at:
        return [SlaBreached(target.target, target.due_at)]
    return []


def apply(targets: Targets, event: SlaEvent, at: datetime) -> Targets:
    """The targets after an event that happened at `at`."""
    if isinstance(event, SlaStarted):
        before = find(targets, event.target)
        fresh = Target(
            event.target,
            event.policy_id,
            event.started_at,
            event.warn_at,
            event.due_at,
            stood_still=timedelta() if before is None else _until(before, at).stood_still,
        )
        return (*(target for target in targets if target.target != event.target), fresh)
    return tuple(
        _changed(target, event, at) if target.target == event.target else target for target in targets
    )


def _changed(target: Target, event: SlaEvent, at: datetime) -> Target:
    match event:
        case SlaPaused():
            return msgspec.structs.replace(target, paused_at=at)
        case SlaResumed():
            return msgspec.structs.replace(
                target,
                warn_at=event.warn_at,
                due_at=event.due_at,
                stood_still=target.stood_still + (event.due_at - target.due_at),
                paused_at=None,
                met_at=None,
                stopped_at=None,
            )
        case SlaWarned():
            return msgspec.structs.replace(target, warned_at=at)
        case SlaMet():
            return msgspec.structs.replace(_until(target, at), met_at=event.met_at)
        case SlaBreached():
            return msgspec.structs.replace(target, breached_at=event.breached_at)
        case SlaStopped():
            return msgspec.structs.replace(_until(target, at), stopped_at=at)
        case SlaStarted():
            return target
        case _:
            assert_never(event)
