"""When a folder is compared with its server: once in a night."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.imap.comparison import is_due


@pytest.mark.parametrize(
    ("compared", "now", "due"),
    [
        (None, (22, 12), True),
        ((22, 2), (22, 12), True),
        ((22, 3), (22, 12), False),
        ((21, 12), (22, 2), False),
        ((21, 12), (22, 3), True),
        ((20, 12), (22, 2), True),
    ],
)
def test_once_a_night(compared: tuple[int, int] | None, now: tuple[int, int], due: bool) -> None:
    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 11, day, hour, tzinfo=UTC)

    assert is_due(compared and at(*compared), at(*now)) is due
