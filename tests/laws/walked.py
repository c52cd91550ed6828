"""The clocks of a ticket once more, by a walk over a grid of ten minutes: slow, and too simple to be wrong.

A stretch of the grid counts when the ticket's clock runs and its calendar is open there. The wall clock of a
calendar never goes back here: when the clocks are put back, it stands still until the hour is over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.domain.calendar import Calendar
from server.domain.events import Priority, Status, TargetName
from server.domain.sla.policy import Promise
from tests.laws.lives import GRID, NAMES, STATUSES, SUPPLIER, Act, Story

DONE = ("resolved", "closed")
ZERO = timedelta()
BEFORE = 200  # steps of the grid before the story from which the wall clock is watched
Rang = tuple[str, int | None, datetime]  # due or the step's mark, its id, and when


@lru_cache(maxsize=64)
def walls(zone: str, begins: datetime, steps: int) -> list[tuple[date, int]]:
    """What the wall clock shows at each step of the grid: the latest that it has shown so far."""
    place = ZoneInfo(zone)
    furthest, shown = datetime.min, []
    for n in range(-BEFORE, steps):
        furthest = max(furthest, (begins + n * GRID).astimezone(place).replace(tzinfo=None))
        shown.append((furthest.date(), furthest.hour * 60 + furthest.minute))
    return shown[BEFORE:]


@lru_cache(maxsize=64)
def opened_at(calendar: Calendar | None, begins: datetime, steps: int) -> list[bool]:
    """Whether it is open at each step."""
    if calendar is None:
        return [True] * steps
    return [
        any(period.start <= minute < period.end for period in calendar.periods(day))
        for day, minute in walls(calendar.zone, begins, steps)
    ]


class Count:
    """One target: what it has spent, and what it rang for."""

    def __init__(self, promise: Promise, at: datetime) -> None:
        self.promise = promise
        self.started_at = at
        self.spent = ZERO
        self.rang: list[Rang] = []
        self.came: set[int] = set()
        self.passed: set[int] = set()
        self.breached_at: datetime | None = None
        self.met = self.stopped = False

    @property
    def ended(self) -> bool:
        return self.met or self.stopped

    def rings(self, at: datetime) -> None:
        """What has its time now."""
        self.is_due(at)
        for step in self.promise.steps:
            over = step.id.int in self.came or step.id.int in self.passed
            if not over and self.spent >= step.threshold(self.promise.needed):
                self.came.add(step.id.int)
                self.rang.append(("step", step.id.int, at))

    def is_due(self, at: datetime) -> None:
        """Whatever is spent beyond what is promised is due now."""
        if self.breached_at is None and self.spent >= self.promise.needed:
            self.breached_at = at
            self.rang.append(("due", None, at))

    def passes_over(self) -> None:
        """Steps whose time is over when other rules come, or the clock goes on, are not made up for."""
        needed = self.promise.needed
        self.passed = {step.id.int for step in self.promise.steps if step.threshold(needed) <= self.spent}


class Walk:
    """The story once more."""

    def __init__(self, story: Story, steps: int) -> None:
        self.story = story
        self.steps = steps
        self.promised = [list(story.versions[0]), list(story.versions[1])]
        self.status: Status = "new"
        self.waits_for_supplier = False
        self.priority: Priority = "normal"
        self.answered = False
        self.counts: dict[TargetName, Count] = {}
        self.ended: list[tuple[TargetName, Count]] = []  # earlier runs
        self.at = story.begins
        self.step = 0

    def until(self, step: int) -> None:
        """Walk up to a step of the grid, and ring there."""
        for n in range(self.step, step):
            running = [one for one in self.counts.values() if self._runs(one)]
            for one in running:
                if opened_at(one.promise.calendar, self.story.begins, self.steps)[n]:
                    one.spent += GRID
            self.at = self.story.begins + (n + 1) * GRID
            for one in running:
                one.rings(self.at)
        self.step = step

    def _runs(self, one: Count) -> bool:
        return not one.ended and not self._pauses(one.promise)

    def _pauses(self, promise: Promise) -> bool:
        reasons = (None, SUPPLIER) if self.waits_for_supplier else (None,)
        return any(pause.status == self.status and pause.reason_id in reasons for pause in promise.pauses)

    def _governing(self) -> int | None:
        return None if self.priority == "low" else 0 if self.priority == "urgent" else 1

    def _find(self, policy: int | None, name: TargetName) -> Promise | None:
        promises = [] if policy is None else self.promised[policy]
        return next((one for one in promises if one.target == name), None)

    def opens(self) -> None:
        first = self._find(1, "first_response")
        for promise in self.promised[1]:
            if promise.target != "next_response" or first is None:
                self._begin(promise)

    def _begin(self, promise: Promise) -> None:
        before = self.counts.get(promise.target)
        if before is not None:
            self.ended.append((promise.target, before))
        self.counts[promise.target] = begun = Count(promise, self.at)
        if not self._pauses(promise):
            begun.rings(self.at)

    def _goes_on(self, one: Count, promise: Promise) -> None:
        one.met = one.stopped = False
        one.promise = promise
        one.is_due(self.at)
        one.passes_over()

    def does(self, act: Act) -> None:
        """What an act means for the clocks."""
        was, policy = self.status, self._governing()
        asked = answered = False
        match act.kind:
            case "status":
                self._moves(act)
            case "priority":
                self.priority = ("low", "normal", "high", "urgent")[act.what % 4]
            case "ask":
                asked = True
                if was in ("pending", "resolved", "closed"):
                    self.status, self.waits_for_supplier = "open", False
            case "answer":
                answered = True
            case "edit":
                self.promised[act.what % 2] = self.story.edited(act, self.promised[act.what % 2])
            case _:
                return
        self._follows(was, policy, asked=asked, answered=answered)
        for one in self.counts.values():
            if self._runs(one):
                one.rings(self.at)

    def _moves(self, act: Act) -> None:
        status = STATUSES[act.what % 5]
        self.waits_for_supplier = act.why and status in ("pending", "on_hold")
        self.status = status

    def _follows(self, was: Status, policy: int | None, *, asked: bool, answered: bool) -> None:
        done = self.status in DONE
        if done:
            self._ends()
        elif was in DONE:
            self._reopens(policy)
        if answered:
            self.answered = True
            for name in NAMES[:2]:
                self._meets(name)
        now = self._governing()
        if not done and now != policy:
            self._promises_anew(now)
        self._measures_by(now)
        if asked and not done:
            self._asks(now)

    def _ends(self) -> None:
        self._meets("resolution")
        for name in NAMES[:2]:
            if name in self.counts and not self.counts[name].ended:
                self.counts[name].stopped = True

    def _meets(self, name: TargetName) -> None:
        if name in self.counts and not self.counts[name].ended:
            self.counts[name].met = True

    def _reopens(self, policy: int | None) -> None:
        for name in ("first_response", "resolution"):
            one, promise = self.counts.get(name), self._find(policy, name)
            if one is None or promise is None or one.breached_at is not None:
                continue
            if not (one.stopped or (one.met and name == "resolution")):
                continue
            if promise.on_reopen == "restart":
                self._begin(promise)
            else:
                self._goes_on(one, promise)

    def _promises_anew(self, policy: int | None) -> None:
        names: tuple[TargetName, ...] = ("resolution",) if self.answered else ("first_response", "resolution")
        for name in names:
            one, promise = self.counts.get(name), self._find(policy, name)
            if promise is None:
                continue
            if one is None:
                self._begin(promise)
            elif one.stopped and one.breached_at is None:
                self._goes_on(one, promise)

    def _measures_by(self, policy: int | None) -> None:
        for name, one in self.counts.items():
            promise = self._find(policy, name)
            if one.ended or promise is one.promise:
                continue
            if promise is None:
                one.stopped = True
                continue
            ran, one.promise = self._runs(one), promise
            if ran:
                one.is_due(self.at)
            one.passes_over()

    def _asks(self, policy: int | None) -> None:
        if any(name in self.counts and not self.counts[name].ended for name in NAMES[:2]):
            return
        first = None if self.answered else self._find(policy, "first_response")
        promise = first or self._find(policy, "next_response")
        if promise is not None:
            self._begin(promise)
