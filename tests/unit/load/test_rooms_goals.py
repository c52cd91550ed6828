"""What the room benchmark says of its figures: each goal beside its reference, nothing without one."""

from __future__ import annotations

import pytest

from load.rooms.contestants import CONTESTANTS, EACH, MERGED, PARLEY
from load.rooms.driver import Sample
from load.rooms.goals import line, table, verdicts
from load.rooms.report import chosen
from load.rooms.serving import Spent
from load.rooms.story import Figure, Figures, median


def figure(rate: float) -> Figure:
    return Figure(rate, rate / 2)


OURS = Figures(
    large=figure(80), alone=figure(69), small=figure(70), connects=figure(5), kib=3.96, kib_many=4.04
)
LOOP = Figures(large=figure(50), alone=figure(100), small=figure(100))
SHARED = Figures(large=figure(100), alone=figure(1), small=figure(1))


def test_each_goal_is_held_against_its_own_reference() -> None:
    found = {PARLEY.name: OURS, EACH.name: LOOP, MERGED.name: SHARED}
    assert [value for _, value in verdicts(found)] == [
        "0.80 (goal ≥ 0.8: reached)",
        "0.69 (goal ≥ 0.7: not reached)",
        "0.70 (goal ≥ 0.7: reached)",
        "3.96 (goal ≤ 4.0: reached)",
        "4.04 (goal ≤ 4.0: not reached)",
    ]


def test_a_goal_without_its_reference_or_figure_is_not_spoken_of() -> None:
    assert len(list(verdicts({PARLEY.name: OURS}))) == 2
    assert len(list(verdicts({PARLEY.name: Figures(), EACH.name: LOOP, MERGED.name: SHARED}))) == 0
    assert list(verdicts({EACH.name: LOOP})) == []


def test_a_row_shows_both_rates_marks_a_full_driver_and_leaves_out_what_was_not_measured() -> None:
    measured = Figures(large=Figure(1234.4, 617, driver_is_full=True), kib=1.44)
    assert line("loop", measured) == "| loop | 1,234 (617) * | – | – | – | 1.4 | – |"
    columns = {row.count("|") for row in table({"loop": measured}).splitlines()}
    assert len(columns) == 1


@pytest.mark.parametrize(("driver", "is_full"), [((0.96, 0.97, 0.2), True), ((0.96, 0.5, 0.2), False)])
def test_a_median_is_marked_when_the_driver_was_full_in_most_samples(
    driver: tuple[float, ...], is_full: bool
) -> None:
    samples = [
        Sample(delivered, Spent(0.5, busy, 1.0)) for delivered, busy in zip((10, 30, 20), driver, strict=True)
    ]
    assert median(samples) == Figure(40.0, 20.0, is_full)


def test_contestants_are_chosen_by_words_of_their_names() -> None:
    assert chosen(None) == list(CONTESTANTS)
    assert chosen("Parley, plain") == [PARLEY, EACH, MERGED]
    assert [one.name for one in chosen("redis")] == ["Django Channels on Redis"]
