"""Which mails of a batch may be taken in at once."""

from __future__ import annotations

import pytest

from connectors.inbound.batches import rounds


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["a", "b"], [[0, 1]]),
        (["a", "ab", "bc", "d"], [[0, 3], [1], [2]]),
        (["a", "a", "a"], [[0], [1], [2]]),
        (["", ""], [[0, 1]]),
    ],
)
def test_those_that_share_a_name_take_turns(names: list[str], expected: list[list[int]]) -> None:
    assert rounds([frozenset(named) for named in names]) == expected
