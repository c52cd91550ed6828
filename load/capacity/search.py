"""The search for a capacity: which rate to try next. Pure; whoever drives it sends each trial's outcome in.

It doubles the rate until one does not hold, closes in between the two by their geometric mean, and then asks
the highest that held to hold again: two of three confirmations, or the search goes on lower, in growing
steps. A trial that fails narrowly is run once more before it is believed, since one unlucky second is not a
capacity.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import Literal, NamedTuple

LOWEST_RATE = 2.0
CONFIRMATIONS = 2  # of at most three
LARGEST_STEP_DOWN = 0.4  # after confirmations that failed again and again
Purpose = Literal["search", "again", "confirm"]


class Step(NamedTuple):
    """A rate to try, in messages a second, and why."""

    rate: float
    purpose: Purpose


class Outcome(NamedTuple):
    """Whether a rate held; `clear` when trying again could not change that."""

    holds: bool
    clear: bool


Search = Generator[Step, Outcome, float]


def search(start: float, highest: float, precision: float = 0.08) -> Search:
    """The highest rate that holds, confirmed, to a `precision` (a share of it); 0 when none does.

    `highest` is where it stops to look further: what can be asked for, or what somebody wants to know.
    """
    low, high = yield from _bracket(min(start, highest), highest)
    while low and high / low > 1 + precision:
        middle = math.sqrt(low * high)
        if (yield from _try(middle)):
            low = middle
        else:
            high = middle
    lower = precision
    while low >= LOWEST_RATE:
        if (yield from _confirm(low)):
            return low
        low *= 1 - lower
        lower = min(lower * 2, LARGEST_STEP_DOWN)
    return 0.0


def _bracket(rate: float, highest: float) -> Generator[Step, Outcome, tuple[float, float]]:
    """A rate that held (0 for none) and one that did not, or the highest allowed."""
    if (yield from _try(rate)):
        while rate < highest:
            following = min(rate * 2, highest)
            if not (yield from _try(following)):
                return rate, following
            rate = following
        return rate, rate
    while rate >= LOWEST_RATE:
        rate /= 2
        if (yield from _try(rate)):
            return rate, rate * 2
    return 0.0, rate


def _try(rate: float) -> Generator[Step, Outcome, bool]:
    outcome = yield Step(rate, "search")
    if not outcome.holds and not outcome.clear:
        outcome = yield Step(rate, "again")
    return outcome.holds


def _confirm(rate: float) -> Generator[Step, Outcome, bool]:
    held = failed = 0
    while held < CONFIRMATIONS and failed < CONFIRMATIONS:
        outcome = yield Step(rate, "confirm")
        held += outcome.holds
        failed += not outcome.holds
    return held >= CONFIRMATIONS
