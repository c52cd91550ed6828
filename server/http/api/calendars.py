"""Business calendars: when the desk is open, by which SLA policies measure."""

from datetime import timedelta
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import now
from server.domain.calendar import HORIZON, due_after, open_spans, public_holidays
from server.domain.errors import NotFound
from server.domain.policy_resources import (
    BusinessCalendar,
    CalendarPreview,
    HolidayCountry,
    OpenSpan,
    PublicHoliday,
)
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.calendar_form import (
    Days,
    HolidaysForm,
    WeekForm,
    calendar_of,
    list_countries,
    shape,
)
from server.http.call import Call
from server.http.inputs import ById, Id, Name, When, Zone, check_instant
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of, whole
from server.store import calendars, sla_policies
from server.store.calendars import Kept, Named
from server.store.pool import Connection

MAX_SPANS = 100


class CalendarsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which calendars, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"


class NewCalendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calendar to be. Own dates come before public holidays, and these before the week."""

    name: Name
    time_zone: Zone
    hours: WeekForm
    days: Days = ()
    holidays: HolidaysForm | None = None


class CalendarChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, and what is given is the whole new one."""

    name: Name | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    hours: WeekForm | UnsetType = UNSET
    days: Days | UnsetType = UNSET
    holidays: HolidaysForm | None | UnsetType = UNSET


class YearQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which year; this one when none is given."""

    year: Annotated[int, Meta(ge=1970, le=2100)] | None = None


class WhatToPreview(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A calendar, perhaps not kept yet, and from when on how much working time is to pass."""

    time_zone: Zone
    hours: WeekForm
    start: When = msgspec.field(name="from")
    minutes: Annotated[int, Meta(ge=0, le=525_600)]
    days: Days = ()
    holidays: HolidaysForm | None = None


@operation("GET", "/calendars", Action.READ_DESK, {200: Page[BusinessCalendar]})
async def list_calendars(call: Call, db: Connection, query: CalendarsQuery) -> Page[BusinessCalendar]:
    """List business calendars."""
    part = slice_of(query, calendars.LISTING.sorts, query.sort)
    rows = await calendars.list_calendars(db, call.workspace_id, {}, part)
    return page_of(rows, part, _of_row, call.path, call.query_string)


@operation(
    "POST", "/calendars", Action.MANAGE_DESK, {201: BusinessCalendar}, tagged=True, refusals=("conflict",)
)
async def add(call: Call, db: Connection, body: NewCalendar) -> BusinessCalendar:
    """Make a business calendar."""
    calendar = calendar_of(body.time_zone, body.hours, body.days, body.holidays)
    calendar_id = await calendars.add_calendar(db, call.workspace_id, body.name, calendar)
    return shape(await _fetch(call, db, calendar_id))


@operation("POST", "/calendars/preview", Action.READ_DESK, {200: CalendarPreview})
async def preview(call: Call, body: WhatToPreview) -> CalendarPreview:
    """Try a calendar: when so much working time will have passed, and when it is open up to then."""
    calendar = calendar_of(body.time_zone, body.hours, body.days, body.holidays)
    start = check_instant(body.start, "/from")
    due_at = due_after(calendar, start, timedelta(minutes=body.minutes))
    spans = list(islice(open_spans(calendar, start, due_at or start + HORIZON), MAX_SPANS + 1))
    return CalendarPreview(
        due_at=due_at,
        spans=[OpenSpan(start=opens, end=closes) for opens, closes in spans[:MAX_SPANS]],
        truncated=len(spans) > MAX_SPANS,
    )


@operation("GET", "/calendars/{id}", Action.READ_DESK, {200: BusinessCalendar}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> BusinessCalendar:
    """Read a business calendar."""
    return shape(await _fetch(call, db, path.id))


@operation(
    "PATCH",
    "/calendars/{id}",
    Action.MANAGE_DESK,
    {200: BusinessCalendar},
    tagged=True,
    refusals=("conflict",),
)
async def change(call: Call, db: Connection, path: ById, body: CalendarChange) -> BusinessCalendar:
    """Change a business calendar: its policies measure by it from now on, without losing what was spent."""
    await sla_policies.lock_policies(db, call.workspace_id)
    before = await _fetch(call, db, path.id)
    call.require_match(shape(before))
    name = before.name if body.name is UNSET else body.name
    await calendars.change_calendar(db, call.workspace_id, path.id, name, _changed(before, body))
    return shape(await _fetch(call, db, path.id))


def _changed(before: Kept, body: CalendarChange) -> Named:
    """The form is read with what stays as it was, so that it is checked as a whole."""
    shown = shape(before)
    kept = msgspec.to_builtins(
        {"hours": shown.hours, "days": shown.days, "holidays": shown.holidays}, builtin_types=()
    )
    return calendar_of(
        shown.time_zone if body.time_zone is UNSET else body.time_zone,
        msgspec.convert(kept["hours"], WeekForm) if body.hours is UNSET else body.hours,
        msgspec.convert(kept["days"], Days) if body.days is UNSET else body.days,
        msgspec.convert(kept["holidays"], HolidaysForm | None) if body.holidays is UNSET else body.holidays,
    )


@operation("DELETE", "/calendars/{id}", Action.MANAGE_DESK, {204: None}, tagged=True, refusals=("conflict",))
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End a business calendar, unless policies measure by it."""
    await sla_policies.lock_policies(db, call.workspace_id)
    call.require_match(shape(await _fetch(call, db, path.id)))
    await calendars.delete_calendar(db, call.workspace_id, path.id)


@operation("GET", "/calendars/{id}/holidays", Action.READ_DESK, {200: Page[PublicHoliday]})
async def list_holidays(call: Call, db: Connection, path: ById, query: YearQuery) -> Page[PublicHoliday]:
    """List the public holidays of a year by which a calendar is closed."""
    calendar = (await _fetch(call, db, path.id)).calendar
    if calendar.country is None:
        return whole([])
    found = public_holidays(calendar.country, calendar.subdivision, query.year or now().year)
    return whole([PublicHoliday(date=day, name=name) for day, name in sorted(found.items())])


@operation("GET", "/holiday-countries", Action.READ_DESK, {200: Page[HolidayCountry]})
async def list_holiday_countries(call: Call) -> Page[HolidayCountry]:
    """List the countries whose public holidays are known, with their parts."""
    return whole(list_countries())


def _of_row(row: Any) -> BusinessCalendar:
    return shape(calendars.kept(row))


async def _fetch(call: Call, db: Connection, calendar_id: Id) -> Kept:
    found = await calendars.find_calendar(db, call.workspace_id, calendar_id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (
    list_calendars,
    add,
    preview,
    read,
    change,
    remove,
    list_holidays,
    list_holiday_countries,
)
