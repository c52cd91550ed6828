"""Many small counts as one large number: each has eight decimal places of its own.

Two such numbers added are all their counts added, which `sum` over a `numeric` column does in C, and a
number with few counts is short. No counts may reach a hundred million together.
"""

from __future__ import annotations

from collections.abc import Mapping

PLACES = 8
_BASE = 10**PLACES


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
    empty = (len(number) - len(number.rstrip("0"))) // PLACES
    digits = number.zfill(-(-len(number) // PLACES) * PLACES)
    ends = range(len(digits) - empty * PLACES, 0, -PLACES)
    return [*[0] * empty, *(int(digits[end - PLACES : end]) for end in ends)]
