"""What a change of a ticket does to its clocks: one documented meaning for each change.

- **Opened**: every promise of the first matching policy begins; next_response only where no first response is
  promised. What a machine opened has no clocks.
- **Answered** by a person of the team: first_response and next_response are met. What a machine or Parley
  says is no answer.
- **Asked** by the customer: next_response begins, unless the team already owes an answer: a second message
  does not restart it. A machine's mail asks nothing.
- **Waiting** (a status in which the promise pauses, for a reason it names): the clock stands still with what
  it has spent, and goes on from there.
- **Resolved or closed**: resolution is met; an answer that nobody gave no longer applies.
- **Reopened**: resolution and first_response go on with what they had spent, or (`restart`) begin anew. What
  was breached stays breached.
- **Other rules** (priority, team, tags, customer, or the policy or its calendar itself): from that moment on
  what is still open is measured by the first policy that matches now; what was spent stays spent, and more
  spent than is promised now is due at that moment. Steps whose mark has passed by then are not made up for.
  A target that is no longer promised stops, with what it had spent, and goes on when it is promised again.
  Where it was the ticket that changed, a resolution that is newly promised begins then, and so does a first
  response that nobody has given yet; a next response begins with the next question.
- **Late is late**: a due time that has passed is stamped before anything else, whatever the alarms did; one
  that had passed only after the rules changed is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

from server.domain.events import (
    Ring,
    SlaBreached,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
    Status,
    TargetName,
)
from server.domain.sla.policy import Judged, Promise, Terms
from server.domain.sla.target import Target, Targets, apply, find
from server.domain.sla.timing import AllTerms, passed, promise_of, schedule, spent_by

WAITING: frozenset[Status] = frozenset({"pending", "on_hold"})
DONE: frozenset[Status] = frozenset({"resolved", "closed"})
RESPONSES: tuple[TargetName, ...] = ("first_response", "next_response")


class Clocked(Judged, Protocol):
    """What of a ticket its clocks depend on."""

    @property
    def status(self) -> Status: ...
    @property
    def status_reason_id(self) -> UUID | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def targets(self) -> Targets: ...


class Heard(msgspec.Struct, frozen=True):
    """What a command meant for the clocks, by whom it came from and what it said."""

    opened: bool = False
    answered: bool = False
    asked: bool = False


class Rules(msgspec.Struct, frozen=True):
    """By what a ticket is measured: terms that matched `before` the change and match `after` it.

    `known` has every terms that a running target may name; `changed_at` is when the rules themselves last
    changed, None when never.
    """

    before: Terms | None
    after: Terms | None
    known: AllTerms
    changed_at: datetime | None = None


def react(before: Status, after: Clocked, heard: Heard, rules: Rules, now: datetime) -> list[SlaEvent]:
    """The events of the clocks that follow from a change of a ticket that had the status `before`."""
    clocks = _Clocks(after.targets, rules.known, now)
    if heard.opened:
        clocks.open(rules.after, after)
        return clocks.events
    if rules.changed_at is not None:
        clocks.measure_by(rules.before, min(rules.changed_at, now), edited=True)
    clocks.make_up_for(now)
    if after.status in DONE:
        clocks.end()
    elif before in DONE:
        clocks.reopen(rules.before)
    if heard.answered:
        clocks.meet(RESPONSES)
    newly = rules.after if after.status not in DONE else None
    if newly is not None:
        other = rules.before is None or newly.id != rules.before.id
        clocks.promise_anew(newly, answered=after.answered_at is not None, begins=other)
    clocks.measure_by(rules.after, now)
    if newly is not None and heard.asked:
        clocks.ask(newly, answered=after.answered_at is not None)
    clocks.follow(after.status, after.status_reason_id)
    return clocks.events


def awaits_answer(targets: Targets) -> bool:
    """Whether the team owes an answer, and the clock for it has begun."""
    return any((target := find(targets, name)) is not None and not target.ended for name in RESPONSES)


class _Clocks:
    """A ticket's targets while a change works on them; each method adds events and folds them at once."""

    def __init__(self, targets: Targets, terms: AllTerms, now: datetime) -> None:
        self.events: list[SlaEvent] = []
        self._targets = targets
        self._terms = terms
        self._now = now

    def _do(self, event: SlaEvent) -> None:
        self.events.append(event)
        self._targets = apply(self._targets, event, self._now)

    def make_up_for(self, until: datetime) -> None:
        """Stamp what rang before, should its alarm be late; steps are left to it."""
        for target in self._targets:
            self._make_up(target.target, until)

    def _make_up(self, name: TargetName, until: datetime) -> Target | None:
        while (event := self._overdue(name, until)) is not None:
            self._do(event)
        return find(self._targets, name)

    def _overdue(self, name: TargetName, until: datetime) -> SlaEvent | None:
        target = find(self._targets, name)
        rings = () if target is None else target.rings
        late = next((ring for ring in rings if ring.at <= until and ring.kind != "step"), None)
        if target is None or late is None:
            return None
        return stamp(target, late, min((ring.at for ring in rings if ring != late), default=None))

    def open(self, terms: Terms | None, ticket: Clocked) -> None:
        """Begin what is promised at the opening."""
        if terms is None:
            return
        first = terms.find("first_response")
        for promise in terms.promises:
            if promise.target != "next_response" or first is None:
                self._begin(promise, terms)
        self.follow(ticket.status, ticket.status_reason_id)

    def _begin(self, promise: Promise, terms: Terms) -> None:
        due_at, rings = schedule(promise, self._now, timedelta())
        self._do(
            SlaStarted(
                promise.target, terms.policy_id, self._now, due_at, terms.id, promise.needed, rings=rings
            )
        )

    def end(self) -> None:
        """The ticket is done: resolution is met, an answer no longer owed."""
        self.meet(("resolution",))
        for name in RESPONSES:
            if (target := find(self._targets, name)) is not None and not target.ended:
                self._do(SlaStopped(name, self._spent(target, self._now)))

    def meet(self, names: tuple[TargetName, ...]) -> None:
        """What of these has not ended is met now."""
        for name in names:
            if (target := find(self._targets, name)) is not None and not target.ended:
                self._do(SlaMet(name, self._now, self._spent(target, self._now)))

    def reopen(self, terms: Terms | None) -> None:
        """What ended because the ticket was done goes on, or begins anew."""
        names: tuple[TargetName, ...] = ("first_response", "resolution")
        for name in names:
            target = find(self._targets, name)
            promise = None if terms is None else terms.find(name)
            if terms is None or target is None or promise is None or target.breached_at is not None:
                continue
            if target.stopped_at is None and not (name == "resolution" and target.met_at is not None):
                continue
            if promise.on_reopen == "restart":
                self._begin(promise, terms)
            else:
                self._resume(target, promise)

    def measure_by(self, terms: Terms | None, at: datetime, *, edited: bool = False) -> None:
        """What is open is measured by these terms from `at` on; nothing, when it is already.

        Where the target's own policy was `edited`, from then on.
        """
        for before in self._targets:
            if before.ended or (terms is not None and before.terms_id == terms.id):
                continue
            own = edited and terms is not None and before.policy_id == terms.policy_id
            moment = min(terms.made_at, at) if terms is not None and own else at
            target = self._make_up(before.target, moment) or before
            promise = None if terms is None else terms.find(target.target)
            if terms is None or promise is None:
                self._do(SlaStopped(target.target, self._spent(target, self._now)))
            else:
                self._retime(target, promise, terms, moment)

    def _retime(self, target: Target, promise: Promise, terms: Terms, at: datetime) -> None:
        changed_at = at if target.since is None else max(at, target.since)
        spent = self._spent(target, changed_at)
        behind = {*target.done, *passed(promise, spent)}
        due_at, rings = schedule(promise, changed_at, spent, behind, target.breached_at)
        running = target.since is not None
        self._do(
            SlaRetimed(
                target.target,
                terms.policy_id,
                terms.id,
                changed_at,
                due_at,
                promise.needed,
                spent,
                rings if running else (),
                running,
            )
        )
        self._make_up(target.target, self._now)

    def promise_anew(self, terms: Terms, *, answered: bool, begins: bool) -> None:
        """What is promised again goes on; what these rules promise and the last did not `begins`."""
        names: tuple[TargetName, ...] = ("first_response", "resolution")
        for name in names[1:] if answered else names:
            promise, target = terms.find(name), find(self._targets, name)
            if promise is not None and target is None and begins:
                self._begin(promise, terms)
            elif promise is not None and target is not None and _only_stopped(target):
                self._resume(target, promise)

    def ask(self, terms: Terms, *, answered: bool) -> None:
        """The customer waits for an answer from now on, unless they do already."""
        if awaits_answer(self._targets):
            return
        first = None if answered else terms.find("first_response")
        promise = first or terms.find("next_response")
        if promise is not None:
            self._begin(promise, terms)

    def follow(self, status: Status, reason_id: UUID | None) -> None:
        """Stand still, or go on, as the status has it."""
        for target in self._targets:
            promise = promise_of(target, self._terms)
            if target.ended or promise is None:
                continue
            still = promise.pauses_in(status, reason_id)
            if still and target.paused_at is None:
                self._do(SlaPaused(target.target, self._spent(target, self._now)))
            elif not still and target.paused_at is not None:
                self._resume(target, promise)

    def _resume(self, target: Target, promise: Promise) -> None:
        behind = {*target.done, *passed(promise, target.spent)}
        due_at, rings = schedule(promise, self._now, target.spent, behind, target.breached_at)
        self._do(SlaResumed(target.target, due_at, rings, target.policy_id, target.started_at))

    def _spent(self, target: Target, at: datetime) -> timedelta:
        return spent_by(target, self._terms, at)


def _only_stopped(target: Target) -> bool:
    return target.stopped_at is not None and target.breached_at is None


def stamp(target: Target, ring: Ring, next_at: datetime | None) -> SlaEvent:
    """What a warning or the due time writes down, when the clock rings again at `next_at`."""
    if ring.kind == "warning":
        return SlaWarned(target.target, target.due_at, ring.step, next_at)
    return SlaBreached(target.target, ring.at, next_at)
