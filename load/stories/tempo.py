"""How long people take: to read, to think, to type. Pure but for the random source that it is given."""

from __future__ import annotations

import math
from random import Random

READ_CHARS_A_SECOND = 22.0
TYPE_CHARS_A_SECOND = 6.0
LONGEST_SECONDS = 30.0
SPREAD = 0.45  # of the logarithm: two thirds of all people within a factor of 1.6


class Tempo:
    """One person's time; `pace` 2 makes them twice as fast."""

    def __init__(self, chance: Random, pace: float) -> None:
        self._chance = chance
        self._pace = pace
        self._nature = self._spread()  # somebody slow is slow at everything

    def reading(self, text: str) -> float:
        """Seconds until a text is noticed and read."""
        return self._take(1.0 + len(text) / READ_CHARS_A_SECOND)

    def typing(self, text: str) -> float:
        """Seconds to type a text."""
        return self._take(len(text) / TYPE_CHARS_A_SECOND)

    def thinking(self, seconds: float) -> float:
        """About so long, as people do: mostly less, now and then much more."""
        return self._take(seconds)

    def patience(self, seconds: float) -> float:
        """How long to wait for somebody, who may be as fast as `pace` says."""
        return seconds * self._spread() / self._pace

    def inclined(self, share: float) -> bool:
        """Whether this person does what so many do."""
        return self._chance.random() < share

    def count(self, least: int, most: int) -> int:
        """So many times."""
        return self._chance.randint(least, most)

    def one_of(self, texts: tuple[str, ...]) -> str:
        """Something to say."""
        return self._chance.choice(texts)

    def _take(self, seconds: float) -> float:
        return min(seconds * self._nature * self._spread(), LONGEST_SECONDS) / self._pace

    def _spread(self) -> float:
        return math.exp(self._chance.gauss(0.0, SPREAD))
