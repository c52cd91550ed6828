"""Where values stand on an axis, and which of them are written there. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST_TICKS = 6
FEWEST_TICKS = 3


class Scale:
    """An axis from its lowest to its highest value, in even steps or in powers of ten."""

    def __init__(self, values: Iterable[float], *, logarithmic: bool = False, from_zero: bool = True) -> None:
        known = [value for value in values if value > 0 or not logarithmic] or [1.0]
        self.logarithmic = logarithmic
        low, high = min(known), max(known)
        if logarithmic:
            self.low, self.high = _decade_below(low), max(high * 1.1, _decade_below(low) * 2)
        else:
            self.low = min(0.0, low) if from_zero else low
            self.high = high if high > self.low else self.low + 1.0

    def place(self, value: float) -> float:
        """From 0 at the lowest to 1 at the highest; what is outside stands at the edge."""
        if self.logarithmic:
            at = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            at = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, at))

    def ticks(self) -> list[float]:
        """Round values from low to high, a handful."""
        powers = self._powers() if self.logarithmic else []
        return powers if len(powers) >= FEWEST_TICKS else self._even()

    def _even(self) -> list[float]:
        step = _round_up((self.high - self.low) / MOST_TICKS)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _powers(self) -> list[float]:
        decades = math.log10(self.high / self.low)
        steps = (1.0,) if decades > 3 else (1.0, 3.0) if decades > 2 else (1.0, 2.0, 5.0)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        found = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        return [
            value for value in found if self.low <= value * (1 + 1e-9) and value <= self.high * (1 + 1e-9)
        ]


def _round_up(step: float) -> float:
    """The next of 1, 2, 5, 10, 20 …"""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))


def _decade_below(value: float) -> float:
    """The value of 1, 2, 5, 10 … at or below."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return max(power * factor for factor in (1, 2, 5) if power * factor <= value * (1 + 1e-9))


def shorten(value: float) -> str:
    """A number as it fits beside an axis: 0.5, 20, 1.5k, 3M."""
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"
