"""The search for a capacity, against desks whose capacity is known."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from load.capacity.search import Outcome, Step, search


def play(
    desk: Callable[[float], Outcome], start: float = 200.0, most: float = 50_000.0
) -> tuple[float, list[Step]]:
    """The capacity that is found of a desk, and the trials that it took."""
    steps, tried = search(start, most), []
    step = next(steps)
    while True:
        tried.append(step)
        assert len(tried) < 200
        try:
            step = steps.send(desk(step.rate))
        except StopIteration as end:
            return end.value, tried


def sharp(capacity: float) -> Callable[[float], Outcome]:
    """A desk that holds up to its capacity and fails clearly above."""
    return lambda rate: Outcome(rate <= capacity, clear=True)


@pytest.mark.parametrize("capacity", [3.0, 90.0, 200.0, 777.0, 6_011.0, 49_000.0])
def test_a_sharp_capacity_is_found_to_a_twelfth(capacity: float) -> None:
    found, _ = play(sharp(capacity))
    assert capacity / 1.09 <= found <= capacity


def test_a_capacity_is_confirmed_twice_before_it_is_told() -> None:
    found, tried = play(sharp(1000.0))
    assert tried[-2:] == [Step(found, "confirm"), Step(found, "confirm")]


def test_a_search_takes_some_dozen_trials() -> None:
    assert len(play(sharp(6000.0))[1]) < 20


def test_it_stops_at_the_highest_rate_asked_for() -> None:
    found, tried = play(sharp(10_000.0), most=900.0)
    assert found == 900.0
    assert max(step.rate for step in tried) == 900.0


def test_a_desk_that_holds_nothing_has_no_capacity() -> None:
    assert play(sharp(0.0))[0] == 0.0


def test_one_unlucky_trial_is_run_once_more_before_it_is_believed() -> None:
    unlucky = iter([Outcome(holds=False, clear=False)])
    found, tried = play(lambda rate: next(unlucky, sharp(1000.0)(rate)))
    assert tried[:2] == [Step(200.0, "search"), Step(200.0, "again")]
    assert found > 900.0


def test_a_clear_failure_is_not_tried_again() -> None:
    assert not [step for step in play(sharp(1000.0))[1] if step.purpose == "again"]


def test_what_held_once_by_luck_is_not_confirmed() -> None:
    lucky = iter([Outcome(holds=True, clear=True)] * 3)  # 200, 400, 800 held, on a desk that takes 300
    found, tried = play(lambda rate: next(lucky, sharp(300.0)(rate)))
    assert found <= 300.0
    assert [step.rate for step in tried if step.purpose == "confirm"][:2] == pytest.approx(
        [800.0, 800.0], rel=0.1
    )


def test_a_noisy_desk_still_ends_the_search_near_its_capacity() -> None:
    chance = Random(7)
    found, _ = play(lambda rate: Outcome(rate * chance.uniform(0.85, 1.15) <= 1000.0, clear=False))
    assert 600.0 <= found <= 1150.0
