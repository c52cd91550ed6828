"""Row I5: no search, list, report, article or live list of Charlie's has a word or an id of ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec

from server.http.api import OPERATIONS
from server.http.operation import Audience, Operation
from server.store.pool import Store
from tests.live.desk import LiveDesk, live_desk

WORD = "zwetschgendatschi"
PUBLISHED = "2026-01-01T00:00:00Z"


class Asker:
    """Somebody who asks the API with a token."""

    def __init__(self, client: httpx2.AsyncClient, workspace_id: object) -> None:
        self._client = client
        self.workspace_id = workspace_id

    async def get(self, path: str, **query: Any) -> httpx2.Response:
        return await self._client.get(path, params={k: str(v) for k, v in query.items()})

    async def make(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self._client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def upload(self) -> dict[str, Any]:
        answer = await self._client.post("attachments", files={"file": (f"{WORD}.txt", WORD.encode())})
        made: dict[str, Any] = answer.json()
        return made


@asynccontextmanager
async def asking(desk: LiveDesk, agent: Any) -> AsyncIterator[Asker]:
    headers = {"Authorization": f"Bearer {(await desk.token(agent))[1]}"}
    async with httpx2.AsyncClient(base_url=f"{desk.origin}/api/v1/", headers=headers, timeout=60) as client:
        yield Asker(client, agent.workspace_id)


async def plant(alice: Asker) -> dict[str, str]:
    """The word in everything that has a text; ids of ours, by the name of the filter that takes them."""
    address = f"{WORD}@customer.test"
    settings = {"greeting": WORD, "smtp": {"host": f"{WORD}.test", "username": WORD, "password": WORD}}
    inbox = await alice.make("inboxes", name=WORD, channel="email", address=address, settings=settings)
    team = await alice.make("teams", name=WORD)
    agent = await alice.make("agents", name=WORD, email=address, team_ids=[team["id"]])
    await alice.make("sla-policies", name=WORD, priority_level="low", resolution_time_hours=1)
    await alice.make("pause-reasons", name=WORD)
    hours = {"monday": [{"start": "09:00", "end": "17:00"}]}
    await alice.make("calendars", name=WORD, time_zone="UTC", hours=hours)
    customer = await alice.make(
        "customers", name=WORD, email=address, company=WORD, contact_info={WORD: WORD}
    )
    ticket = await alice.make(
        "tickets",
        subject=WORD,
        description=WORD,
        priority="low",
        customer_id=customer["id"],
        tags=[WORD],
        inbox_id=inbox["id"],
    )
    file = await alice.upload()
    for kind in ("note", "message"):
        await alice.make(
            f"tickets/{ticket['id']}/interactions",
            type=kind,
            content=WORD,
            attachment_ids=[file["id"]] if kind == "note" else [],
        )
    for published in (None, PUBLISHED):
        await alice.make(
            "knowledge-base/articles",
            title=WORD,
            content=WORD,
            category=WORD,
            tags=[WORD],
            published_at=published,
        )
    return {
        "customer_id": customer["id"],
        "inbox_id": inbox["id"],
        "team_id": team["id"],
        "assignee_id": agent["id"],
        "ticket": ticket["id"],
    }


def lists() -> list[Operation]:
    """Every operation of the desk's that reads, and names nothing in its path."""
    reads = [it for it in OPERATIONS if it.method == "GET" and "{" not in it.path]
    return [it for it in reads if it.audience is not Audience.WIDGET]


def queries(it: Operation, ids: dict[str, str], cursor: str) -> list[dict[str, str]]:
    """Queries that ask for ours: by word, by name, by id, and by going on where we stopped."""
    fields: set[str] = set()
    if it.query_type is not None:
        fields = {field.encode_name for field in msgspec.structs.fields(it.query_type)}
    by_word = dict.fromkeys(("q", "tag", "category", "email"), WORD)
    asked = {**by_word, **ids, "group_by": "policy,team,priority,day", "page[after]": cursor}
    return [{}, *({name: value} for name, value in asked.items() if name in fields)]


async def test_charlie_finds_nothing_of_ours(store: Store) -> None:
    async with live_desk(store, follow=True) as desk:
        people = desk.people
        async with asking(desk, people.alice) as alice, asking(desk, people.charlie) as charlie:
            own = await charlie.make("inboxes", name="Theirs", channel="chat")
            listener = await desk.agent(people.charlie)
            for room in ("agents", f"inbox:{own['id']}"):
                await listener.say("join", room=room, since=0)
                await listener.hear("joined", room=room)
            ids = await plant(alice)
            page = (await alice.get("tickets", **{"page[size]": 1, "sort": "subject"})).json()
            await alice.make("tickets", subject=WORD, description=WORD, inbox_id=ids["inbox_id"])
            cursor = (await alice.get("tickets", **{"page[size]": 1})).json()["meta"]["after_cursor"]
            assert WORD in json.dumps(page), "there is something to find"

            found = {}
            for it in lists():
                for query in queries(it, ids, cursor):
                    answer = await charlie.get(it.path[1:], **query)
                    assert answer.status_code in (200, 422), (it.path, query)
                    found[it.path, *query.items()] = answer.text
            for path in (f"/help/{people.other_workspace_id}/", f"/help/{people.other_workspace_id}/{WORD}"):
                async with httpx2.AsyncClient(base_url=desk.origin, timeout=60) as reader:
                    found[path, "q"] = (await reader.get(path, params={"q": WORD})).text.replace(
                        f'value="{WORD}"', ""
                    )
            mine = await charlie.make("tickets", subject="First", description="x", inbox_id=own["id"])
            assert mine["number"] == 1
            await listener.hear("ticket", room=f"inbox:{own['id']}")
            found["live", "lists"] = json.dumps(listener.heard)
            told = [where for where, text in found.items() if any(w in text for w in (WORD, *ids.values()))]
            assert told == []
            assert {frame["ticket"]["id"] for frame in listener.all("ticket")} == {mine["id"]}
