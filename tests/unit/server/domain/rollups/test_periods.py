"""Periods in slices."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from server.domain.rollups.periods import Grid, Slice, slices

GRIDS: list[Grid] = ["month", "day", "hour"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(parts: list[Slice]) -> list[str]:
    return [
        f"{'' if part.added else '-'}{part.kind} {part.begin:%m-%d %H:%M}..{part.end:%m-%d %H:%M}"
        for part in parts
    ]


@pytest.mark.parametrize(
    ("begin", "end", "wanted"),
    [
        ("2026-03-05T10:10", "2026-03-05T10:20", ["runs 03-05 10:10..03-05 10:20"]),
        ("2026-03-05T10", "2026-03-05T12", ["hour 03-05 10:00..03-05 12:00"]),
        ("2026-03-05T00", "2026-03-06T00", ["day 03-05 00:00..03-06 00:00"]),
        (
            "2026-03-29T21:40",
            "2026-05-03T02",
            [
                "month 04-01 00:00..05-01 00:00",
                "day 03-30 00:00..04-01 00:00",
                "hour 03-29 22:00..03-30 00:00",
                "runs 03-29 21:40..03-29 22:00",
                "day 05-01 00:00..05-03 00:00",
                "hour 05-03 00:00..05-03 02:00",
            ],
        ),
        (
            "2026-01-01T02",
            "2026-03-31T22",
            [
                "month 01-01 00:00..04-01 00:00",
                "-hour 01-01 00:00..01-01 02:00",
                "-hour 03-31 22:00..04-01 00:00",
            ],
        ),
        ("2026-01-02T00", "2026-02-28T00", ["month 01-01 00:00..03-01 00:00", "-day 01-01 00:00..01-02 00:00",
                                            "-day 02-28 00:00..03-01 00:00"]),
    ],
)  # fmt: skip
def test_a_period_is_months_days_and_hours_and_what_they_are_too_much(
    begin: str, end: str, wanted: list[str]
) -> None:
    assert told(slices(at(begin), at(end), GRIDS)) == wanted


def test_single_runs_are_where_there_are_no_hours() -> None:
    parts = slices(at("2026-01-01T02"), at("2026-01-03T00"), ["month", "day"])
    assert told(parts) == ["day 01-01 00:00..01-03 00:00", "-runs 01-01 00:00..01-01 02:00"]


def test_every_moment_of_a_period_is_counted_once_and_no_other() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        minutes = sorted(chance.sample(range(0, 200 * 24 * 60, 5), 2))
        begin, end = (at("2026-01-01") + timedelta(minutes=n) for n in minutes)
        parts = slices(begin, end, GRIDS[chance.randrange(4) :])
        edges = {begin, end, *(part.begin for part in parts), *(part.end for part in parts)}
        for edge in edges | {edge - timedelta(microseconds=1) for edge in edges}:
            times = sum((1 if one.added else -1) for one in parts if one.begin <= edge < one.end)
            assert times == (begin <= edge < end), (begin, end, edge)
