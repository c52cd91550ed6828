"""People's time: bounded, about what it should be, and faster at a faster pace."""

from __future__ import annotations

import statistics
from random import Random

from load.stories.tempo import LONGEST_SECONDS, Tempo

TEXT = "My parcel was to come on Tuesday and it is Friday."


def typings(pace: float, people: int = 400) -> list[float]:
    return [Tempo(Random(seed), pace).typing(TEXT) for seed in range(people)]


def test_most_type_some_characters_a_second_and_none_forever() -> None:
    took = typings(1.0)
    assert 5 < statistics.median(took) < 13
    assert max(took) <= LONGEST_SECONDS
    assert min(took) > 0


def test_people_differ() -> None:
    assert statistics.stdev(typings(1.0)) > 2


def test_pace_makes_them_faster() -> None:
    assert [slow / 4 for slow in typings(1.0)] == typings(4.0)
