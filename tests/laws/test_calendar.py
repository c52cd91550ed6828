"""Working time: adding it and measuring it are each other's inverse, and both agree with a walk over minutes.

Zones and days on which clocks change, by an hour, half an hour, at midnight, or by a whole day. Seen to fail
when a time that never comes is read as if it came, when days end at 23:59, when the first day is skipped.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.domain.calendar import (
    Calendar,
    CalendarRefused,
    Day,
    Period,
    check,
    due_after,
    is_open,
    public_holidays,
    working_between,
)
from tests.laws.budget import examples

MINUTE = timedelta(minutes=1)
# Where clocks change, and when; a leap day, the turn of a year, and the day that Samoa did not have.
PLACES = [
    ("UTC", datetime(2028, 2, 28, 12, tzinfo=UTC)), ("UTC", datetime(2026, 12, 31, 12, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 3, 28, 20, tzinfo=UTC)),
    ("Europe/Vienna", datetime(2026, 10, 24, 20, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 7, 23, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 6, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 7, 23, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 10, 31, 23, tzinfo=UTC)),
    ("America/Asuncion", datetime(2023, 3, 25, 20, tzinfo=UTC)),
    ("America/Asuncion", datetime(2023, 9, 30, 20, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 29, 20, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 5, 1, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 14, 20, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 3, 21, 20, tzinfo=UTC)),
]  # fmt: skip


EDGE = st.integers(0, 144).map(lambda ten: ten * 10) | st.integers(0, 30).map(lambda ten: ten * 10)


@st.composite
def days(draw: st.DrawFn) -> Day:
    edges = sorted(draw(st.sets(EDGE, max_size=8)))
    return tuple(Period(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    """A calendar, and an instant in the hours round a change of its zone's clocks."""
    zone, start = draw(st.sampled_from(PLACES))
    week = tuple(draw(days()) for _ in range(7))
    assume(any(week))
    special = draw(st.dictionaries(st.integers(-2, 5), days(), max_size=3))
    dates = tuple((start.date() + timedelta(days=offset), day) for offset, day in special.items())
    calendar = Calendar(zone, week, dates)  # type: ignore[arg-type]
    return calendar, start + draw(st.integers(0, 900)) * MINUTE


def walked(calendar: Calendar, start: datetime, minutes: int) -> timedelta:
    """The working time, minute by minute, by a wall clock that never goes back: put back, it stands still."""
    place, furthest, total = ZoneInfo(calendar.zone), datetime.min, timedelta()
    for step in range(-LONGEST_CHANGE, minutes):
        wall = (start + step * MINUTE).astimezone(place).replace(tzinfo=None)
        furthest = max(furthest, wall)
        minute = furthest.hour * 60 + furthest.minute
        if step >= 0 and any(one.start <= minute < one.end for one in calendar.periods(furthest.date())):
            total += MINUTE
    return total


LONGEST_CHANGE = 180  # minutes: by how much clocks are put back at most


@given(stories(), st.integers(0, 2 * 24 * 60))
@examples(150)
def test_working_time_agrees_with_a_walk_over_minutes(story: tuple[Calendar, datetime], minutes: int) -> None:
    calendar, start = story
    assert working_between(calendar, start, start + minutes * MINUTE) == walked(calendar, start, minutes)


@given(stories(), st.integers(1, 3 * 24 * 60))
@examples(200)
def test_what_was_added_is_what_is_measured(story: tuple[Calendar, datetime], minutes: int) -> None:
    calendar, start = story
    needed = minutes * MINUTE
    due = due_after(calendar, start, needed)
    assert due is not None
    assert working_between(calendar, start, due) == needed
    assert working_between(calendar, start, due - timedelta(seconds=1)) < needed
    assert is_open(calendar, due - timedelta(microseconds=1))


@given(stories(), st.integers(0, 5000), st.integers(0, 5000))
@examples(150)
def test_working_time_adds_up(story: tuple[Calendar, datetime], one: int, other: int) -> None:
    calendar, start = story
    middle, end = start + one * MINUTE, start + (one + other) * MINUTE
    whole = working_between(calendar, start, end)
    assert whole == working_between(calendar, start, middle) + working_between(calendar, middle, end)
    assert timedelta() <= whole <= end - start


def always(zone: str) -> Calendar:
    return Calendar(zone, ((Period(0, 1440),),) * 7)


@given(st.sampled_from(PLACES), st.integers(0, 10_000))
@examples(100)
def test_who_is_always_open_works_all_the_time(place: tuple[str, datetime], minutes: int) -> None:
    zone, start = place
    assert working_between(always(zone), start, start + minutes * MINUTE) == minutes * MINUTE


def test_a_calendar_that_is_closed_for_ever_is_never_due() -> None:
    shut = Calendar("UTC", ((),) * 7)
    assert due_after(shut, PLACES[0][1], MINUTE) is None


def test_holidays_of_a_country_are_closed() -> None:
    open_ = always("Europe/Vienna")
    austria = Calendar(open_.zone, open_.week, country="AT")
    assert austria.periods(date(2026, 10, 26)) == ()
    assert austria.periods(date(2026, 10, 27)) != ()
    own = Calendar(open_.zone, open_.week, ((date(2026, 10, 26), (Period(60, 120),)),), "AT")
    assert own.periods(date(2026, 10, 26)) == (Period(60, 120),)


@pytest.mark.parametrize(
    ("calendar", "wrong"),
    [
        (always("Europe/Nowhere"), "time zone"),
        (Calendar("UTC", ((),) * 7), "never open"),
        (Calendar("UTC", ((Period(60, 30),),) * 7), "follow one another"),
        (Calendar("UTC", ((Period(0, 60), Period(30, 90)),) * 7), "follow one another"),
        (Calendar("UTC", always("UTC").week, country="XX"), "not known"),
        (Calendar("UTC", always("UTC").week, country="AT", subdivision="XX"), "not known"),
    ],
)
def test_a_calendar_by_which_nothing_can_be_measured_is_refused(calendar: Calendar, wrong: str) -> None:
    with pytest.raises(CalendarRefused, match=wrong):
        check(calendar)


def test_a_good_calendar_is_not_refused() -> None:
    check(Calendar("Europe/Vienna", always("UTC").week, country="AT"))


def test_holidays_are_named_in_their_countrys_language() -> None:
    assert public_holidays("AT", None, 2026)[date(2026, 10, 26)] == "Nationalfeiertag"
    assert public_holidays("JP", None, 2026)[date(2026, 1, 1)] == "元日"
