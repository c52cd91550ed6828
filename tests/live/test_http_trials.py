"""Policies tried over past tickets over HTTP: what they would have given, one at a time, nothing touched.

Seen to fail: a page that forgets what the last one found; a cancelled trial that goes on; a trial of
calendars that measures by the calendars as they are.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.clock import new_id
from server.relay import sla_trials
from server.relay.sla_trials import SlaTrials
from server.store.fold import compare_all
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving
from tests.people import promise

PERIOD = {"from": "2026-01-01T00:00:00Z"}
NEVER_OPEN = {"monday": [{"start": "00:00", "end": "00:01"}]}


async def asked(desk: HttpDesk, **body: Any) -> dict[str, Any]:
    made = await desk.alice.post("/sla-trials", {**PERIOD, **body})
    assert made.status_code == 202, made.text
    trial: dict[str, Any] = made.json()
    assert trial["state"] == "queued"
    return trial


async def finished(store: Store, desk: HttpDesk, trial: dict[str, Any]) -> dict[str, Any]:
    async with store.across() as db:
        while await SlaTrials(store).turn(db):  # another worker for every page: what it knows is in the row
            pass
    told: dict[str, Any] = (await desk.alice.get(f"/sla-trials/{trial['id']}")).json()
    return told


async def lived(store: Store, desk: HttpDesk, tickets: int) -> None:
    """Tickets that an agent answered and resolved at once, under a policy of nothing at all."""
    await promise(store, desk.people, resolution=timedelta(microseconds=1))
    for _ in range(tickets):
        ticket = await desk.ticket()
        await desk.bob.put(f"/tickets/{ticket}/status", {"status": "resolved"})


async def test_a_kinder_policy_would_have_kept_every_promise(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sla_trials, "PAGE", 2)
    async with serving(store, tmp_path) as desk:
        await lived(store, desk, 5)
        before = await digest(store, desk)
        kinder = {"name": "Kinder", "resolution_time_hours": 4, "first_response_time_minutes": 30}
        told = await finished(store, desk, await asked(desk, policies=[kinder]))
        assert (told["state"], told["progress"]) == ("done", {"done": 5, "total": 5})
        result = told["result"]
        assert (result["tickets"], result["better"], result["worse"]) == (5, 5, 0)
        sums = {one["target"]: (one["was"], one["would"]) for one in result["totals"]}
        was, would = sums["resolution"]
        assert (was["breached"], was["compliance"]) == (5, 0.0)
        assert (would["met"], would["breached"], would["compliance"]) == (5, 0, 1.0)
        assert {line["policy_name"] for line in result["lines"]} == {"normal", "Kinder"}
        assert {(one["was"], one["would"]) for one in result["examples"]} == {("breached", "met")}
        assert await digest(store, desk) == before


async def digest(store: Store, desk: HttpDesk) -> list[object]:
    pages = [page async for page in compare_all(store, desk.people.workspace_id)]
    assert all(one.same for page in pages for one in page)
    return [one.row for page in pages for one in page]


async def test_a_calendar_may_be_tried_alone(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        open_now = {day: [{"start": "00:00", "end": "24:00"}] for day in WEEK}
        body = {"name": "Shop", "time_zone": "UTC", "hours": open_now}
        calendar = (await desk.alice.post("/calendars", body)).json()["id"]
        target = {"target": "resolution", "minutes": 0.0001, "calendar_id": calendar}
        made = await desk.alice.post("/sla-policies", {"name": "P", "targets": [target]})
        assert made.status_code == 201, made.text
        ticket = await desk.ticket()
        await desk.bob.put(f"/tickets/{ticket}/status", {"status": "resolved"})
        shut = {"id": calendar, "time_zone": "UTC", "hours": NEVER_OPEN}
        told = await finished(store, desk, await asked(desk, calendars=[shut]))
        assert (told["result"]["better"], told["result"]["lines"][0]["policy_name"]) == (1, "P")


async def test_one_at_a_time_and_cancelled_at_once(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        await lived(store, desk, 1)
        trial = await asked(desk, policies=[])
        assert (await desk.alice.post("/sla-trials", {**PERIOD, "policies": []})).status_code == 409
        assert (await desk.alice.delete(f"/sla-trials/{trial['id']}")).status_code == 204
        told = await finished(store, desk, trial)
        assert (told["state"], told["result"]) == ("cancelled", None)
        assert (await desk.charlie.get(f"/sla-trials/{trial['id']}")).status_code == 404
        assert (await desk.charlie.get("/sla-trials")).json() == {"data": []}
        assert (await desk.bob.post("/sla-trials", {**PERIOD, "policies": []})).status_code == 403
        assert (await desk.alice.delete(f"/sla-trials/{trial['id']}")).status_code == 204
        assert (await desk.alice.get(f"/sla-trials/{trial['id']}")).status_code == 404


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def test_what_could_not_be_kept_cannot_be_tried(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        gone = {"target": "resolution", "minutes": 5, "calendar_id": str(new_id())}
        mars = {"id": str(new_id()), "hours": {}}
        wrong: list[tuple[dict[str, Any], str]] = [
            ({}, "/policies"),
            ({"policies": [], "inbox_id": str(new_id())}, "/inbox_id"),
            ({"policies": [{"name": "P"}]}, "/policies/0"),
            ({"policies": [{"name": "P", "targets": [gone]}]}, "/policies/0/targets/0/calendar_id"),
            ({"calendars": [{**mars, "time_zone": "Mars/Base"}]}, "/calendars/0/time_zone"),
            ({"policies": [], "from": "2090-01-01T00:00:00Z"}, "/to"),
        ]  # fmt: skip
        for body, pointer in wrong:
            refused = await desk.alice.post("/sla-trials", {**PERIOD, **body})
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer), (
                refused.text
            )
