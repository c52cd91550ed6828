"""Business calendars over HTTP: their forms, their holidays, what is due by them, and who uses them.

Seen to fail: a change that does not make new terms; a deletion that asks nobody; hours that may overlap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server.store.pool import Store
from tests.http_desk import HttpDesk, serving

OFFICE = [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:30"}]
VIENNA: dict[str, Any] = {
    "name": "Vienna",
    "time_zone": "Europe/Vienna",
    "hours": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE),
    "days": [
        {"date": "2026-12-24", "name": "Christmas Eve", "hours": [{"start": "09:00", "end": "12:00"}]},
        {"date": "2026-12-31", "name": "", "hours": []},
    ],
    "holidays": {"country": "AT", "subdivision": None},
}


async def make(desk: HttpDesk, **more: Any) -> dict[str, Any]:
    made = await desk.alice.post("/calendars", {**VIENNA, **more})
    assert made.status_code == 201, made.text
    calendar: dict[str, Any] = made.json()
    return calendar


async def test_a_calendar_is_kept_as_it_was_written(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        calendar = await make(desk)
        shown = {name: calendar[name] for name in VIENNA}
        assert shown == {**VIENNA, "hours": {**VIENNA["hours"], "saturday": [], "sunday": []}}
        assert calendar["policy_ids"] == []
        path = f"/calendars/{calendar['id']}"
        assert (await desk.bob.get(path)).json() == calendar
        assert (await desk.bob.get("/calendars")).json()["data"] == [calendar]
        changed = (await desk.alice.patch(path, {"holidays": None, "hours": {"sunday": OFFICE}})).json()
        assert (changed["holidays"], changed["hours"]["sunday"], changed["hours"]["monday"]) == (
            None,
            OFFICE,
            [],
        )
        assert (changed["days"], changed["time_zone"]) == (calendar["days"], calendar["time_zone"])
        assert (await desk.alice.post("/calendars", {**VIENNA, "name": "VIENNA"})).status_code == 409
        assert (await desk.alice.delete(path)).status_code == 204
        assert (await desk.bob.get(path)).status_code == 404


async def test_the_end_of_the_day_is_24_o_clock(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        night = {"monday": [{"start": "00:00", "end": "24:00"}]}
        calendar = await make(desk, hours=night)
        assert calendar["hours"]["monday"] == night["monday"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"time_zone": "Europe/Wien"}, "/time_zone"),
    ({"time_zone": "../../etc/localtime"}, "/time_zone"),
    ({"time_zone": "localtime"}, "/time_zone"),
    ({"time_zone": "Factory"}, "/time_zone"),
    ({"hours": {}}, "/hours"),
    ({"hours": {"monday": [{"start": "17:00", "end": "09:00"}]}}, "/hours/monday/0"),
    ({"hours": {"monday": [{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}]}},
     "/hours/monday/1"),
    ({"hours": {"monday": [{"start": "9:00", "end": "12:00"}]}}, "/hours/monday/0/start"),
    ({"hours": {"monday": [{"start": "09:00", "end": "24:30"}]}}, "/hours/monday/0/end"),
    ({"hours": {"monday": [{"start": "00:00", "end": "00:01"}] * 13}}, "/hours/monday"),
    ({"hours": {"someday": []}}, "/hours"),
    ({"days": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, "/days/1/date"),
    ({"days": [{"date": "2026-02-30"}]}, "/days/0/date"),
    ({"days": [{"date": "2026-01-01"}] * 401}, "/days"),
    ({"holidays": {"country": "XX"}}, "/holidays/country"),
    ({"holidays": {"country": "AT", "subdivision": "Bavaria"}}, "/holidays/subdivision"),
]  # fmt: skip


async def test_what_no_time_can_be_measured_by_is_refused(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        calendar = await make(desk)
        for change, expected in WRONG:
            for answer in (
                await desk.alice.post("/calendars", {**VIENNA, "name": "Other", **change}),
                await desk.alice.patch(f"/calendars/{calendar['id']}", change),
            ):
                assert answer.status_code == 422, (change, answer.text)
                assert (change, answer.json()["errors"][0]["pointer"]) == (change, expected)
        assert (await desk.bob.get("/calendars")).json()["data"] == [calendar]


async def test_holidays_are_listed_by_country_and_part(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        calendar = await make(desk, holidays={"country": "DE", "subdivision": "BY"})
        listed = (await desk.bob.get(f"/calendars/{calendar['id']}/holidays?year=2026")).json()["data"]
        dates = [holiday["date"] for holiday in listed]
        assert {"2026-01-06", "2026-10-03", "2026-12-25"} <= set(dates)  # Epiphany is Bavaria's own
        assert dates == sorted(dates) and all(holiday["name"] for holiday in listed)
        none = await make(desk, name="None", holidays=None)
        assert (await desk.bob.get(f"/calendars/{none['id']}/holidays")).json()["data"] == []
        countries = (await desk.bob.get("/holiday-countries")).json()["data"]
        known = {each["country"]: each["subdivisions"] for each in countries}
        assert len(known) > 200 and "9" in known["AT"] and "BY" in known["DE"]


async def test_a_calendar_can_be_tried_before_it_is_kept(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        trial = {**VIENNA, "from": "2026-12-24T10:30:00Z", "minutes": 120}
        del trial["name"]
        # Christmas Eve closes at noon; the two holidays and the weekend follow; Monday opens at nine.
        answer = (await desk.bob.post("/calendars/preview", trial)).json()
        assert answer == {
            "due_at": "2026-12-28T09:30:00Z",
            "spans": [
                {"start": "2026-12-24T10:30:00Z", "end": "2026-12-24T11:00:00Z"},
                {"start": "2026-12-28T08:00:00Z", "end": "2026-12-28T09:30:00Z"},
            ],
            "truncated": False,
        }
        year = (await desk.bob.post("/calendars/preview", {**trial, "minutes": 60_000})).json()
        assert (len(year["spans"]), year["truncated"]) == (100, True)
        at_once = (await desk.bob.post("/calendars/preview", {**trial, "minutes": 0})).json()
        assert (at_once["due_at"], at_once["spans"]) == ("2026-12-24T10:30:00Z", [])
        never = {"hours": {"monday": [{"start": "09:00", "end": "09:01"}]}, "minutes": 60_000}
        shut = (await desk.bob.post("/calendars/preview", {**trial, **never})).json()
        assert shut["due_at"] is None
        assert (await desk.bob.get("/calendars")).json()["data"] == []


async def test_a_calendar_in_use_stays_and_an_edit_makes_new_terms(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        calendar = await make(desk)
        path = f"/calendars/{calendar['id']}"
        promised = {"target": "first_response", "minutes": 60, "calendar_id": calendar["id"]}
        new = {"name": "Standard", "targets": [promised]}
        policy = (await desk.alice.post("/sla-policies", new)).json()
        assert (await desk.bob.get(path)).json()["policy_ids"] == [policy["id"]]
        refused = await desk.alice.delete(path)
        assert refused.status_code == 409 and "Standard" in refused.json()["detail"]

        terms = [await terms_of(desk)]
        await desk.alice.patch(path, {"name": "Renamed"})
        terms.append(await terms_of(desk))
        await desk.alice.patch(path, {"time_zone": "Europe/Berlin"})
        terms.append(await terms_of(desk))
        assert terms[0] == terms[1] and terms[1] != terms[2]
        assert (await desk.bob.get(f"/sla-policies/{policy['id']}")).json()["targets"] == policy["targets"]


async def terms_of(desk: HttpDesk) -> object:
    """Under which terms the only policy is."""
    async with desk.state.store.read(desk.people.workspace_id) as db:
        return await db.fetchval("SELECT terms_id FROM sla_policies")
