"""Durations: what is told of any of them, together or apart, is within the error that is told with it.

Seen to fail with a growth of (1 + ERROR)², and when buckets are rounded instead of raised.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.domain.rollups.digits import counts_of, number_of
from server.domain.rollups.durations import ERROR, bucket_of, quantiles, seconds_of
from tests.laws.budget import examples

SECONDS = st.floats(1.001, 3e8) | st.integers(2, 10**8).map(float)


@examples(500)
@given(SECONDS)
def test_a_bucket_is_told_within_the_error(seconds: float) -> None:
    told = seconds_of(bucket_of(timedelta(seconds=seconds)))
    assert abs(told - seconds) <= ERROR * seconds * (1 + 1e-6)


@examples(100)
@given(st.floats(-1, 1))
def test_what_takes_no_second_is_told_as_less_than_one(seconds: float) -> None:
    assert seconds_of(bucket_of(timedelta(seconds=seconds))) < 1


@examples(200)
@given(st.lists(st.lists(SECONDS, min_size=1), min_size=1, max_size=4), st.sampled_from([0.5, 0.9, 1.0]))
def test_quantiles_of_a_sum_are_those_of_all(parts: list[list[float]], part: float) -> None:
    every = sorted(seconds for some in parts for seconds in some)
    true = every[math.ceil(len(every) * part) - 1]
    numbers = [number_of(Counter(bucket_of(timedelta(seconds=one)) for one in some)) for some in parts]
    told = quantiles(counts_of(str(sum(numbers))), part)
    assert told is not None
    assert abs(told[0] - true) <= ERROR * true * (1 + 1e-6)


def test_nothing_has_no_quantile() -> None:
    assert quantiles([], 0.5) is None
