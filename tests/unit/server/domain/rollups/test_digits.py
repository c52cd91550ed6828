"""Many counts as one number."""

from __future__ import annotations

import pytest

from server.domain.rollups.digits import counts_of, number_of, total_of


def there(number: str) -> dict[int, int]:
    return {place: count for place, count in enumerate(counts_of(number)) if count}


def test_counts_come_back_from_their_number() -> None:
    counts = {0: 7, 3: 99_999_999, 95: 1}
    assert there(str(number_of(counts))) == counts


@pytest.mark.parametrize("several", [1, 2, 20, 40, 80, 300])
def test_few_counts_among_many_places_come_back_as_many_do(several: int) -> None:
    counts = {n * 37 % 328: 1 + n**4 % 99_999_999 for n in range(several)}
    assert there(str(number_of(counts))) == counts
    assert len(counts_of(str(number_of(counts)))) == max(counts) + 1


def test_numbers_add_up_as_their_counts_do() -> None:
    one, other = {0: 1, 5: 40}, {0: 2, 4: 3}
    assert there(str(number_of(one) + number_of(other))) == {0: 3, 4: 3, 5: 40}
    assert there(str(number_of(one) - number_of({5: 40}))) == {0: 1}


def test_nothing_counts_nothing() -> None:
    assert counts_of("0") == counts_of(None) == []


def test_some_counts_are_added_up_without_the_others() -> None:
    number = str(number_of({0: 7, 3: 99_999_990, 4: 8, 95: 1}))
    assert [total_of(number, *part) for part in ((0, 1), (0, 4), (1, 3), (3, 5), (90, 96), (96, 99))] == [
        7, 99_999_997, 0, 99_999_998, 1, 0,
    ]  # fmt: skip
