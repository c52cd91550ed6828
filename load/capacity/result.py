"""What a trial at one rate has shown, and whether it held. Pure."""

from __future__ import annotations

import msgspec

from load.capacity.search import Outcome, Purpose

CLEARLY = 3.0  # so many times the bound: trying again could not change that
RATE_LIMITED, TOO_MANY = "rate_limited", 4429
LATE_SHARE = 0.5  # of the bound: a driver that is so late measures itself


class Cores(msgspec.Struct, frozen=True):
    """How many cores worked meanwhile: for Parley, its Postgres, this driver, all; and how many there are."""

    parley: float
    postgres: float
    driver: float
    busy: float
    there: float


class Times(msgspec.Struct, frozen=True):
    """Milliseconds from when a message was due."""

    p50: float
    p95: float
    p99: float
    longest: float


class Result(msgspec.Struct, frozen=True):
    """A trial: what was asked for, what came of it. `seen` is None when nothing was seen."""

    purpose: Purpose
    rate: float
    seconds: float
    sent: int
    achieved: float  # messages seen a second
    seen: Times | None
    acked_p99: float | None
    late_p99: float  # of this driver, behind its own schedule
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    refused: dict[str, int] = {}
    closed: dict[int, int] = {}
    hopeless: bool = False  # given up before its time, since more and more was waiting
    cores: Cores | None = None

    @property
    def faults(self) -> int:
        """What must never happen, whatever the rate."""
        return self.lost + self.doubled + self.disordered

    @property
    def limited(self) -> bool:
        """Whether it ran into the desk's own rates instead of its capacity."""
        return RATE_LIMITED in self.refused or TOO_MANY in self.closed

    def outcome(self, bound_ms: float) -> Outcome:
        """For the search."""
        wrong = self.faults or self.refused or self.closed or self.hopeless or self.seen is None
        if wrong or self.seen is None:
            return Outcome(holds=False, clear=True)
        return Outcome(self.seen.p99 <= bound_ms, clear=self.seen.p99 > CLEARLY * bound_ms)

    def why_not(self, bound_ms: float) -> str:
        """In a few words, why it did not hold; empty when it did."""
        if self.outcome(bound_ms).holds:
            return ""
        reasons = [f"{count} refused: {code}" for code, count in sorted(self.refused.items())]
        reasons += [f"{count} sockets closed with {code}" for code, count in sorted(self.closed.items())]
        if self.hopeless:
            reasons.append("fell behind")
        elif self.lost:
            reasons.append(f"{self.lost} never came")
        if self.doubled or self.disordered:
            reasons.append(f"{self.doubled} doubled, {self.disordered} out of order")
        if not reasons and self.seen is not None:
            reasons.append(f"p99 {self.seen.p99:.0f} ms")
        return ", ".join(reasons) or "nothing was seen"
