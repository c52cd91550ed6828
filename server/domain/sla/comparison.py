"""How well promises were kept, and how well they would have been: sums by target and policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.events import Recorded, SlaEvent, SlaStarted, TargetName
from server.domain.sla.target import Target, apply

End = Literal["met", "breached", "running", "stopped", "none"]
MAX_EXAMPLES = 20


class Ended(msgspec.Struct, frozen=True):
    """How one run of a target ended, or that it still runs."""

    target: TargetName
    policy_id: UUID
    end: End


class Sum(msgspec.Struct):
    """Runs; what stopped counts among them only."""

    targets: int = 0
    met: int = 0
    breached: int = 0
    running: int = 0

    def count(self, end: End) -> None:
        """One more."""
        self.targets += 1
        self.met += end == "met"
        self.breached += end == "breached"
        self.running += end == "running"


class Pair(msgspec.Struct):
    """What was, and what would have been."""

    target: TargetName
    policy_id: UUID
    was: Sum
    would: Sum


class Example(msgspec.Struct, frozen=True):
    """A target that would have ended otherwise."""

    ticket_id: UUID
    number: int
    target: TargetName
    was: End
    would: End


class Comparison(msgspec.Struct):
    """What a trial has found so far."""

    tickets: int = 0
    not_replayed: int = 0
    better: int = 0
    worse: int = 0
    pairs: list[Pair] = msgspec.field(default_factory=list)
    examples: list[Example] = msgspec.field(default_factory=list)

    def add(self, number: int, records: Sequence[Recorded], again: Sequence[Recorded]) -> None:
        """One more ticket: its log, and the one that it would have had."""
        self.tickets += 1
        was, would = list(ends(records)), list(ends(again))
        for one in was:
            self._pair(one).was.count(one.end)
        for one in would:
            self._pair(one).would.count(one.end)
        for target, before, after in _differing(was, would):
            self.better += before == "breached"
            self.worse += after == "breached"
            if "breached" in (before, after) and len(self.examples) < MAX_EXAMPLES:
                self.examples.append(Example(records[0].ticket_id, number, target, before, after))

    def _pair(self, one: Ended) -> Pair:
        key = one.target, one.policy_id
        found = next((pair for pair in self.pairs if (pair.target, pair.policy_id) == key), None)
        if found is None:
            found = Pair(one.target, one.policy_id, Sum(), Sum())
            self.pairs.append(found)
        return found


def ends(records: Sequence[Recorded]) -> Iterator[Ended]:
    """How each run of each target of a log ended, in the order in which they did."""
    running: dict[TargetName, Target] = {}
    for record in records:
        event = record.event
        if not isinstance(event, SlaEvent):
            continue
        if isinstance(event, SlaStarted) and event.target in running:
            yield _ended(running.pop(event.target))
        before = (running[event.target],) if event.target in running else ()
        for target in apply(before, event, record.at):
            running[target.target] = target
    yield from map(_ended, running.values())


def _ended(target: Target) -> Ended:
    return Ended(target.target, target.policy_id, _end(target))


def _end(target: Target) -> End:
    if target.breached_at is not None:
        return "breached"
    if target.met_at is not None:
        return "met"
    return "stopped" if target.stopped_at is not None else "running"


def _differing(was: Sequence[Ended], would: Sequence[Ended]) -> Iterator[tuple[TargetName, End, End]]:
    """The runs that end otherwise, the first of a target against the first, and so on."""
    names: tuple[TargetName, ...] = ("first_response", "next_response", "resolution")
    for name in names:
        before = (one.end for one in was if one.target == name)
        after = (one.end for one in would if one.target == name)
        none: End = "none"
        for one, other in zip_longest(before, after, fillvalue=none):
            if one != other:
                yield name, one, other
