"""Periods in slices."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server.domain.rollups.periods import Slice, slices


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(parts: list[Slice]) -> list[str]:
    return [f"{part.kind} {part.begin:%m-%d %H}..{part.end:%m-%d %H}" for part in parts]


@pytest.mark.parametrize(
    ("begin", "end", "wanted"),
    [
        ("2026-03-05T10", "2026-03-05T12", ["runs 03-05 10..03-05 12"]),
        ("2026-03-05T10", "2026-03-06T12", ["runs 03-05 10..03-06 12"]),
        ("2026-03-05T00", "2026-03-06T00", ["day 03-05 00..03-06 00"]),
        (
            "2026-03-05T10",
            "2026-05-20T12",
            [
                "runs 03-05 10..03-06 00",
                "day 03-06 00..04-01 00",
                "month 04-01 00..05-01 00",
                "day 05-01 00..05-20 00",
                "runs 05-20 00..05-20 12",
            ],
        ),
        ("2026-01-01T00", "2026-04-01T00", ["month 01-01 00..04-01 00"]),
        ("2026-01-02T00", "2026-02-28T00", ["day 01-02 00..02-28 00"]),
    ],
)
def test_a_period_is_months_days_and_single_runs_at_its_ends(begin: str, end: str, wanted: list[str]) -> None:
    assert told(slices(at(begin), at(end), months=True)) == wanted


def test_months_are_days_where_each_day_is_asked_for() -> None:
    parts = slices(at("2026-01-01T00"), at("2026-04-01T00"), months=False)
    assert told(parts) == ["day 01-01 00..04-01 00"]
