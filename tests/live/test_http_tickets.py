"""Tickets over HTTP: opening, lists, changes, what is said, keys and conditions."""

from __future__ import annotations

import asyncio
from pathlib import Path

from server.store import search
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving

NEW = {
    "subject": "Broken kettle",
    "description": "It leaks.",
    "priority": "high",
    "customer": {"email": "Dora@example.test", "name": "Dora"},
    "tags": ["Kettle", "warranty"],
}


async def test_a_ticket_is_opened_read_and_listed(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = await desk.bob.post("/tickets", NEW)
        assert made.status_code == 201, made.text
        ticket = made.json()
        assert ticket["number"] == 1
        assert ticket["customer"]["name"] == "Dora"
        assert ticket["tags"] == ["Kettle", "warranty"]
        assert (ticket["status"], ticket["priority"], ticket["channel_source"]) == ("new", "high", "api")
        read = await desk.bob.get(f"/tickets/{ticket['id']}")
        assert read.json() == ticket | {"participants": []}
        assert [tag.partition(".")[0] for tag in (read.headers["etag"], made.headers["etag"])] == ['"2'] * 2
        listed = await desk.bob.get("/tickets?status=new&tag=kettle&priority=high,urgent")
        assert listed.json()["data"] == [ticket]
        again = await desk.bob.get(
            f"/tickets/{ticket['id']}", headers={"if-none-match": read.headers["etag"]}
        )
        assert again.status_code == 304


async def test_the_description_is_the_customers_first_interaction(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ticket = (await desk.bob.post("/tickets", NEW)).json()
        said = (await desk.bob.get(f"/tickets/{ticket['id']}/interactions")).json()["data"]
        assert [(s["author_type"], s["author_name"], s["content"]) for s in said] == [
            ("customer", "Dora", "It leaks.")
        ]
        answer = await desk.bob.post(
            f"/tickets/{ticket['id']}/interactions",
            {"type": "message", "content": "Send it back", "client_id": "one"},
        )
        assert answer.status_code == 201, answer.text
        repeat = await desk.bob.post(
            f"/tickets/{ticket['id']}/interactions",
            {"type": "message", "content": "Send it back", "client_id": "one"},
        )
        assert repeat.json() == answer.json()
        events = (await desk.bob.get(f"/tickets/{ticket['id']}/events?since=1")).json()["data"]
        assert [event["seq"] for event in events] == [2, 3]
        assert events[1]["data"]["content"] == "Send it back"


async def test_a_key_returns_the_first_ticket_and_refuses_another_body(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        key = {"idempotency-key": "abc"}
        first = await desk.bob.post("/tickets", NEW, headers=key)
        second = await desk.bob.post("/tickets", NEW, headers=key)
        assert second.json() == first.json()
        other = await desk.bob.post("/tickets", {**NEW, "subject": "Else"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "duplicate_mismatch")
        theirs = await desk.alice.post("/tickets", NEW, headers=key)
        assert theirs.json()["id"] != first.json()["id"]


async def test_a_key_returns_the_first_answer_of_anything_else(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        key = {"idempotency-key": "team"}
        first = await desk.alice.post("/teams", {"name": "Second line"}, headers=key)
        assert first.status_code == 201, first.text
        second = await desk.alice.post("/teams", {"name": "Second line"}, headers=key)
        assert (second.status_code, second.json()) == (201, first.json())
        assert second.headers["idempotency-replayed"] == "true"
        other = await desk.alice.post("/teams", {"name": "Third line"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "duplicate_mismatch")


async def test_changes_honour_if_match(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = await desk.bob.post("/tickets", NEW)
        path, etag = f"/tickets/{made.json()['id']}", made.headers["etag"]
        changed = await desk.bob.put(f"{path}/status", {"status": "open"}, headers={"if-match": etag})
        assert (changed.status_code, changed.json()["status"]) == (200, "open")
        stale = await desk.bob.patch(path, {"priority": "low"}, headers={"if-match": etag})
        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
        fresh = {"if-match": changed.headers["etag"]}
        assert (await desk.bob.patch(path, {"priority": "low"}, headers=fresh)).status_code == 200


async def test_tickets_are_assigned_and_tagged(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/tickets/{await desk.ticket()}"
        people = desk.people
        given = await desk.alice.put(
            f"{path}/assign", {"agent_id": str(people.bob.id), "team_id": str(people.team)}
        )
        assert given.json()["assignee_id"] == str(people.bob.id)
        assert [t["id"] for t in (await desk.bob.get("/agents/me/tickets")).json()["data"]] == [
            given.json()["id"]
        ]
        assert (await desk.bob.get("/tickets?assignee_id=me")).json()["data"]
        assert not (await desk.bob.get("/tickets?assignee_id=none")).json()["data"]
        tagged = await desk.bob.patch(path, {"tags": ["vip"]})
        assert tagged.json()["tags"] == ["vip"]
        cleared = await desk.bob.put(f"{path}/assign", {"agent_id": None})
        assert cleared.json()["assignee_id"] is None
        assert cleared.json()["team_id"] == str(people.team)
        light = await desk.alice.put(f"{path}/assign", {"agent_id": str(people.lou.id)})
        assert light.status_code == 422


async def test_pages_go_through_every_order_once(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        wanted = {str(await desk.ticket(f"Number {n}")) for n in range(7)}
        orders = ("updated_at", "created_at", "number", "priority", "status", "due_at", "subject")
        for order in [*orders, *(f"-{name}" for name in orders)]:
            assert await walk(desk, f"/tickets?sort={order}&page[size]=3") == wanted, order


async def walk(desk: HttpDesk, path: str) -> set[str]:
    """The ids of all pages; no id comes twice."""
    seen: list[str] = []
    link: str | None = f"/api/v1{path}"
    while link is not None:
        page = (await desk.bob.get(f"/{link}")).json()
        assert page["meta"]["has_more"] == (page["links"]["next"] is not None)
        seen += [one["id"] for one in page["data"]]
        link = page["links"]["next"]
    assert len(seen) == len(set(seen))
    return set(seen)


async def test_views_count_what_their_query_lists(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        first = await desk.ticket()
        await desk.ticket()
        await desk.bob.put(f"/tickets/{first}/status", {"status": "resolved"})
        views = (await desk.bob.get("/views")).json()
        for view in views:
            listed = (await desk.bob.get(f"/tickets?{view['query']}")).json()["data"]
            assert len(listed) == view["count"], view
        assert {view["id"]: view["count"] for view in views}["all"] == 2


async def test_requests_with_one_key_at_once_do_one_thing(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for path, body in (("/tickets", NEW), ("/teams", {"name": "Fourth"})):
            asked = [desk.alice.post(path, body, headers={"idempotency-key": path}) for _ in range(8)]
            answers = await asyncio.gather(*asked)
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
        assert len((await desk.alice.get("/tickets")).json()["data"]) == 1


async def test_storage_that_is_away_is_a_problem_to_retry(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.bob.get("/teams")).status_code == 200
        await store.pool.expire_connections()
        store.pool.terminate()
        answer = await desk.bob.get("/teams")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"


async def test_a_search_finds_what_was_said_in_ones_own_inboxes(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        found, other = await desk.ticket("A xylophone arrived broken"), await desk.ticket("A drum")
        async with store.write(desk.people.workspace_id) as db:
            places = [(ticket, seq) for ticket in (found, other) for seq in (0, 2)]
            await search.index(db, desk.people.workspace_id, places)
        for words in ("xylophone", "xyloph", "broken -drum", "%231"):
            listed = (await desk.bob.get(f"/tickets?q={words}")).json()["data"]
            assert [one["id"] for one in listed] == [str(found)], words
        assert (await desk.olga.get("/tickets?q=xylophone")).json()["data"] == []
        assert (await desk.charlie.get("/tickets?q=xylophone")).json()["data"] == []
