"""Carries the search out: one trial after another on the ground, until the capacity is known."""

from __future__ import annotations

import time

import msgspec

from load.capacity.bounded import explain
from load.capacity.ground import Ground
from load.capacity.result import Result
from load.capacity.screen import Screen
from load.capacity.search import Step, search
from load.capacity.trial import Speakers, Trial
from load.chat import DIGITS
from load.course import Course

ACK, SEEN = "send → ack", "send → seen by the other"
CONFIRM_FACTOR = 2.0  # confirmations last longer: that is where the figure comes from
WARM_UP = Step(100.0, "search")


class Asked(msgspec.Struct, frozen=True):
    """What somebody wants to know."""

    bound_ms: float
    start: float
    most: float
    seconds: float
    speakers: Speakers


class Found(msgspec.Struct):
    """What came of it. `rate` is 0 when none held; `limited` when the desk's own rates ended the search."""

    rate: float
    results: list[Result]
    course: Course
    speakers: Speakers
    bounded: str
    limited: bool = False
    confirmed: list[Result] = []


class Hunt:
    """One search, its trials numbered through."""

    def __init__(self, ground: Ground, asked: Asked, screen: Screen) -> None:
        self._ground, self._asked, self._screen = ground, asked, screen
        self._next = 1
        self._speakers = asked.speakers
        self._results: list[Result] = []
        self._course = Course(time.time())

    async def run(self) -> Found:
        """Search; when visitors may not speak so much here, once more with agents speaking alone."""
        await self._try(WARM_UP, keep=False)
        rate = await self._search()
        if rate is None and self._speakers == "both" and not self._broken():
            self._speakers = "agents"
            self._ground.notes.append(
                "Visitors may say only so much here (PARLEY_RATE_WIDGET_MESSAGES, 60/minute unless set): "
                "agents speak, and visitors see it."
            )
            self._screen.say(self._ground.notes[-1])
            self._results.clear()
            rate = await self._search()
        return self._found(rate)

    async def _search(self) -> float | None:
        """The capacity, or None when the desk's own rates ended the search."""
        steps = search(self._asked.start, self._asked.most)
        step = next(steps)
        while True:
            result = await self._try(step)
            if result.limited:
                return None
            try:
                step = steps.send(result.outcome(self._asked.bound_ms))
            except StopIteration as end:
                return float(end.value)

    def _broken(self) -> bool:
        """Whether sockets were closed: then nothing can be tried any more."""
        return bool(self._results and self._results[-1].closed)

    async def _try(self, step: Step, *, keep: bool = True) -> Result:
        seconds = self._asked.seconds * (CONFIRM_FACTOR if step.purpose == "confirm" else 1.0)
        trial = Trial(self._ground.pairs, self._next, step, seconds, self._speakers)
        self._next = (self._next + trial.count) % 10**DIGITS
        self._screen.begin(step, seconds)
        apart = time.time() - time.perf_counter()
        result = await trial.run(self._ground.pid)
        if keep:
            self._results.append(result)
            self._screen.end(result)
        self._remember(trial, apart)
        await self._ground.rest()
        return result

    def _remember(self, trial: Trial, apart: float) -> None:
        """Into the course, at the times when messages were due."""
        for name, ends in ((ACK, trial.acked_at), (SEEN, trial.seen_at)):
            for due, end in zip(trial.due_at, ends, strict=True):
                if end:
                    self._course.add(name, due + apart, (end - due) * 1e3)

    def _found(self, rate: float | None) -> Found:
        bound = self._asked.bound_ms
        failed = [result for result in self._results if not result.outcome(bound).holds]
        above = [result for result in failed if rate is None or result.rate > rate]
        lowest = min(above, key=lambda result: result.rate, default=None)
        held = [result for result in self._results if result.outcome(bound).holds]
        best = max((result.rate for result in held), default=0.0) if rate is None else rate
        return Found(
            best,
            self._results,
            self._course,
            self._speakers,
            explain(lowest, bound, local=self._ground.is_local and self._ground.pid is not None),
            limited=rate is None,
            confirmed=[one for one in held if one.rate == best and one.purpose == "confirm"],
        )
