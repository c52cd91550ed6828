"""Many counts as one number."""

from __future__ import annotations

from server.domain.rollups.digits import counts_of, number_of


def test_counts_come_back_from_their_number() -> None:
    counts = {0: 7, 3: 99_999_999, 95: 1}
    assert counts_of(str(number_of(counts))) == counts


def test_numbers_add_up_as_their_counts_do() -> None:
    one, other = {0: 1, 5: 40}, {0: 2, 4: 3}
    assert counts_of(str(number_of(one) + number_of(other))) == {0: 3, 4: 3, 5: 40}
    assert counts_of(str(number_of(one) - number_of({5: 40}))) == {0: 1}


def test_nothing_counts_nothing() -> None:
    assert counts_of("0") == counts_of(None) == {}
