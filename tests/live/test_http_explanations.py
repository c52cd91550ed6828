"""A ticket's clocks explained over HTTP, to those who may see the ticket.

Seen to fail: an explanation without the names of what it names; one that anybody of the workspace may read.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from server.domain.events import Event
from server.store import fold
from server.store.pool import Store
from tests.http_desk import serving

NEVER = {day: [] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")}
QUARTER = {"start": "03:00", "end": "03:15"}


async def test_a_ticket_that_waited_and_was_raised_says_so(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        shut = {"name": "Shut", "time_zone": "Europe/Vienna", "hours": {**NEVER, "sunday": [QUARTER]}}
        calendar = (await desk.alice.post("/calendars", shut)).json()["id"]
        reason = (await desk.alice.post("/pause-reasons", {"name": "supplier"})).json()["id"]
        resolution = {"target": "resolution", "minutes": 60, "pauses": [{"status": "on_hold"}]}
        response = {"target": "first_response", "minutes": 30, "calendar_id": calendar}
        made = await desk.alice.post("/sla-policies", {"name": "Standard", "targets": [resolution, response]})
        assert made.status_code == 201, made.text
        urgent = {"name": "Urgent", "priority_level": "urgent", "resolution_time_hours": 0.5}
        assert (await desk.alice.post("/sla-policies", urgent)).status_code == 201
        ticket = await desk.ticket()
        waits = {"status": "on_hold", "reason_id": reason}
        assert (await desk.bob.put(f"/tickets/{ticket}/status", waits)).status_code == 200
        await desk.bob.patch(f"/tickets/{ticket}", {"priority": "urgent"})
        await desk.bob.put(f"/tickets/{ticket}/status", {"status": "open"})
        told = (await desk.bob.get(f"/tickets/{ticket}/sla")).json()
    by_target = {run["target"]: run for run in told["runs"]}
    resolving, answering = by_target["resolution"], by_target["first_response"]
    assert [
        (one["state"], one["reason"]["code"], one["reason"]["name"]) for one in resolving["segments"]
    ] == [
        ("running", "always", None),
        ("paused", "waiting", "supplier"),
        ("paused", "waiting", "supplier"),
        ("running", "always", None),
    ]
    assert [rule["policy_name"] for rule in resolving["rules"]] == ["Standard", "Urgent"]
    assert [change["causes"] for change in resolving["changes"]] == [["priority"]]
    assert (answering["standing"], answering["rules"][0]["calendar_name"]) == ("stopped", "Shut")
    assert [mark["kind"] for mark in resolving["marks"] if mark["ahead"]] == ["warning", "due"]


async def test_only_who_sees_the_ticket_sees_its_clocks(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/tickets/{await desk.ticket()}/sla"
        answers = [
            (await one.get(path)).status_code
            for one in (desk.bob, desk.lou, desk.olga, desk.charlie, desk.vic, desk.nobody)
        ]
        assert answers == [200, 200, 404, 404, 404, 401]
        assert (await desk.bob.get(path)).json()["runs"] == []


async def test_a_long_log_is_read_in_pages_and_decoded_beside_the_loop(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop decodes less than a page of it, whatever it holds."""
    decoded: Counter[int] = Counter()
    decode = fold.decode_event

    def counting(data: str) -> Event:
        decoded[threading.get_ident()] += 1
        return decode(data)

    async with serving(store, tmp_path) as desk:
        hours = {"name": "Normal", "priority_level": "normal", "resolution_time_hours": 1}
        assert (await desk.alice.post("/sla-policies", hours)).status_code == 201
        ticket = await desk.ticket()
        for status in ("pending", "open") * 5:
            await desk.bob.put(f"/tickets/{ticket}/status", {"status": status})
        whole = (await desk.bob.get(f"/tickets/{ticket}/sla")).json()["runs"]
        monkeypatch.setattr(fold, "PAGE_EVENTS", 4)
        monkeypatch.setattr(fold, "decode_event", counting)
        paged = (await desk.bob.get(f"/tickets/{ticket}/sla")).json()["runs"]
        async with store.read(desk.people.workspace_id) as db:
            events = await db.fetchval("SELECT count(*) FROM events")
    assert [run["changes"] for run in paged] == [run["changes"] for run in whole]
    assert [len(run["segments"]) for run in paged] == [len(run["segments"]) for run in whole] == [11]
    assert decoded.total() == events > 20
    assert decoded[threading.get_ident()] < 4
