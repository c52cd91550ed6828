"""People, inboxes, policies, articles and reports over HTTP, with their real behaviour."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from server.clock import now
from server.domain.commands import Envelope, RingClock
from server.domain.events import Ring, encode_rings
from server.relay.rollups import RollUps
from server.store.pool import Store
from server.store.rollups import CONSUMER
from tests.http_desk import serving
from tests.store.relaying import caught_up


async def test_an_agent_is_added_changed_and_signs_in(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        people = desk.people
        new = {
            "name": "Nora", "email": "Nora@desk.test", "roles": ["agent"], "password": "long enough",
            "team_ids": [str(people.team)], "inbox_ids": [str(people.chat)],
        }  # fmt: skip
        made = await desk.alice.post("/agents", new)
        assert made.status_code == 201, made.text
        agent = made.json()
        assert (agent["team_ids"], agent["inbox_ids"]) == ([str(people.team)], [str(people.chat)])
        assert (await desk.alice.post("/agents", new)).json()["code"] == "conflict"
        browser = desk.client()
        signed = await browser.post("/session", {"email": "nora@desk.test", "password": "long enough"})
        assert signed.json()["agent"]["id"] == agent["id"]
        assert (await browser.get("/session")).json() == signed.json()
        moved = await desk.alice.patch(f"/agents/{agent['id']}", {"inbox_ids": [], "roles": ["admin"]})
        assert (moved.json()["inbox_ids"], moved.json()["roles"]) == ([], ["admin"])
        none = await desk.alice.patch(f"/agents/{agent['id']}", {"team_ids": [agent["id"]]})
        assert none.json()["errors"] == [{"pointer": "/team_ids", "detail": "One of these is not there"}]


async def test_a_desk_keeps_its_last_admin(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/agents/{desk.people.alice.id}"
        for change in ({"active": False}, {"roles": ["agent"]}):
            assert (await desk.alice.patch(path, change)).status_code == 409
        await desk.alice.patch(f"/agents/{desk.people.bob.id}", {"roles": ["admin"]})
        assert (await desk.alice.patch(path, {"roles": ["agent"]})).status_code == 200


async def test_a_token_works_until_it_is_revoked(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/agents/{desk.people.bob.id}/tokens"
        made = (await desk.bob.post(path, {"name": "Robot"}, headers={"idempotency-key": "k"})).json()
        again = (await desk.bob.post(path, {"name": "Robot"}, headers={"idempotency-key": "k"})).json()
        assert again == made
        robot = desk.client(made["token"])
        assert (await robot.get("/agents/me")).json()["id"] == str(desk.people.bob.id)
        listed = (await desk.alice.get(path)).json()["data"]
        assert "token" not in listed[0] and made["id"] in {one["id"] for one in listed}
        assert (await desk.alice.delete(f"{path}/{made['id']}")).status_code == 204
        assert (await robot.get("/agents/me")).status_code == 401


async def test_teams_and_tags_in_use_stay(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        team = (await desk.alice.post("/teams", {"name": "Third"})).json()
        await desk.bob.put(f"/tickets/{ticket}/assign", {"team_id": team["id"]})
        await desk.bob.patch(f"/tickets/{ticket}", {"tags": ["Kept"]})
        assert (await desk.alice.delete(f"/teams/{team['id']}")).status_code == 409
        (tag,) = (await desk.bob.get("/tags")).json()["data"]
        assert (tag["name"], tag["tickets_count"]) == ("Kept", 1)
        assert (await desk.alice.delete(f"/tags/{tag['id']}")).status_code == 409
        await desk.bob.patch(f"/tickets/{ticket}", {"tags": []})
        assert (await desk.alice.delete(f"/tags/{tag['id']}")).status_code == 204
        assert (await desk.bob.post("/tags", {"name": "KEPT"})).status_code == 201
        assert (await desk.bob.post("/tags", {"name": "kept"})).status_code == 409


async def test_customers_are_found_changed_and_counted(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        new = {"name": "Émile", "email": "emile@x.test", "contact_info": {"phone": "+1 555"}}
        made = (await desk.bob.post("/customers", new)).json()
        found = (await desk.bob.get("/customers?q=ÉMI")).json()["data"]
        assert [one["id"] for one in found] == [made["id"]]
        assert (await desk.bob.post("/customers", {**new, "email": "EMILE@x.test"})).status_code == 409
        path = f"/customers/{made['id']}"
        changed = (await desk.bob.patch(path, {"company": "Acme", "email": None})).json()
        assert (changed["company"], changed["email"], changed["name"]) == ("Acme", None, "Émile")
        asked = {"subject": "s", "description": "d", "customer_id": made["id"]}
        ticket = (await desk.bob.post("/tickets", asked)).json()
        assert [t["id"] for t in (await desk.bob.get(f"{path}/tickets")).json()["data"]] == [ticket["id"]]
        assert (await desk.bob.get(path)).json()["tickets_count"] == 1
        assert (await desk.olga.get(f"{path}/tickets")).json()["data"] == []


async def test_tickets_at_once_make_one_customer(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        new = {"subject": "s", "description": "d"}
        asked = [
            desk.bob.post("/tickets", {**new, "customer": {"email": f"{name}@x.test"}})
            for name in ["same", "Same", "SAME", "other"] * 5
        ]
        tickets = [answer.json() for answer in await asyncio.gather(*asked)]
        assert len({t["customer_id"] for t in tickets}) == 2
        assert len({t["number"] for t in tickets}) == 20


async def test_an_inboxes_secrets_stay_inside(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        server = {"host": "mail.test", "port": 2525, "username": "u", "security": "none", "auth": "password"}
        smtp = {**server, "password": "p1"}
        new = {"name": "Sales", "channel": "email", "address": "sales@x.test", "settings": {"smtp": smtp}}
        made = await desk.alice.post("/inboxes", new)
        assert made.status_code == 201, made.text
        inbox = made.json()
        assert inbox["settings"]["smtp"] == server
        path = f"/inboxes/{inbox['id']}"
        kept = {**server, "port": 587}
        await desk.alice.patch(path, {"settings": {"smtp": kept, "signature": "Bye"}})
        async with store.read(desk.people.workspace_id) as db:
            sealed = await db.fetchval("SELECT secrets FROM inboxes WHERE address = 'sales@x.test'")
        assert desk.state.vault.open_secrets(sealed).smtp_password == "p1"
        assert b"p1" not in sealed
        taken = await desk.alice.post("/inboxes", {**new, "address": "SALES@x.test"})
        assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/address")
        assert (await desk.alice.post("/inboxes", {**new, "channel": "chat"})).status_code == 422
        assert (await desk.alice.delete(path)).status_code == 204
        assert (await desk.alice.get(path)).status_code == 404
        assert (await desk.alice.post("/inboxes", new)).status_code == 201


async def test_a_policy_holds_for_tickets_from_now_on(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        before = (await desk.bob.get(f"/tickets/{await desk.ticket()}")).json()
        assert before["sla"] == []
        new = {"name": "Normal", "priority_level": "normal", "first_response_time_minutes": 30}
        policy = (await desk.alice.post("/sla-policies", new)).json()
        after = (await desk.bob.get(f"/tickets/{await desk.ticket()}")).json()
        (target,) = after["sla"]
        assert (target["target"], target["policy_id"]) == ("first_response", policy["id"])
        path = f"/sla-policies/{policy['id']}"
        refused = await desk.alice.patch(path, {"first_response_time_minutes": None})
        assert refused.status_code == 422
        changed = await desk.alice.patch(
            path, {"first_response_time_minutes": None, "resolution_time_hours": 0.5}
        )
        assert changed.json()["resolution_time_hours"] == 0.5
        third = (await desk.bob.get(f"/tickets/{await desk.ticket()}")).json()
        assert [t["target"] for t in third["sla"]] == ["resolution"]


async def test_compliance_counts_what_was_kept_and_what_was_not(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        today = now().date()
        new = {"name": "Normal", "priority_level": "normal", "first_response_time_minutes": 30}
        await desk.alice.post("/sla-policies", new)
        kept, late, _running = [await desk.ticket() for _ in range(3)]
        say = {"type": "message", "content": "Hello"}
        await desk.bob.post(f"/tickets/{kept}/interactions", say)
        workspace_id = desk.people.workspace_id
        async with store.write(workspace_id) as db:  # half an hour later
            due_at = now() - timedelta(seconds=1)
            await db.execute(
                "UPDATE sla_targets SET due_at = $2, next_at = $2, rings = $3 WHERE ticket_id = $1",
                late,
                due_at,
                encode_rings((Ring(due_at, "due"),)),
            )
        await desk.bob.put(f"/tickets/{late}/assign", {"team_id": str(desk.people.team)})
        breach = RingClock(late, "first_response", due_at)
        await desk.state.handle.submit(Envelope(desk.people.system, breach))
        await desk.bob.put(f"/tickets/{late}/assign", {"team_id": None})  # too late to be theirs
        await caught_up(store, RollUps(store).handle, CONSUMER)
        report = (await desk.bob.get("/reports/sla-compliance?group_by=team,priority")).json()
        assert report["totals"] == {
            "targets": 3, "met": 1, "breached": 1, "running": 1, "compliance": 0.5,
        }  # fmt: skip
        by_team = {row["group"]["team_name"]: row for row in report["data"]}
        assert by_team["First line"]["compliance"] == 0
        assert (by_team[None]["met"], by_team[None]["running"]) == (1, 1)
        by_day = (await desk.bob.get("/reports/sla-compliance?group_by=day")).json()["data"]
        days = {row["group"]["day"] for row in by_day}
        assert days and days <= {day.isoformat() for day in (today, now().date())}  # it may be midnight
        empty = await desk.olga.get("/reports/sla-compliance")
        assert empty.json()["totals"]["targets"] == 0
        past = (now() - timedelta(days=9)).isoformat().replace("+00:00", "Z")
        gone = await desk.bob.get(f"/reports/sla-compliance?from={past}&to={past[:-5]}9999Z")
        assert gone.status_code in (200, 422)
        wrong = await desk.bob.get(
            "/reports/sla-compliance?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z"
        )
        assert wrong.status_code == 422


async def test_articles_are_drafted_published_searched_and_counted(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        new = {"title": "Descale a kettle", "content": "Use *vinegar*.", "category": "Care", "tags": ["how"]}
        draft = (await desk.bob.post("/knowledge-base/articles", new)).json()
        assert draft["content_html"] == "<p>Use <em>vinegar</em>.</p>\n"
        path = f"/knowledge-base/articles/{draft['id']}"
        assert (await desk.nobody.get(path)).status_code == 404
        when = now().isoformat().replace("+00:00", "Z")
        published = await desk.bob.patch(path, {"published_at": when})
        assert published.json()["published_at"] is not None
        other = {"title": "Vinegar", "content": "Not for kettles", "published_at": when}
        await desk.bob.post("/knowledge-base/articles", other)
        assert (await desk.nobody.get(path)).json()["view_count"] == 1
        assert (await desk.vic.get(path)).json()["view_count"] == 2
        assert (await desk.bob.get(path)).json()["view_count"] == 2
        titles = [one["title"] for one in (await search(desk, "kettle"))]
        assert titles == ["Descale a kettle", "Vinegar"]
        best, second = await search(desk, "vinegar")
        assert (best["title"], second["excerpt"]) == ("Vinegar", "Use ***vinegar***.")
        assert [one["title"] for one in await search(desk, "vinegar -descale")] == ["Vinegar"]
        listed = await desk.bob.get("/knowledge-base/articles?category=care&tag=how")
        assert [one["id"] for one in listed.json()["data"]] == [draft["id"]]
        (category,) = (await desk.bob.get("/knowledge-base/categories")).json()["data"]
        assert (category["name"], category["articles_count"]) == ("Care", 1)
        twin = await desk.bob.post("/knowledge-base/articles", new)
        assert twin.json()["slug"] != draft["slug"] == "descale-a-kettle"
        help_page = await desk.nobody.get("//help/")
        assert "Descale a kettle" in help_page.text
        shown = await desk.nobody.get(f"//help/{desk.people.workspace_id}/descale-a-kettle")
        assert "<em>vinegar</em>" in shown.text
        assert (await desk.nobody.get(path)).json()["view_count"] == 4
        assert (await desk.bob.delete(path)).status_code == 204
        assert (await desk.nobody.get(path)).status_code == 404


async def search(desk: Any, words: str) -> list[Any]:
    data: list[Any] = (await desk.bob.get(f"/knowledge-base/articles?q={words}")).json()["data"]
    return data


async def test_a_file_goes_up_with_a_message_and_down_by_its_link(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        key = {"idempotency-key": "up"}
        file = {"file": ("notes.txt", b"hello", "text/plain")}
        sent = (await desk.bob.post("/attachments", files=file, headers=key)).json()
        again = (await desk.bob.post("/attachments", files=file, headers=key)).json()
        assert again["id"] == sent["id"]
        other = {"file": ("notes.txt", b"other", "text/plain")}
        assert (await desk.bob.post("/attachments", files=other, headers=key)).status_code == 422
        say = {"type": "message", "content": "See", "attachment_ids": [sent["id"]]}
        said = (await desk.bob.post(f"/tickets/{ticket}/interactions", say)).json()
        assert [f["filename"] for f in said["attachments"]] == ["notes.txt"]
        assert (await desk.nobody.get("/" + said["attachments"][0]["url"])).content == b"hello"
        stolen = await desk.lou.post(f"/tickets/{ticket}/interactions", {**say, "type": "note"})
        assert stolen.status_code == 422
        assert (await desk.lou.get(f"/attachments/{sent['id']}")).json()["interaction_id"] == said["id"]


async def test_problems_have_one_shape(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for answer, status, code in (
            (await desk.nobody.get("/tickets"), 401, "unauthorized"),
            (await desk.bob.get("/nothing"), 404, "not_found"),
            (await desk.bob.get("/agents/%0A"), 404, "not_found"),
            (await desk.bob.ask("PUT", "/tickets"), 405, "method_not_allowed"),
            (await desk.bob.ask("POST", "/tickets", content=b"{"), 415, "unsupported_media_type"),
        ):
            problem = answer.json()
            assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["request_id"] == answer.headers["x-request-id"]
        assert (await desk.bob.ask("PUT", "/tickets")).headers["allow"] == "GET, POST"


async def test_operators_see_health(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.nobody.get("//livez")).text == "ok\n"
        ready = await desk.nobody.get("//readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert (await desk.nobody.get("//metrics")).status_code == 401
        assert (await desk.bob.get("//metrics")).status_code == 401
        assert "parley_http_request_seconds" in (await desk.alice.get("//metrics")).text
        assert (await desk.client(ip="127.0.0.1").get("//metrics")).status_code == 401


async def test_the_machine_itself_sees_metrics_of_a_desk_that_only_it_reaches(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path, public_url="http://127.0.0.1:8000") as desk:
        assert (await desk.client(ip="127.0.0.1").get("//metrics")).status_code == 200
        forwarded = desk.client(ip="127.0.0.1", **{"x-forwarded-for": "203.0.113.1"})
        assert (await forwarded.get("//metrics")).status_code == 401
        assert (await desk.nobody.get("//metrics")).status_code == 401
