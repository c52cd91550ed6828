"""Durations as counts in buckets that grow by a constant factor: quantiles of any sum of them, within ERROR.

A bucket is told as the value that is at most ERROR away from all that it holds (Masson, Rim and Lee,
DDSketch, VLDB 2019). What takes a second or less is one bucket.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate

ERROR = 0.03
_GROWTH = (1 + ERROR) / (1 - ERROR)
_LONGEST = timedelta(days=3660).total_seconds()


def bucket_of(spent: timedelta) -> int:
    """Where a duration is counted, 0 to 327; ten years and more are the last one."""
    seconds = min(spent.total_seconds(), _LONGEST)
    return 0 if seconds <= 1 else math.ceil(math.log(seconds) / math.log(_GROWTH))


def seconds_of(bucket: int) -> float:
    """What is told for a bucket."""
    return 0.5 if bucket == 0 else 2 * _GROWTH**bucket / (_GROWTH + 1)


def quantiles(counts: Sequence[int], *parts: float) -> list[float] | None:
    """The seconds within which each part of the durations was done (nearest rank); None of nothing.

    `counts` are by bucket.
    """
    done = list(accumulate(counts))
    if not done or not done[-1]:
        return None
    return [seconds_of(bisect_left(done, math.ceil(done[-1] * part))) for part in parts]
