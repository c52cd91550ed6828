"""Why a clock stands where it stands: each run of each target, cut into segments with their reasons.

Read from the ticket's log and the terms that its events name, by the same fold and the same calendars as the
clock itself: what the segments count is what the target has spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain.calendar import is_open
from server.domain.events import (
    Recorded,
    RingKind,
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
    StatusChanged,
)
from server.domain.sla.causes import causes_of
from server.domain.sla.explanation import (
    Change,
    Mark,
    MarkKind,
    Reason,
    Rule,
    Run,
    Segment,
    Standing,
    State,
)
from server.domain.sla.history import Done, commands
from server.domain.sla.policy import Percent, Promise
from server.domain.sla.reaction import DONE
from server.domain.sla.stretches import pieces
from server.domain.sla.target import Target, find
from server.domain.sla.timing import AllTerms, promise_of
from server.domain.ticket import Ticket, apply, opened

MAX_SEGMENTS = 2000  # of a run; beyond, days are told as one, and then all that is oldest


def explain(workspace_id: UUID, records: Sequence[Recorded], terms: AllTerms, now: datetime) -> list[Run]:
    """The runs of a ticket's targets, oldest first, from all its records; none for an empty log."""
    if not records:
        return []
    ticket = opened(workspace_id, records[0])
    running: dict[str, _Running] = {}
    ended: list[_Running] = []
    for done in commands(records[1:]):
        for record in done.records:
            before, ticket = ticket, apply(ticket, record)
            match record.event:
                case SlaStarted(target=name):
                    if name in running:
                        ended.append(running[name])
                    running[name] = _Running(record.seq, ticket, name, terms)
                case StatusChanged():
                    for run in running.values():
                        run.waits(ticket, record.at)
                case event if isinstance(event, SlaEvent) and event.target in running:
                    running[event.target].takes(event, record, before, ticket, done)
                case _:
                    pass
    runs = [run.until(now) for run in (*ended, *running.values())]
    return sorted(runs, key=lambda run: run.id)


