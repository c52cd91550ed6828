"""Notifications, outgoing webhooks and parked events over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import anyio

from connectors.webhooks.post import Poster, webhook_fetcher
from server.clock import new_id
from server.domain.errors import Unavailable
from server.relay.parked import ParkedEvents
from server.store import agents, log
from server.store.log import Entry
from server.store.pool import Store
from server.store.vault import Vault
from tests.http_desk import SECRET_KEY, serving
from tests.sink import in_turn, says, sink, stalls
from tests.store.relaying import numbered

HOOK = {"name": "Pager", "url": "https://hooks.x.test/in", "kinds": ["sla_breached", "sla_warned"]}


async def test_notifications_come_in_pages_are_counted_and_read(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = [str(await desk.notification(desk.people.bob)) for _ in range(3)]
        first = (await desk.bob.get("/notifications?page[size]=2")).json()
        assert first["unread"] == 3
        assert [one["id"] for one in first["data"]] == made[:0:-1]
        assert first["data"][0]["ticket"]["subject"] == "Where is my order?"
        rest = (await desk.bob.get(first["links"]["next"].removeprefix("/api/v1"))).json()
        assert [one["id"] for one in rest["data"]] == made[:1]
        read = await desk.bob.put(f"/notifications/{made[1]}/read")
        assert read.json()["read_at"] is not None
        assert (await desk.bob.put(f"/notifications/{made[1]}/read")).json() == read.json()
        unread = (await desk.bob.get("/notifications?unread=true")).json()
        assert ([one["id"] for one in unread["data"]], unread["unread"]) == ([made[2], made[0]], 2)
        assert (await desk.bob.post("/notifications/read")).json() == {"unread": 0}
        assert (await desk.bob.get("/notifications")).json()["unread"] == 0
        assert set(map(str, desk.notified)) == {str((desk.people.workspace_id, {desk.people.bob.id}))}
        assert (await desk.alice.get("/notifications")).json()["data"] == []


async def test_who_may_not_see_a_ticket_any_more_reads_nothing_of_it(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        people = desk.people
        made = await desk.notification(people.bob)
        assert (await desk.bob.get("/notifications")).json()["unread"] == 1
        async with store.write(people.workspace_id) as db:
            await agents.set_inboxes(db, people.workspace_id, people.bob.id, [people.mail])
        left = (await desk.bob.get("/notifications")).json()
        assert (left["data"], left["unread"]) == ([], 0)
        assert (await desk.bob.put(f"/notifications/{made}/read")).status_code == 404


async def test_a_webhook_shows_its_secret_once_and_is_changed_under_its_tag(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        made = await desk.alice.post("/outgoing-webhooks", HOOK, headers={"idempotency-key": "k"})
        secret = made.json()["secret"]
        assert secret.startswith("whsec_")
        again = await desk.alice.post("/outgoing-webhooks", HOOK, headers={"idempotency-key": "k"})
        assert again.json() == made.json()
        path = f"/outgoing-webhooks/{made.json()['id']}"
        found = await desk.alice.get(path)
        assert "secret" not in found.json()
        assert secret not in (await desk.alice.get("/outgoing-webhooks")).text
        tag = {"if-match": found.headers["etag"]}
        changed = await desk.alice.patch(path, {"active": False}, headers=tag)
        assert (changed.json()["active"], changed.json()["name"]) == (False, "Pager")
        assert (await desk.alice.patch(path, {"name": "x"}, headers=tag)).status_code == 412
        assert (await desk.alice.delete(path, headers=tag)).status_code == 412
        fresh = (await desk.alice.post(f"{path}/secret")).json()["secret"]
        assert fresh != secret
        assert (await desk.alice.delete(path)).status_code == 204
        assert (await desk.alice.get(path)).status_code == 404


async def test_only_plain_addresses_are_taken(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for url in (
            "ftp://x.test/", "https://", "https://user:pass@x.test/", "https://x.test/ y", "javascript:1",
            "https://x.test/\r\nA: b", "https://x.test/#part", "https://éxample.org/",
            "https://x.test/" + "a" * 3000, "https://x.test:99999/", "https://x.test:0/", "https://:443/",
            "https://[::1/", "https://[]/", "http://./", "http://x.test:port/",
        ):  # fmt: skip
            answer = await desk.alice.post("/outgoing-webhooks", {**HOOK, "url": url})
            assert answer.status_code == 422, url
            assert answer.json()["errors"][0]["pointer"] == "/url", url
        made = (await desk.alice.post("/outgoing-webhooks", HOOK)).json()
        refused = await desk.alice.patch(f"/outgoing-webhooks/{made['id']}", {"url": "https://x.test:99999/"})
        assert refused.status_code == 422
        wrong = await desk.alice.post("/outgoing-webhooks", {**HOOK, "kinds": ["everything"]})
        assert wrong.status_code == 422


async def test_a_ping_is_signed_and_says_what_came_back(store: Store, tmp_path: Path) -> None:
    poster = Poster(webhook_fetcher((ip_network("127.0.0.1"),)), Vault(SECRET_KEY), seconds=0.3)
    async with (
        sink(says(202)) as well,
        sink(stalls) as badly,
        serving(store, tmp_path, ping_webhook=poster.ping) as desk,
    ):
        made = (await desk.alice.post("/outgoing-webhooks", {**HOOK, "url": well.url})).json()
        answer = (await desk.alice.post(f"/outgoing-webhooks/{made['id']}/test")).json()
        assert (answer["ok"], answer["status"], answer["error"]) == (True, 202, None)
        (told,) = well.told
        assert told.is_signed_with(made["secret"])
        assert told.body["type"] == "ping"
        other = (await desk.alice.post("/outgoing-webhooks", {**HOOK, "url": badly.url})).json()
        answer = (await desk.alice.post(f"/outgoing-webhooks/{other['id']}/test")).json()
        assert (answer["ok"], answer["status"]) == (False, None)
        assert answer["error"].startswith("no answer within")


async def test_a_ping_that_is_taken_ends_the_rest_of_a_failing_endpoint(store: Store, tmp_path: Path) -> None:
    poster = Poster(webhook_fetcher((ip_network("127.0.0.1"),)), Vault(SECRET_KEY), seconds=0.3)
    async with (
        sink(in_turn(says(503), says(200))) as endpoint,
        serving(store, tmp_path, ping_webhook=poster.ping) as desk,
    ):
        made = (await desk.alice.post("/outgoing-webhooks", {**HOOK, "url": endpoint.url})).json()
        path = f"/outgoing-webhooks/{made['id']}"
        async with store.write(desk.people.workspace_id) as db:
            await db.execute(
                "UPDATE outgoing_webhooks SET failures = 9, failing_since = now(), last_error = '503',"
                " resting_until = now() + interval '1 hour'"
            )
        for ok in (False, True):
            assert (await desk.alice.post(f"{path}/test")).json()["ok"] is ok
            found = (await desk.alice.get(path)).json()
            assert (found["failing_since"] is None, found["last_error"] is None) == (ok, ok)
        async with store.read(desk.people.workspace_id) as db:
            assert await db.fetchval("SELECT resting_until FROM outgoing_webhooks") is None


async def test_a_ping_to_the_inside_is_refused(store: Store, tmp_path: Path) -> None:
    poster = Poster(webhook_fetcher(()), Vault(SECRET_KEY))
    async with sink(says(200)) as inside:
        port = inside.url.split(":")[2].split("/")[0]
        async with serving(store, tmp_path, ping_webhook=poster.ping) as desk:
            for host in ("127.0.0.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "localhost"):
                body = {**HOOK, "url": f"http://{host}/"}
                made = (await desk.alice.post("/outgoing-webhooks", body)).json()
                answer = (await desk.alice.post(f"/outgoing-webhooks/{made['id']}/test")).json()
                assert (answer["ok"], answer["status"]) == (False, None), host
            body = {**HOOK, "url": f"http://127.0.0.1:{port}/"}
            made = (await desk.alice.post("/outgoing-webhooks", body)).json()
            answer = (await desk.alice.post(f"/outgoing-webhooks/{made['id']}/test")).json()
            assert answer["error"] == f"port {port}"
        assert inside.connections == 0


async def test_a_failed_delivery_is_listed_and_sent_again(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        made = (await desk.alice.post("/outgoing-webhooks", HOOK)).json()
        path = f"/outgoing-webhooks/{made['id']}"
        lost = str(await desk.failed_delivery(made["id"]))
        listed = (await desk.alice.get(f"{path}/deliveries?state=failed")).json()["data"]
        assert [(one["id"], one["error"]) for one in listed] == [(lost, "It was away")]
        again = await desk.alice.post(f"{path}/deliveries/{lost}/retry")
        assert (again.json()["state"], again.json()["error"]) == ("queued", None)
        assert (await desk.alice.post(f"{path}/deliveries/{lost}/retry")).status_code == 409
        other = (await desk.alice.post("/outgoing-webhooks", HOOK)).json()
        elsewhere = f"/outgoing-webhooks/{other['id']}/deliveries/{lost}/retry"
        assert (await desk.alice.post(elsewhere)).status_code == 404
        await desk.alice.patch(path, {"active": False})
        assert (await desk.alice.get(f"{path}/deliveries?state=queued")).json()["data"] == []
        assert (await desk.alice.post(f"{path}/deliveries/{lost}/retry")).status_code == 409


class Digesting:
    """A handler that digests nothing while it is ill."""

    def __init__(self) -> None:
        self.wrong: Exception | None = ValueError("still poison")
        self.entries: list[Entry] = []

    async def handle(self, entries: Sequence[Entry]) -> None:
        if self.wrong is not None:
            raise self.wrong
        self.entries += entries


async def test_a_parked_event_is_told_again_when_an_admin_asks(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        handler = Digesting()
        again = ParkedEvents(store, {"search": handler.handle})
        parked = str(await desk.parked_event())
        other = str(await desk.parked_event("somebody else"))
        await numbered(store)
        listed = await shown(desk)
        assert [(one["id"], one["consumer"], one["type"]) for one in listed] == [
            (other, "somebody else", "ticket_opened"),
            (parked, "search", "ticket_opened"),
        ]
        assert listed[1]["reason"] == "ValueError('poison')"
        assert await again.turn() == 0
        assert [one["obstacle"] for one in listed] == ["consumer_off", None]
        assert (await desk.alice.post(f"/parked-events/{other}/retry")).status_code == 409
        assert (await desk.alice.post(f"/parked-events/{parked}/retry")).json()["retrying"]
        assert await again.turn() == 1
        failed = next(one for one in await shown(desk) if one["id"] == parked)
        assert (failed["reason"], failed["retrying"]) == ("ValueError('still poison')", False)
        handler.wrong = Unavailable()
        await desk.alice.post(f"/parked-events/{parked}/retry")
        try:
            await again.turn()
        except Unavailable:
            handler.wrong = None
        async with store.write(desk.people.workspace_id) as db:
            await db.execute("UPDATE parked_events SET retry_at = now() WHERE retry_at IS NOT NULL")
        assert await again.turn() == 1
        assert [(entry.seq, entry.type) for entry in handler.entries] == [(1, "ticket_opened")]
        assert [one["id"] for one in await shown(desk)] == [other]


async def test_a_parked_event_that_is_gone_says_so(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        place = log.Place(0, 1, desk.people.workspace_id, new_id(), 1)
        await log.park(store, "search", place, ValueError("poison"))
        (listed,) = await shown(desk)
        assert (listed["type"], listed["obstacle"]) == (None, "event_gone")
        refused = await desk.alice.post(f"/parked-events/{listed['id']}/retry")
        assert (refused.status_code, (await shown(desk))[0]["retrying"]) == (409, False)


async def shown(desk: Any) -> list[Any]:
    found: list[Any] = (await desk.alice.get("/parked-events")).json()["data"]
    return found


async def test_the_retrying_runs_by_itself(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        handler = Digesting()
        handler.wrong = None
        parked = await desk.parked_event()
        await desk.alice.post(f"/parked-events/{parked}/retry")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ParkedEvents(store, {"search": handler.handle}).run)
            with anyio.fail_after(60):
                while await shown(desk):  # noqa: ASYNC110 (it asks by HTTP)
                    await anyio.sleep(0.05)
            tasks.cancel_scope.cancel()
    assert len(handler.entries) == 1
