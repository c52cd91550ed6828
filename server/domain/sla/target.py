"""One running promise of a ticket: what its events make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain.events import (
    Ring,
    RingKind,
    Rings,
    SlaBreached,
    SlaEscalated,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
    TargetName,
)


class Target(msgspec.Struct, frozen=True):
    """See `sla_targets` for the row it is folded into.

    `spent` is what was used up to `since`, the beginning of the stretch that runs now (None when none does).
    `rings` is what its clock will still ring for, earliest first, and `done` are the steps that have come.
    """

    target: TargetName
    policy_id: UUID
    terms_id: UUID | None
    started_at: datetime
    due_at: datetime
    needed: timedelta
    spent: timedelta = timedelta()
    since: datetime | None = None
    rings: Rings = ()
    done: tuple[UUID, ...] = ()
    warned_at: datetime | None = None
    met_at: datetime | None = None
    breached_at: datetime | None = None
    paused_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Met, or no longer applying; a breached target that was not met yet has not ended."""
        return self.met_at is not None or self.stopped_at is not None

    @property
    def pending(self) -> bool:
        """Whether its due time is still to come, or to be stamped."""
        return not self.ended and self.breached_at is None and self.paused_at is None

    @property
    def next_at(self) -> datetime | None:
        """When its clock rings next; None when it is not armed."""
        return self.rings[0].at if self.rings else None


Targets = tuple[Target, ...]


def find(targets: Targets, name: TargetName) -> Target | None:
    """The ticket's target of that name."""
    return next((target for target in targets if target.target == name), None)


def next_due(targets: Targets) -> datetime | None:
    """The earliest due time that is still ahead or unstamped."""
    return min((target.due_at for target in targets if target.pending), default=None)


def apply(targets: Targets, event: SlaEvent, at: datetime) -> Targets:
    """The targets after an event that happened at `at`."""
    if isinstance(event, SlaStarted):
        others = tuple(target for target in targets if target.target != event.target)
        return (*others, _begun(event))
    return tuple(
        _changed(target, event, at) if target.target == event.target else target for target in targets
    )


def _begun(event: SlaStarted) -> Target:
    return Target(
        event.target,
        event.policy_id,
        event.terms_id,
        event.started_at,
        event.due_at,
        event.due_at - event.started_at if event.needed is None else event.needed,
        since=event.started_at,
        rings=event.rings or _early_rings(event.warn_at, event.due_at),
    )


def _early_rings(warn_at: datetime | None, due_at: datetime) -> Rings:
    """What the first versions, which wrote no rings, rang for."""
    warning = () if warn_at is None else (Ring(warn_at, "warning"),)
    return (*warning, Ring(due_at, "due"))


def _changed(target: Target, event: SlaEvent, at: datetime) -> Target:
    replace = msgspec.structs.replace
    match event:
        case SlaStarted():
            return target
        case SlaRetimed():
            return replace(
                target,
                policy_id=event.policy_id,
                terms_id=event.terms_id,
                due_at=event.due_at,
                needed=event.needed,
                spent=event.spent,
                since=event.changed_at if event.running else None,
                rings=event.rings,
            )
        case SlaPaused(spent=spent):
            return replace(_still(target, spent, at), paused_at=at)
        case SlaResumed():
            return _resumed(target, event, at)
        case SlaWarned(step=step):
            return replace(_rung(target, "warning", step), warned_at=at)
        case SlaEscalated(step=step):
            return _rung(target, "step", step)
        case SlaBreached(breached_at=breached_at):
            return replace(_rung(target, "due", None), breached_at=breached_at)
        case SlaMet(met_at=met_at, spent=spent):
            return replace(_still(target, spent, at), met_at=met_at, paused_at=None)
        case SlaStopped(spent=spent):
            return replace(_still(target, spent, at), stopped_at=at, paused_at=None)
        case _:
            assert_never(event)


def _still(target: Target, spent: timedelta | None, at: datetime) -> Target:
    """The target with its clock stopped; the first versions counted all time, and did not write it down."""
    if spent is None:
        spent = target.spent if target.since is None else target.spent + (at - target.since)
    return msgspec.structs.replace(target, spent=spent, since=None, rings=())


def _resumed(target: Target, event: SlaResumed, at: datetime) -> Target:
    rings = event.rings
    if not rings and target.breached_at is None:
        rings = _early_rings(None if target.warned_at else event.warn_at, event.due_at)
    return msgspec.structs.replace(
        target, due_at=event.due_at, since=at, rings=rings, paused_at=None, met_at=None, stopped_at=None
    )


def _rung(target: Target, kind: RingKind, step: UUID | None) -> Target:
    rings = tuple(ring for ring in target.rings if (ring.kind, ring.step) != (kind, step))
    done = target.done if step is None else (*target.done, step)
    return msgspec.structs.replace(target, rings=rings, done=done)
