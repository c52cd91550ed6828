"""Days of UTC on other people's clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.domain.rollups.clock import Span, dates_between, dates_of, hours_of, slots_before

ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]


def span(zone: str) -> Span:
    begin = datetime(2024, 3, 9, 5, 45, tzinfo=UTC)
    return Span(begin, begin + timedelta(days=30, hours=3), ZoneInfo(zone))


@pytest.mark.parametrize("zone", ZONES)
def test_each_quarter_of_an_hour_is_told_as_its_wall_clock_shows_it(zone: str) -> None:
    asked = span(zone)
    quarters = 0
    for day in (date(2024, 3, 8) + timedelta(days=n) for n in range(34)):
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for parts, with_hours in ((hours_of(asked, day), True), (dates_of(asked, day), False)):
            for part in parts:
                for slot in range(part.first, part.last):
                    at = start + slot * timedelta(minutes=15)
                    wall = at.astimezone(asked.zone)
                    assert asked.begin <= at < asked.end
                    assert (part.day, part.hour) == (wall.date(), wall.hour if with_hours else 0)
                    quarters += 1
    assert quarters == 2 * (30 * 96 + 12)


def test_what_lies_before_the_span_is_known_by_its_slots() -> None:
    asked = span("UTC")
    assert [slots_before(asked, date(2024, 3, day)) for day in (8, 9, 10)] == [96, 23, 0]


def test_a_span_touches_dates_of_its_zone() -> None:
    late = Span(
        datetime(2024, 3, 9, 23, tzinfo=UTC), datetime(2024, 3, 10, 22, tzinfo=UTC), ZoneInfo("Asia/Tokyo")
    )
    assert dates_between(late) == [date(2024, 3, 10), date(2024, 3, 11)]
    assert dates_between(late._replace(zone=ZoneInfo("UTC"))) == [date(2024, 3, 9), date(2024, 3, 10)]
