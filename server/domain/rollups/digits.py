"""Many small counts as one large number: each has eight decimal places of its own.

Two such numbers added are all their counts added, which `sum` over a `numeric` column does in C, and a
number with few counts is short. No counts may reach a hundred million together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACES = 8
_BASE = 10**PLACES
_NEXT = re.compile(f"(?:0{{{PLACES}}})*([0-9]{{{PLACES}}})")  # a count, past those that are 0


def number_of(counts: Mapping[int, int]) -> int:
    """The number of counts by their place, 0 and up; negative counts take away."""
    return sum(count * _BASE**place for place, count in counts.items())


def total_of(number: str, first: int, last: int) -> int:
    """The counts from one place up to but not including another, added up.

    The digits of a number to a base leave together the remainder that the number leaves by the base less one.
    """
    digits = number[max(0, len(number) - PLACES * last) : max(0, len(number) - PLACES * first)]
    total: int = int(digits or 0) % (_BASE - 1)
    return total


def counts_of(number: str | None) -> list[int]:
    """The counts by their place, of a number as Postgres writes it; none of None."""
    if number is None or number == "0":
        return []
    places = -(-len(number) // PLACES)
    digits = number.zfill(places * PLACES)
    if 2 * (len(digits) - digits.count("0")) < places:
        return _few(digits, places)
    empty = (len(number) - len(number.rstrip("0"))) // PLACES
    ends = range(len(digits) - empty * PLACES, 0, -PLACES)
    return [*[0] * empty, *(int(digits[end - PLACES : end]) for end in ends)]


def _few(digits: str, places: int) -> list[int]:
    """The counts where most are 0: three times faster, for each of many customers."""
    counts = [0] * places
    for found in _NEXT.finditer(digits):
        counts[places - found.end() // PLACES] = int(found[1])
    return counts
