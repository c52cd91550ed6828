"""Rows I1, I5, J2, W4: every route of the API with every kind of person, against one table of rights.

The routes come from the declarations, so a new one that is missing in the table fails here. Each
is asked with ids of things that are really there, so that "not found" means a right, not a typo.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest

from server.domain.identity import Agent
from server.http.api import OPERATIONS
from server.http.operation import Operation
from server.store.pool import Store
from tests.http_desk import Client, HttpDesk, serving

Who = Literal["nobody", "visitor", "light", "stranger", "agent", "admin", "charlie"]
PEOPLE: tuple[Who, ...] = ("nobody", "visitor", "light", "stranger", "agent", "admin", "charlie")

OK, SIGN_IN, NO, NONE = "ok", 401, 403, 404
Row = dict[Who, Any]


def row(light: Any, stranger: Any, agent: Any, admin: Any, charlie: Any = OK) -> Row:
    """Rights on a route of the desk; nobody signs in first, a visitor finds nothing there."""
    return {
        "nobody": SIGN_IN, "visitor": NONE, "light": light, "stranger": stranger,
        "agent": agent, "admin": admin, "charlie": charlie,
    }  # fmt: skip


EVERYBODY = row(OK, OK, OK, OK)  # lists and one's own account: each sees their own
READ_ONE = row(OK, OK, OK, OK, NONE)  # a thing of the workspace
IN_INBOX = row(OK, NONE, OK, OK, NONE)  # a thing that came in through an inbox
WORK = row(NO, OK, OK, OK)
WORK_ON_ONE = row(NO, OK, OK, OK, NONE)
WORK_IN_INBOX = row(NO, NONE, OK, OK, NONE)
MANAGE = row(NO, NO, NO, OK)
MANAGE_ONE = row(NO, NO, NO, OK, NONE)
OF_BOB = row(NO, NO, OK, OK, NONE)  # Bob's tokens: his own, and an admin's to see and end
BY_BOB = row(NO, NO, OK, NO, NONE)
PUBLIC: Row = dict.fromkeys(PEOPLE, OK)
WIDGET: Row = {**dict.fromkeys(PEOPLE, SIGN_IN), "visitor": OK}

TABLE: dict[str, Row] = {
    "agents.list_agents": EVERYBODY,
    "agents.add": MANAGE,
    "agents.read_me": EVERYBODY,
    "agents.read": READ_ONE,
    "agents.change": MANAGE_ONE,
    "agents.set_password": MANAGE_ONE,
    "articles.list_articles": EVERYBODY,
    "articles.add": WORK,
    "articles.read": {**PUBLIC, "nobody": NONE, "visitor": NONE, "charlie": NONE},  # a draft
    "articles.change": WORK_ON_ONE,
    "articles.remove": WORK_ON_ONE,
    "articles.list_categories": EVERYBODY,
    "attachments.upload": EVERYBODY,
    "attachments.read": row(OK, NONE, OK, OK, NONE),
    "attachments.read_content": dict.fromkeys(PEOPLE, NONE),  # the link is the right; none is given
    "calendars.list_calendars": EVERYBODY,
    "calendars.add": MANAGE,
    "calendars.preview": EVERYBODY,
    "calendars.read": READ_ONE,
    "calendars.change": MANAGE_ONE,
    "calendars.remove": MANAGE_ONE,
    "calendars.list_holidays": READ_ONE,
    "calendars.list_holiday_countries": EVERYBODY,
    "consents.ask": row(NO, NO, NO, 422, NONE),  # the inbox has no provider
    "consents.give": row(NO, NO, NO, 422, 422),  # nobody has asked
    "customers.list_customers": EVERYBODY,
    "customers.add": WORK,
    "customers.read": READ_ONE,
    "customers.change": WORK_ON_ONE,
    "customers.merge": row(NO, 422, 422, 422, NONE),  # with nobody
    "customers.list_tickets": READ_ONE,
    "images.list_images": IN_INBOX,
    "images.read": dict.fromkeys(PEOPLE, NONE),  # the link is the right; none is given
    "inboxes.list_inboxes": EVERYBODY,
    "inboxes.add": MANAGE,
    "inboxes.read": IN_INBOX,
    "inboxes.change": MANAGE_ONE,
    "inboxes.remove": MANAGE_ONE,
    "inboxes.rotate_token": MANAGE_ONE,
    "interactions.list_interactions": IN_INBOX,
    "interactions.list_events": IN_INBOX,
    "interactions.say": IN_INBOX,  # a note; the message is tried below
    "mailboxes.list_mailboxes": MANAGE,
    "mailboxes.read_relay": MANAGE,
    "mailboxes.try_settings": row(NO, NO, NO, 422, NONE),  # the inbox has no server
    "mails.list_of_ticket": IN_INBOX,
    "mails.list_mails": MANAGE,
    "mails.read_raw": IN_INBOX,
    "mails.retry": row(NO, NONE, NO, OK, NONE),  # a parked one; what failed to leave is tried elsewhere
    "notifications.list_notifications": EVERYBODY,
    "notifications.mark_read": row(NONE, NONE, OK, NONE, NONE),  # Bob's own
    "notifications.mark_all_read": EVERYBODY,
    "notifications.read_settings": EVERYBODY,
    "notifications.change_settings": EVERYBODY,
    "outgoing_webhooks.list_webhooks": MANAGE,
    "outgoing_webhooks.add": MANAGE,
    "outgoing_webhooks.read": MANAGE_ONE,
    "outgoing_webhooks.change": MANAGE_ONE,
    "outgoing_webhooks.remove": MANAGE_ONE,
    "outgoing_webhooks.rotate_secret": MANAGE_ONE,
    "outgoing_webhooks.ping": MANAGE_ONE,
    "outgoing_webhooks.list_deliveries": MANAGE_ONE,
    "outgoing_webhooks.retry": MANAGE_ONE,
    "parked_events.list_parked": MANAGE,
    "parked_events.retry": MANAGE_ONE,
    "pause_reasons.list_reasons": EVERYBODY,
    "pause_reasons.add": MANAGE,
    "pause_reasons.read": READ_ONE,
    "pause_reasons.change": MANAGE_ONE,
    "pause_reasons.remove": MANAGE_ONE,
    "reports.read_ageing": EVERYBODY,
    "reports.read_backlog": EVERYBODY,
    "reports.read_breaches": EVERYBODY,
    "reports.read_durations": EVERYBODY,
    "reports.read_sla_compliance": EVERYBODY,
    "reports.read_volume": EVERYBODY,
    "session.sign_in": dict.fromkeys(PEOPLE, SIGN_IN),  # with a wrong password
    "session.read": EVERYBODY,
    "session.sign_out": EVERYBODY,
    "session.change_password": row(422, 422, 422, 422, 422),  # the current one is wrong
    "sla_explanations.read": IN_INBOX,
    "sla_policies.list_policies": EVERYBODY,
    "sla_policies.read_order": EVERYBODY,
    "sla_policies.change_order": row(NO, NO, NO, 409, OK),  # none of ours is named; Charlie has none
    "sla_policies.add": MANAGE,
    "sla_policies.read": READ_ONE,
    "sla_policies.change": MANAGE_ONE,
    "sla_policies.remove": MANAGE_ONE,
    "sla_trials.add": MANAGE,
    "sla_trials.list_trials": MANAGE,
    "sla_trials.read": MANAGE_ONE,
    "sla_trials.remove": MANAGE_ONE,
    "tags.list_tags": EVERYBODY,
    "tags.add": WORK,
    "tags.remove": MANAGE_ONE,
    "teams.list_teams": EVERYBODY,
    "teams.add": MANAGE,
    "teams.read": READ_ONE,
    "teams.change": MANAGE_ONE,
    "teams.remove": MANAGE_ONE,
    "tickets.list_tickets": EVERYBODY,
    "tickets.list_mine": EVERYBODY,
    # Olga has no inbox to open one in; Charlie's workspace has none at all.
    "tickets.open_ticket": row(NO, 422, OK, OK, 422),
    "tickets.read": IN_INBOX,
    "tickets.change": WORK_IN_INBOX,
    "tickets.change_status": WORK_IN_INBOX,
    "tickets.assign": WORK_IN_INBOX,
    "tickets.set_participants": WORK_IN_INBOX,
    "tokens.list_tokens": OF_BOB,
    "tokens.make": BY_BOB,
    "tokens.revoke": OF_BOB,
    "webhooks.receive_mail": dict.fromkeys(PEOPLE, SIGN_IN),  # nobody here has the inbox's token
    "widget.start": PUBLIC,
    "widget.look": WIDGET,
    "widget.upload": WIDGET,
    "widget.end": WIDGET,
    "workspace.read": EVERYBODY,
    "workspace.change": MANAGE,
    "workspace.list_views": EVERYBODY,
}

HOURS = {"monday": [{"start": "09:00", "end": "17:00"}]}
BODIES: dict[str, Any] = {
    "notifications.change_settings": {"mail": True},
    "agents.add": {"name": "New", "email": "new@desk.test"},
    "agents.change": {"name": "Robert"},
    "agents.set_password": {"password": "long enough"},
    "articles.add": {"title": "New", "content": "x"},
    "articles.change": {"title": "Changed"},
    "calendars.add": {"name": "New", "time_zone": "UTC", "hours": HOURS},
    "calendars.preview": {"time_zone": "UTC", "hours": HOURS, "from": "2026-11-23T09:00:00Z", "minutes": 9},
    "calendars.change": {"name": "Changed"},
    "consents.give": {"code": "code", "state": "state"},
    "customers.add": {"name": "New"},
    "customers.change": {"company": "Changed"},
    "customers.merge": {"into": "00000000-0000-4000-8000-000000000000"},
    "inboxes.add": {"name": "New", "channel": "api"},
    "inboxes.change": {"name": "Changed"},
    "interactions.say": {"type": "note", "content": "Seen"},
    "mailboxes.try_settings": {"what": "imap"},
    "outgoing_webhooks.add": {"name": "New", "url": "https://hooks.x.test/"},
    "outgoing_webhooks.change": {"name": "Changed"},
    "pause_reasons.add": {"name": "New"},
    "pause_reasons.change": {"name": "Changed"},
    "session.sign_in": {"email": "bob@desk.test", "password": "wrong"},
    "session.change_password": {"current_password": "wrong", "new_password": "long enough"},
    "sla_policies.add": {"name": "New", "priority_level": "low", "resolution_time_hours": 4},
    "sla_policies.change": {"name": "Changed"},
    "sla_trials.add": {"from": "2026-01-01T00:00:00Z", "policies": []},
    "sla_policies.change_order": {"ids": []},
    "tags.add": {"name": "new"},
    "teams.add": {"name": "New"},
    "teams.change": {"name": "Changed"},
    "tickets.open_ticket": {"subject": "New", "description": "x", "customer": {"email": "d@x.test"}},
    "tickets.change": {"priority": "low"},
    "tickets.change_status": {"status": "open"},
    "tickets.assign": {"team_id": None},
    "tickets.set_participants": {"emails": ["ben@customer.test"]},
    "tokens.make": {"name": "New"},
    "workspace.change": {"name": "Changed"},
}


def test_every_route_is_in_the_table() -> None:
    assert {it.name for it in OPERATIONS} == set(TABLE)


class Things:
    """Ids of things of our workspace, by the section whose routes name them."""

    def __init__(self, desk: HttpDesk) -> None:
        self._desk = desk

    async def make(self, it: Operation) -> dict[str, str]:
        """The parts of a route's path: something fresh wherever the route might end it."""
        desk, people = self._desk, self._desk.people
        match it.section:
            case "agents":
                return {"id": str(people.bob.id)}
            case "articles":
                return {"id": await self._id("/knowledge-base/articles", title="Draft", content="x")}
            case "attachments":
                return {"id": await self._attached()}
            case "calendars":
                more = {"time_zone": "UTC", "hours": HOURS}
                return {"id": await self._id("/calendars", name=secrets.token_hex(4), **more)}
            case "customers":
                return {"id": str(people.carla.id)}
            case "images":
                ticket = await desk.ticket()
                said = (await desk.bob.get(f"/tickets/{ticket}/interactions")).json()["data"]
                return {"id": str(ticket), "interaction_id": said[0]["id"]}
            case "inboxes" | "mailboxes" | "consents":
                return {"id": str(await self._inbox())}
            case "mails" if it.path.startswith("/mails"):
                return {"id": str(await desk.parked_mail(people.chat, await desk.ticket()))}
            case "interactions" | "mails" | "sla_explanations" | "tickets":
                return {"id": str(await desk.ticket())}
            case "notifications":
                return {"id": str(await desk.notification(people.bob))}
            case "outgoing_webhooks":
                made = await self._id("/outgoing-webhooks", name="Hook", url="https://hooks.x.test/")
                return {"id": made, "delivery_id": str(await desk.failed_delivery(UUID(made)))}
            case "parked_events":
                return {"id": str(await desk.parked_event())}
            case "pause_reasons":
                return {"id": await self._id("/pause-reasons", name=secrets.token_hex(4))}
            case "sla_policies":
                body = {"name": "P", "priority_level": "low", "resolution_time_hours": 2}
                return {"id": await self._id("/sla-policies", **body)}
            case "sla_trials" if it.path_type is not None:
                return {"id": await self._trial()}
            case "tags":
                return {"id": await self._id("/tags", name=secrets.token_hex(4))}
            case "teams":
                return {"id": await self._id("/teams", name=secrets.token_hex(4))}
            case "tokens":
                made = await desk.bob.post(f"/agents/{people.bob.id}/tokens", {"name": "T"})
                return {"id": str(people.bob.id), "token_id": made.json()["id"]}
            case _:
                return {}

    async def _id(self, path: str, **body: Any) -> str:
        made = await self._desk.alice.post(path, body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def _trial(self) -> str:
        """The only one that is under way."""
        for trial in (await self._desk.alice.get("/sla-trials")).json()["data"]:
            await self._desk.alice.delete(f"/sla-trials/{trial['id']}")
        made = await self._desk.alice.post("/sla-trials", BODIES["sla_trials.add"])
        return str(made.json()["id"])

    async def _inbox(self) -> str:
        members = [str(agent.id) for agent in (self._desk.people.bob, self._desk.people.lou)]
        return await self._id("/inboxes", name="Doomed", channel="api", agent_ids=members)

    async def _attached(self) -> str:
        ticket = await self._desk.ticket()
        sent = await self._desk.bob.post("/attachments", files={"file": ("a.txt", b"a")})
        said = {"type": "message", "content": "", "attachment_ids": [sent.json()["id"]]}
        made = await self._desk.bob.post(f"/tickets/{ticket}/interactions", said)
        assert made.status_code == 201, made.text
        return str(sent.json()["id"])


async def as_person(desk: HttpDesk, who: Who) -> Client:
    """A person with credentials of their own, which a route may end."""
    people = desk.people
    agents: dict[Who, Agent] = {
        "light": people.lou,
        "stranger": people.olga,
        "agent": people.bob,
        "admin": people.alice,
        "charlie": people.charlie,
    }
    if who == "nobody":
        return desk.client()
    if who == "visitor":
        started = await desk.nobody.post("/widget/sessions", {"inbox_id": str(people.chat)})
        return desk.client(started.json()["token"])
    return desk.client(await desk.token_of(agents[who]))


async def ask(desk: HttpDesk, client: Client, it: Operation, things: Things) -> int:
    path = it.path.format(**await things.make(it))
    more: dict[str, Any] = {}
    if it.takes_upload:
        more["files"] = {"file": ("a.txt", b"hello")}
    elif it.name == "webhooks.receive_mail":
        path += f"?inbox={desk.people.mail}"
        more = {"content": b"Subject: x\r\n\r\nx", "headers": {"content-type": "message/rfc822"}}
    elif it.name == "widget.start":
        more["json"] = {"inbox_id": str(desk.people.chat)}
    elif it.body_type is not None:
        more["json"] = BODIES[it.name]
    elif it.name == "attachments.read_content":
        path += "?expires=9999999999&sig=none"
    elif it.name == "images.read":
        path += f"?url=http://x.test/&interaction={desk.people.chat}&expires=9999999999&sig=none"
    return (await client.ask(it.method, path, **more)).status_code


@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", PEOPLE)
async def test_every_route_answers_as_the_table_says(store: Store, tmp_path: Path, who: Who) -> None:
    wrong = {}
    async with serving(store, tmp_path, rate_widget_sessions_ip="1000/minute") as desk:
        things = Things(desk)
        for it in OPERATIONS:
            client = await as_person(desk, who)
            answer = await ask(desk, client, it, things)
            expected = TABLE[it.name][who]
            if answer != expected and not (expected == OK and answer < 300):
                wrong[it.name] = (answer, expected)
    assert not wrong


@pytest.mark.parametrize("who", ["visitor", "charlie"])
async def test_what_is_not_theirs_looks_like_what_is_not_there(
    store: Store, tmp_path: Path, who: Who
) -> None:
    """The whole answer is the same, but for the request's own id."""
    async with serving(store, tmp_path) as desk:
        client = await as_person(desk, who)
        ticket, missing = await desk.ticket(), "01900000-0000-7000-8000-000000000000"
        for path in ("", "/interactions", "/events", "/mails", "/sla"):
            theirs = (await client.get(f"/tickets/{ticket}{path}")).json()
            none = (await client.get(f"/tickets/{missing}{path}")).json()
            theirs.pop("request_id"), none.pop("request_id")
            assert theirs == none


async def test_a_light_agent_notes_and_does_not_write_to_customers(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/tickets/{await desk.ticket()}/interactions"
        assert (await desk.lou.post(path, {"type": "note", "content": "x"})).status_code == 201
        assert (await desk.lou.post(path, {"type": "message", "content": "x"})).status_code == 403


async def test_no_answer_to_charlie_holds_a_word_of_ours(store: Store, tmp_path: Path) -> None:
    """Row I5: lists, searches and reports of another workspace."""
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket("xylophone")
        await desk.bob.post(f"/tickets/{ticket}/interactions", {"type": "note", "content": "xylophone"})
        await desk.alice.post("/knowledge-base/articles", {"title": "xylophone", "content": "xylophone"})
        await desk.alice.post("/tags", {"name": "xylophone"})
        await desk.alice.post("/customers", {"name": "xylophone", "email": "xylophone@x.test"})
        for it in OPERATIONS:
            if it.method != "GET" or it.path_type is not None:
                continue
            for query in ("", "?q=xylophone"):
                assert "xylophone" not in (await desk.charlie.get(it.path + query)).text
        assert "xylophone" in (await desk.bob.get("/customers?q=xylophone")).text
