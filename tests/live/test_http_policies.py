"""SLA policies over HTTP: whole and in a few numbers, in order, within bounds, and of one workspace.

Seen to fail: a PATCH that makes plain promises of what it finds; an order that takes any ids; names that are
not looked up; a reason that a customer is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.clock import new_id
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving

GONE = "01900000-0000-7000-8000-000000000000"
WEEK = {"monday": [{"start": "09:00", "end": "17:00"}]}


async def named(desk: HttpDesk) -> dict[str, str]:
    """One of everything that a policy may name."""
    people = desk.people
    calendar = await desk.alice.post("/calendars", {"name": "Shop", "time_zone": "UTC", "hours": WEEK})
    hook = {"name": "Hook", "url": "https://hooks.x.test/"}
    return {
        "inbox": str(people.chat),
        "team": str(people.team),
        "agent": str(people.bob.id),
        "tag": (await desk.alice.post("/tags", {"name": "late"})).json()["id"],
        "webhook": (await desk.alice.post("/outgoing-webhooks", hook)).json()["id"],
        "calendar": calendar.json()["id"],
        "reason": (await desk.alice.post("/pause-reasons", {"name": "Supplier"})).json()["id"],
    }


def whole(ids: dict[str, str]) -> dict[str, Any]:
    """A policy that names all of them."""
    actions = [
        {"type": "notify_agents", "agent_ids": [ids["agent"]]},
        {"type": "notify_team", "team_id": None},
        {"type": "notify_assignee"},
        {"type": "reassign", "agent_id": None, "team_id": ids["team"]},
        {"type": "raise_priority", "priority": "urgent"},
        {"type": "add_tag", "tag_id": ids["tag"]},
        {"type": "call_webhook", "webhook_id": ids["webhook"]},
    ]
    return {
        "name": "Whole",
        "conditions": {
            "inbox_ids": [ids["inbox"]],
            "channels": ["chat", "email"],
            "team_ids": [ids["team"]],
            "priorities": ["high", "urgent"],
            "tag_ids": [ids["tag"]],
            "companies": ["Acme"],
            "tiers": ["gold"],
            "languages": ["de"],
            "fields": [{"name": "region", "values": ["north", "south"]}],
        },
        "targets": [
            {
                "target": "resolution",
                "minutes": 480,
                "calendar_id": ids["calendar"],
                "pauses": [
                    {"status": "pending", "reason_id": None},
                    {"status": "on_hold", "reason_id": ids["reason"]},
                ],
                "on_reopen": "restart",
                "steps": [
                    {"mark": {"percent": 50}, "actions": []},
                    {"mark": {"percent": 80}, "actions": []},
                    {"mark": {"minutes": 30}, "actions": actions},
                ],
            },
            {"target": "first_response", "minutes": 30},
        ],
    }


async def test_a_policy_is_kept_whole(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        asked = whole(await named(desk))
        made = await desk.alice.post("/sla-policies", asked)
        assert made.status_code == 201, made.text
        policy = made.json()
        assert policy["conditions"] == asked["conditions"]
        resolution, first = policy["targets"]
        steps = [{"mark": step["mark"], "actions": step["actions"]} for step in resolution["steps"]]
        assert {**resolution, "steps": steps} == asked["targets"][0]
        plain: dict[str, Any] = {"calendar_id": None, "pauses": [], "on_reopen": "continue", "steps": []}
        assert first == {"target": "first_response", "minutes": 30, **plain}
        few = ("priority_level", "first_response_time_minutes", "resolution_time_hours", "warning_percent")
        assert [policy[name] for name in few] == [None, 30, 8, 50]
        assert (await desk.bob.get(f"/sla-policies/{policy['id']}")).json() == policy
        assert (await desk.bob.get("/sla-policies")).json()["data"] == [policy]


async def test_a_change_of_one_thing_leaves_the_rest(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        before = (await desk.alice.post("/sla-policies", whole(await named(desk)))).json()
        path = f"/sla-policies/{before['id']}"
        kept = ("conditions", "targets", "position")

        renamed = (await desk.alice.patch(path, {"name": "Renamed"})).json()
        assert (renamed["name"], [renamed[key] for key in kept]) == ("Renamed", [before[key] for key in kept])
        same = {"priority_level": None, "warning_percent": 50, "resolution_time_hours": 8}
        again = (await desk.alice.patch(path, same)).json()
        assert [again[key] for key in kept] == [before[key] for key in kept]

        sooner = (await desk.alice.patch(path, {"resolution_time_hours": 4})).json()
        assert sooner["targets"] == [{**before["targets"][0], "minutes": 240}, before["targets"][1]]
        urgent = (await desk.alice.patch(path, {"priority_level": "urgent"})).json()
        assert urgent["conditions"] == {**before["conditions"], "priorities": ["urgent"]}

        warned = (await desk.alice.patch(path, {"warning_percent": 90})).json()
        marks = [[step["mark"] for step in target["steps"]] for target in warned["targets"]]
        assert marks == [[{"percent": 90}, {"minutes": 30}], [{"percent": 90}]]

        fewer = (await desk.alice.patch(path, {"first_response_time_minutes": None})).json()
        assert [target["target"] for target in fewer["targets"]] == ["resolution"]
        more = (await desk.alice.patch(path, {"next_response_time_minutes": 60})).json()
        assert [target["target"] for target in more["targets"]] == ["resolution", "next_response"]
        assert more["next_response_time_minutes"] == 60


async def test_steps_keep_their_ids_through_an_edit(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        policy = (await desk.alice.post("/sla-policies", whole(await named(desk)))).json()
        path, targets = f"/sla-policies/{policy['id']}", policy["targets"]
        half, late, step = targets[0]["steps"]
        targets[0]["steps"] = [{"mark": {"percent": 70}}, {**step, "mark": {"minutes": 60}}, half]
        edited = (await desk.alice.patch(path, {"targets": targets})).json()
        ids = [each["id"] for each in edited["targets"][0]["steps"]]
        assert ids[1:] == [step["id"], half["id"]] and ids[0] not in (half["id"], late["id"], step["id"])

        targets[0]["steps"] = [late]
        refused = await desk.alice.patch(path, {"targets": targets})
        assert (refused.status_code, pointer(refused)) == (422, "/targets/0/steps/0/id")
        targets[0]["steps"] = [half, half]
        assert pointer(await desk.alice.patch(path, {"targets": targets})) == "/targets/0/steps/1/id"


def pointer(answer: Any) -> str:
    """Where an answer of 422 points."""
    assert answer.status_code == 422, answer.text
    where: str = answer.json()["errors"][0]["pointer"]
    return where


def put(body: dict[str, Any], where: str, value: Any) -> None:
    """Write a value at a JSON pointer."""
    *steps, last = where[1:].split("/")
    inner: Any = body
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[int(last) if isinstance(inner, list) else last] = value


NAMES = [
    "/conditions/inbox_ids/0",
    "/conditions/team_ids/0",
    "/conditions/tag_ids/0",
    "/targets/0/calendar_id",
    "/targets/0/pauses/1/reason_id",
    "/targets/0/steps/2/actions/0/agent_ids/0",
    "/targets/0/steps/2/actions/1/team_id",
    "/targets/0/steps/2/actions/3/team_id",
    "/targets/0/steps/2/actions/5/tag_id",
    "/targets/0/steps/2/actions/6/webhook_id",
]


async def test_whatever_a_policy_names_is_there(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ids = await named(desk)
        theirs = (
            await desk.charlie.post("/calendars", {"name": "S", "time_zone": "UTC", "hours": WEEK})
        ).json()
        for where in NAMES:
            body = whole(ids)
            put(body, where, GONE)
            assert pointer(await desk.alice.post("/sla-policies", body)) == where
        body = whole(ids)
        put(body, "/targets/0/calendar_id", theirs["id"])
        assert pointer(await desk.alice.post("/sla-policies", body)) == "/targets/0/calendar_id"
        put(body, "/targets/0/calendar_id", ids["tag"])  # there, but no calendar
        assert pointer(await desk.alice.post("/sla-policies", body)) == "/targets/0/calendar_id"
        assert (await desk.bob.get("/sla-policies")).json()["data"] == []


async def test_what_went_since_does_not_stand_in_the_way(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ids = await named(desk)
        policy = (await desk.alice.post("/sla-policies", whole(ids))).json()
        assert (await desk.alice.delete(f"/tags/{ids['tag']}")).status_code == 204
        path = f"/sla-policies/{policy['id']}"
        renamed = await desk.alice.patch(path, {"name": "Renamed", "targets": policy["targets"]})
        assert renamed.status_code == 200, renamed.text
        assert (await desk.alice.delete(f"/calendars/{ids['calendar']}")).status_code == 409


WRONG: list[tuple[str, Any, str]] = [
    ("/targets/0/minutes", 0, "/targets/0/minutes"),
    ("/targets/0/minutes", 1e-9, "/targets/0/minutes"),
    ("/targets/0/minutes", 525_601, "/targets/0/minutes"),
    ("/targets/1/target", "resolution", "/targets/1/target"),
    ("/targets/0/pauses/0/status", "resolved", "/targets/0/pauses/0/status"),
    ("/targets/0/steps/0/mark", {"percent": 100}, "/targets/0/steps/0/mark"),
    ("/targets/0/steps/0/mark", {"minutes": 0}, "/targets/0/steps/0/mark"),
    ("/targets/0/steps/0/mark", {}, "/targets/0/steps/0/mark"),
    ("/targets/0/steps/0/mark", {"percent": 5, "minutes": -5}, "/targets/0/steps/0/mark"),
    ("/targets/0/steps/2/mark", {"percent": 1_001}, "/targets/0/steps/2/mark/percent"),
    ("/targets/0/steps/2/actions/0/agent_ids", [], "/targets/0/steps/2/actions/0/agent_ids"),
    ("/targets/0/steps/2/actions/3/team_id", None, "/targets/0/steps/2/actions/3"),
    ("/targets/0/steps", [{"mark": {"percent": 50}}] * 21, "/targets/0/steps"),
    ("/targets/0/pauses", [{"status": "pending"}] * 21, "/targets/0/pauses"),
    ("/targets", [], "/targets"),
    ("/conditions/tiers", ["x"] * 101, "/conditions/tiers"),
    ("/conditions/tiers", [""], "/conditions/tiers/0"),
    ("/conditions/companies", ["x" * 201], "/conditions/companies/0"),
    ("/conditions/fields", [{"name": "x", "values": []}], "/conditions/fields/0/values"),
    ("/conditions/nonsense", [], "/conditions"),
    ("/priority_level", "low", "/priority_level"),
    ("/resolution_time_hours", 4, "/targets"),
    ("/warning_percent", 80, "/targets"),
]


async def test_bounds_are_kept_and_pointed_at(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ids = await named(desk)
        for where, value, expected in WRONG:
            body = whole(ids)
            put(body, where, value)
            answer = await desk.alice.post("/sla-policies", body)
            assert (where, value, pointer(answer)) == (where, value, expected)
        nothing = await desk.alice.post("/sla-policies", {"name": "Nothing"})
        assert nothing.status_code == 422


async def test_a_workspace_has_a_hundred_policies(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path, rate_agent="10000/second") as desk:
        new = {"name": "P", "first_response_time_minutes": 5}
        for _ in range(100):
            assert (await desk.alice.post("/sla-policies", new)).status_code == 201
        assert (await desk.alice.post("/sla-policies", new)).status_code == 409


async def test_the_first_in_the_order_has_the_ticket(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = []
        for name in "abc":
            new = {"name": name, "first_response_time_minutes": 5}
            made.append((await desk.alice.post("/sla-policies", new)).json()["id"])
        first = await desk.bob.get("/sla-policies/order")
        assert first.json() == {"ids": made[::-1]}  # the newest comes before all others
        order = {"ids": [made[1], made[0], made[2]]}
        changed = await desk.alice.put("/sla-policies/order", order)
        assert (changed.status_code, changed.json()) == (200, order)
        listed = (await desk.bob.get("/sla-policies")).json()["data"]
        assert [policy["id"] for policy in listed] == order["ids"]
        ticket = (await desk.bob.get(f"/tickets/{await desk.ticket()}")).json()
        assert {target["policy_id"] for target in ticket["sla"]} == {made[1]}

        for ids in (made[:2], [*made, str(new_id())], [*made[:2], made[0]], []):
            assert (await desk.alice.put("/sla-policies/order", {"ids": ids})).status_code == 409
        stale = {"if-match": first.headers["etag"]}
        refused = await desk.alice.put("/sla-policies/order", {"ids": made}, headers=stale)
        assert refused.status_code == 412
        fresh = {"if-match": changed.headers["etag"]}
        again = await desk.alice.put("/sla-policies/order", {"ids": made}, headers=fresh)
        assert again.json() == {"ids": made}


async def test_an_edit_of_what_changed_meanwhile_is_refused(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = await desk.alice.post("/sla-policies", {"name": "P", "first_response_time_minutes": 5})
        path, seen = f"/sla-policies/{made.json()['id']}", {"if-match": made.headers["etag"]}
        assert (await desk.alice.patch(path, {"name": "Q"}, headers=seen)).status_code == 200
        assert (await desk.alice.patch(path, {"name": "R"}, headers=seen)).status_code == 412
        assert (await desk.alice.delete(path, headers=seen)).status_code == 412


async def test_a_ticket_waits_for_a_reason_that_customers_do_not_hear(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        reason = (await desk.alice.post("/pause-reasons", {"name": "Zwetschgen"})).json()
        ticket = await desk.ticket()
        path = f"/tickets/{ticket}"
        waits = {"status": "on_hold", "reason_id": reason["id"]}
        shown = (await desk.bob.put(f"{path}/status", waits)).json()
        assert (shown["status_reason_id"], shown["status_reason"]) == (reason["id"], "Zwetschgen")
        for status, reason_id in (("open", reason["id"]), ("pending", GONE)):
            wrong = await desk.bob.put(f"{path}/status", {"status": status, "reason_id": reason_id})
            assert pointer(wrong) == "/reason_id"

        events = (await desk.bob.get(f"{path}/events")).json()["data"]
        moved = next(event["data"] for event in events if event["type"] == "status_changed")
        assert (moved["reason_id"], moved["reason"]) == (reason["id"], "Zwetschgen")

        assert (await desk.alice.delete(f"/pause-reasons/{reason['id']}")).status_code == 204
        assert (await desk.bob.get("/pause-reasons")).json()["data"] == []
        assert (await desk.bob.get(path)).json()["status_reason"] == "Zwetschgen"
        assert (await desk.bob.get(f"{path}/events")).json()["data"] == events
        other = await desk.ticket()
        again = await desk.bob.put(f"/tickets/{other}/status", waits)
        assert pointer(again) == "/reason_id"
        assert (await desk.alice.post("/pause-reasons", {"name": "zwetschgen"})).status_code == 201
        opened = (await desk.bob.put(f"{path}/status", {"status": "open"})).json()
        assert (opened["status_reason_id"], opened["status_reason"]) == (None, None)


async def test_a_reason_that_a_policy_names_stays(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ids = await named(desk)
        policy = (await desk.alice.post("/sla-policies", whole(ids))).json()
        refused = await desk.alice.delete(f"/pause-reasons/{ids['reason']}")
        assert refused.status_code == 409 and "Whole" in refused.json()["detail"]
        assert (await desk.alice.delete(f"/sla-policies/{policy['id']}")).status_code == 204
        assert (await desk.alice.delete(f"/pause-reasons/{ids['reason']}")).status_code == 204
        assert (await desk.alice.delete(f"/calendars/{ids['calendar']}")).status_code == 204


@pytest.mark.parametrize(
    "change", [{"tier": "gold"}, {"language": "de-AT"}, {"custom_fields": {"region": "n"}}]
)
async def test_a_customer_has_a_standing(store: Store, tmp_path: Path, change: dict[str, Any]) -> None:
    async with serving(store, tmp_path) as desk:
        made = (await desk.bob.post("/customers", {"name": "Émile"})).json()
        assert (made["tier"], made["language"], made["custom_fields"]) == (None, None, {})
        path = f"/customers/{made['id']}"
        changed = (await desk.bob.patch(path, change)).json()
        assert {name: changed[name] for name in change} == change
        (listed,) = (await desk.bob.get("/customers?q=émile")).json()["data"]
        assert {name: listed[name] for name in change} == change
        renamed = (await desk.bob.patch(path, {"name": "Emil"})).json()
        assert {name: renamed[name] for name in change} == change
        new = (await desk.bob.post("/customers", {"name": "Zoë", **change})).json()
        assert {name: new[name] for name in change} == change


async def test_a_customers_standing_has_bounds(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for wrong in (
            {"tier": "x" * 61},
            {"tier": ""},
            {"language": "not a language"},
            {"language": "x" * 36},
            {"custom_fields": {str(n): "x" for n in range(51)}},
            {"custom_fields": {"x" * 61: "x"}},
            {"custom_fields": {"x": "x" * 501}},
            {"custom_fields": {"x": 5}},
        ):
            assert (await desk.bob.post("/customers", {"name": "N", **wrong})).status_code == 422, wrong