class _Running:
    """One run while its events are read."""

    def __init__(self, seq: int, ticket: Ticket, name: str, terms: AllTerms) -> None:
        target = find(ticket.targets, name)  # type: ignore[arg-type]
        assert target is not None
        self._id = seq
        self._terms = terms
        self._target: Target = target
        self._begin = target.started_at
        self._state: State = "running"
        self._reason = Reason("always")  # what runs has its calendar's reasons
        self._spent = timedelta()
        self._rules = [self._rule()]
        self._segments: list[Segment] = []
        self._marks: list[Mark] = []
        self._changes: list[Change] = []

    def _rule(self) -> Rule:
        target = self._target
        promise = promise_of(target, self._terms)
        terms = None if target.terms_id is None else self._terms.get(target.terms_id)
        calendar = None if promise is None else promise.calendar
        return Rule(
            target.policy_id,
            target.terms_id,
            None if terms is None else terms.made_at,
            None if promise is None else promise.calendar_id,
            None if calendar is None else calendar.zone,
            target.needed,
        )

    @property
    def _promise(self) -> Promise | None:
        return promise_of(self._target, self._terms)

    def _cut(self, at: datetime) -> None:
        """What was so until now is a segment, or several where its calendar opens and closes."""
        at = max(at, self._begin)
        if self._state == "running":
            calendar = None if self._promise is None else self._promise.calendar
            for piece in pieces(calendar, self._begin, at):
                state: State = "running" if piece.is_open else "outside_hours"
                counted = piece.end - piece.begin if piece.is_open else timedelta()
                self._add(piece.begin, piece.end, state, Reason(piece.why, holiday=piece.name), counted)
        elif at > self._begin:
            self._add(self._begin, at, self._state, self._reason, timedelta())
        self._begin = at

    def _add(self, begin: datetime, end: datetime, state: State, reason: Reason, counted: timedelta) -> None:
        self._spent += counted
        rule = len(self._rules) - 1
        self._segments.append(Segment(begin, end, state, reason, rule, counted, self._spent))

    def waits(self, ticket: Ticket, at: datetime) -> None:
        """The ticket has another status: what stands still does so for another reason."""
        if self._state == "paused":
            self._cut(at)
            self._reason = _waiting(ticket)

    def takes(self, event: SlaEvent, record: Recorded, before: Ticket, after: Ticket, done: Done) -> None:
        """The next event of this run."""
        was = self._target
        self._target = find(after.targets, event.target) or was
        match event:
            case SlaPaused():
                self._stands("paused", _waiting(after), record.at, was)
            case SlaResumed():
                self._stands("running", Reason("always"), record.at, was)
            case SlaMet(met_at=at):
                code = "resolved" if event.target == "resolution" else "answered"
                self._stands("ended", Reason(code, after.status), at, was)  # type: ignore[arg-type]
                self._marks.append(Mark(at, "met", told_at=record.at))
            case SlaStopped():
                finished = after.status in DONE
                self._stands(
                    "ended", Reason("done" if finished else "not_promised", after.status), record.at, was
                )
                self._marks.append(Mark(record.at, "stopped", told_at=record.at))
            case SlaRetimed():
                self._retimed(event, record, was, before, done)
            case SlaWarned(step=step):
                self._rang(was, "warning", step, "warning", record)
            case SlaEscalated(step=step):
                self._rang(was, "step", step, "step", record)
            case SlaBreached():
                self._rang(was, "due", None, "breached", record)
            case SlaStarted():
                pass  # another run
            case _:
                assert_never(event)

    def _stands(self, state: State, reason: Reason, at: datetime, was: Target) -> None:
        now, self._target = self._target, was
        self._cut(at)
        self._target, self._state, self._reason = now, state, reason

    def _retimed(self, event: SlaRetimed, record: Recorded, was: Target, before: Ticket, done: Done) -> None:
        self._stands(self._state, self._reason, event.changed_at, was)
        old = promise_of(was, self._terms)
        self._rules.append(self._rule())
        causes = causes_of(done, old, self._promise, edited=was.policy_id == event.policy_id)
        last = len(self._rules) - 1
        self._changes.append(
            Change(
                record.at,
                event.changed_at,
                causes,
                last - 1,
                last,
                was.due_at,
                event.due_at,
                event.spent,
            )
        )

    def _rang(self, was: Target, ring: RingKind, step: UUID | None, kind: MarkKind, record: Recorded) -> None:
        rung = (one.at for one in was.rings if (one.kind, one.step) == (ring, step))
        self._marks.append(self._mark(next(rung, record.at), kind, step, was, told_at=record.at))

    def _mark(
        self,
        at: datetime,
        kind: MarkKind,
        step_id: UUID | None,
        target: Target,
        *,
        told_at: datetime | None = None,
    ) -> Mark:
        promise = promise_of(target, self._terms)
        steps = () if promise is None else promise.steps
        step = next((one for one in steps if one.id == step_id), None)
        if step is None:
            return Mark(at, kind, told_at is None, told_at, step_id)
        actions = tuple(msgspec.to_builtins(action)["type"] for action in step.actions)
        if isinstance(step.mark, Percent):
            return Mark(at, kind, told_at is None, told_at, step_id, step.mark.percent, None, actions)
        return Mark(at, kind, told_at is None, told_at, step_id, None, step.mark.minutes, actions)

    def until(self, now: datetime) -> Run:
        """The run as it is now; what ended has no segment after its end."""
        if self._state != "ended":
            self._cut(now)
        target = self._target
        ahead = [self._mark(ring.at, ring.kind, ring.step, target) for ring in target.rings]
        segments, shortened = _shortened(self._segments)
        return Run(
            self._id,
            target.target,
            self._standing(now),
            target.started_at,
            target.due_at,
            target.needed,
            self._spent,
            target.met_at,
            target.breached_at,
            target.stopped_at,
            tuple(self._rules),
            tuple(segments),
            tuple(sorted((*self._marks, *ahead), key=lambda mark: mark.at)),
            tuple(self._changes),
            shortened,
        )

    def _standing(self, now: datetime) -> Standing:
        target = self._target
        if target.met_at is not None:
            return "met"
        if target.stopped_at is not None:
            return "stopped"
        if target.paused_at is not None:
            return "paused"
        calendar = None if self._promise is None else self._promise.calendar
        return "running" if is_open(calendar, now) else "outside_hours"


def _waiting(ticket: Ticket) -> Reason:
    return Reason("waiting", ticket.status, ticket.status_reason_id)


def _shortened(segments: list[Segment]) -> tuple[list[Segment], bool]:
    """At most MAX_SEGMENTS, the newest in full."""
    if len(segments) <= MAX_SEGMENTS:
        return segments, False
    days = [_merged(list(day)) for _, day in groupby(segments, lambda one: (one.begin.date(), one.rule))]
    spare = len(days) - MAX_SEGMENTS
    return ([_merged(days[: spare + 1]), *days[spare + 1 :]] if spare > 0 else days), True


def _merged(segments: list[Segment]) -> Segment:
    """Several told as one: running when any of it counted."""
    if len(segments) == 1:
        return segments[0]
    first, last = segments[0], segments[-1]
    told = next((one for one in segments if one.counted), first)
    counted = sum((one.counted for one in segments), timedelta())
    parts = sum(one.parts for one in segments)
    return Segment(first.begin, last.end, told.state, told.reason, last.rule, counted, last.spent, parts)
