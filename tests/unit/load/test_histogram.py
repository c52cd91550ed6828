"""Percentiles of the histogram, against sorted lists."""

from __future__ import annotations

import math
from random import Random

import pytest

from load.histogram import Histogram


def counted(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 0.99, 1.0])
def test_a_percentile_is_at_most_two_per_cent_off(share: float) -> None:
    chance = Random(1)
    values = sorted(math.exp(chance.gauss(3.0, 1.0)) for _ in range(5000))
    exact = values[max(1, math.ceil(len(values) * share)) - 1]
    assert counted(values).percentile(share) == pytest.approx(exact, rel=0.02)


def test_nothing_has_no_percentile() -> None:
    assert Histogram().percentile(0.99) is None


def test_one_value_is_every_percentile() -> None:
    assert counted([40.0]).percentile(0.5) == pytest.approx(40.0, rel=0.01)
    assert counted([40.0]).percentile(1.0) == pytest.approx(40.0, rel=0.01)


def test_what_took_no_time_is_counted() -> None:
    assert counted([0.0, 0.0, 5.0]).total == 3


def test_histograms_of_two_processes_are_as_good_as_one() -> None:
    both, other = counted([1.0, 2.0, 3.0]), counted([100.0, 200.0])
    both.merge(other)
    assert both == counted([1.0, 2.0, 3.0, 100.0, 200.0])
