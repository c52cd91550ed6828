"""Mail over HTTP: a ticket's log, the bytes as they came, parked and failed mail, mailboxes, trials."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from connectors.fetch.fetch import Fetcher
from connectors.trials import Trials
from server.clock import new_id
from server.domain.authentication import Authentication
from server.domain.inbound import Person
from server.domain.mail import Head
from server.domain.mail_resources import TrialStep
from server.domain.resources import Inbox
from server.intake import Intake
from server.store import mails
from server.store.mails import Done
from server.store.pool import Store
from server.store.vault import Secrets, Vault
from tests.channels.office import mail
from tests.channels.office import running as running_office
from tests.http_desk import SECRET_KEY, HttpDesk, serving

RAW = mail("<script>alert(1)</script>", subject="Hello")
HEAD = Head(
    Person("Carla", "carla@customer.test"),
    (Person("Support", "support@example.test"),),
    (Person("", "dora@customer.test"),),
    auto="vacation",
    authentication=Authentication("pass", "pass", "fail", "relay", wants_refusal=True),
    forged=True,
)


async def taken(desk: HttpDesk, ticket: UUID, raw: bytes = RAW) -> UUID:
    """A mail that was taken in as the first thing said in a ticket."""
    people = desk.people
    said = (await desk.bob.get(f"/tickets/{ticket}/interactions")).json()["data"][0]["id"]
    mail_id = await desk.parked_mail(people.mail, ticket, raw)
    done = Done(mail_id, ticket, UUID(said), "auto_reply", ("a charset that lies",), None, HEAD)
    async with desk.state.store.write(people.workspace_id) as db:
        await mails.finish(db, people.workspace_id, [done])
    return mail_id


async def failed(desk: HttpDesk, ticket: UUID) -> str:
    """A reply that its relay refused; the id of what was said."""
    said = await desk.bob.post(f"/tickets/{ticket}/interactions", {"type": "message", "content": "Yes"})
    interaction = str(said.json()["id"])
    async with desk.state.store.write(desk.people.workspace_id) as db:
        await db.execute(
            "INSERT INTO outgoing_mails"
            " (workspace_id, interaction_id, ticket_id, inbox_id, message_id, state, error)"
            " VALUES ($1, $2, $3, $4, '<1@x>', 'failed', '550 no such user')",
            desk.people.workspace_id,
            UUID(interaction),
            ticket,
            desk.people.chat,
        )
    return interaction


async def test_the_log_of_a_ticket_says_what_came_and_what_left(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        mail_id = await taken(desk, ticket)
        interaction = await failed(desk, ticket)
        came, left = (await desk.bob.get(f"/tickets/{ticket}/mails")).json()["data"]
        assert (came["id"], came["direction"], came["state"], came["class"]) == (
            str(mail_id), "in", "done", "auto_reply",
        )  # fmt: skip
        assert came["from"] == {"name": "Carla", "email": "carla@customer.test"}
        assert came["to"] == [{"name": "Support", "email": "support@example.test"}]
        assert came["cc"] == [{"name": "", "email": "dora@customer.test"}]
        assert came["authentication"] == {"spf": "pass", "dkim": "pass", "dmarc": "fail", "source": "relay"}
        assert (came["forged"], came["verified_sender"], came["auto"]) == (True, False, "vacation")
        assert (came["defects"], came["size_bytes"]) == (["a charset that lies"], len(RAW))
        assert (left["id"], left["direction"], left["state"]) == (interaction, "out", "failed")
        assert (left["error"], left["raw_url"]) == ("550 no such user", None)
        assert left["to"][0]["name"] == "Vic"


async def test_a_raw_mail_is_a_file_and_never_a_page(store: Store, tmp_path: Path) -> None:
    """Row X2: whatever the mail holds, a browser keeps it and shows nothing."""
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        await taken(desk, ticket)
        [came] = (await desk.bob.get(f"/tickets/{ticket}/mails")).json()["data"]
        answer = await desk.bob.get("/" + came["raw_url"])
        assert (answer.status_code, answer.content) == (200, RAW)
        headers = answer.headers
        assert headers["content-type"] == "message/rfc822"
        assert headers["content-disposition"] == f'attachment; filename="mail-{came["id"]}.eml"'
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'; sandbox;")
        assert headers["cache-control"] == "private, no-store"
        for other in (desk.olga, desk.charlie, desk.vic):
            assert (await other.get("/" + came["raw_url"])).status_code == 404
        assert (await desk.nobody.get("/" + came["raw_url"])).status_code == 401


async def test_parked_mails_come_in_pages_the_newest_first(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        parked = [str(await desk.parked_mail(desk.people.mail, None)) for _ in range(3)]
        found, path = [], "/mails?state=parked&page[size]=2"
        while path:
            page = (await desk.alice.get(path)).json()
            found += [one["id"] for one in page["data"]]
            path = (page["links"]["next"] or "").removeprefix("/api/v1")
        assert found == parked[::-1]
        [newest, *_] = (await desk.alice.get("/mails")).json()["data"]
        assert newest["from"] == {"name": "", "email": "sender@x.test"}
        assert newest["to"] == [{"name": "", "email": "support@desk.test"}]
        assert newest["error"] == "It cannot be read."
        assert (await desk.charlie.get("/mails")).json()["data"] == []
        assert (await desk.bob.get("/mails")).status_code == 403


async def test_a_reply_that_failed_is_sent_again_by_whoever_may_answer(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        interaction = await failed(desk, await desk.ticket())
        [listed] = (await desk.alice.get("/mails?state=failed")).json()["data"]
        assert listed["id"] == interaction
        path = f"/mails/{interaction}/retry"
        for who, status in ((desk.lou, 403), (desk.olga, 404), (desk.charlie, 404), (desk.bob, 200)):
            answer = await who.post(path)
            assert answer.status_code == status
        assert (answer.json()["state"], answer.json()["attempts"]) == ("queued", 0)
        assert (await desk.bob.post(path)).status_code == 409
        assert (await desk.alice.get(f"/mails/{interaction}/raw")).status_code == 404


async def test_a_parked_mail_that_is_tried_again_becomes_a_ticket(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = Intake._take_one

    async def poisoned(*_: Any) -> Done:
        raise ZeroDivisionError

    async with running_office(store, tmp_path) as office:
        monkeypatch.setattr(Intake, "_take_one", poisoned)
        mail_id = new_id()
        workspace_id, inbox = office.desk.workspace_id, office.desk.mail
        await office.post.receiver.store([mails.NewMail(workspace_id, mail_id, inbox, "smtp", RAW)])
        async with store.write(workspace_id) as db:
            await db.execute("UPDATE raw_mails SET attempts = 4")
        await office.settled(1)
        [told] = await office.tickets()
        assert told["subject"] == "A mail that could not be read"
        monkeypatch.setattr(Intake, "_take_one", healthy)
        async with serving(store, tmp_path / "web", people=office.desk) as desk:
            answer = await desk.alice.post(f"/mails/{mail_id}/retry")
            assert (answer.status_code, answer.json()["state"]) == (200, "received")
            [row] = await office.settled(1)
            assert row["state"] == "done"
            assert [ticket["subject"] for ticket in await office.tickets()] == [told["subject"], "Hello"]


IMAP = {"host": "imap.x.test", "username": "us", "password": "s3cret", "security": "none", "port": 143}


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"after_import": {"move_to": "inbox"}}, "after_import/move_to"),
        ({"folders": ["Done"], "after_import": {"move_to": "Done"}}, "after_import/move_to"),
        ({"folders": ["Inbox"]}, "folders"),
        ({"folder": "", "folders": ["A", "A"]}, "folders"),
    ],
)
async def test_no_mail_is_fetched_from_where_it_is_moved_to(
    store: Store, tmp_path: Path, more: dict[str, Any], pointer: str
) -> None:
    async with serving(store, tmp_path) as desk:
        settings = {"imap": {**IMAP, **more}}
        new = {"name": "New", "channel": "email", "address": "new@x.test", "settings": settings}
        for answer in (
            await desk.alice.post("/inboxes", new),
            await desk.alice.patch(f"/inboxes/{desk.people.mail}", {"settings": settings}),
        ):
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == f"/settings/imap/{pointer}"


async def with_imap(desk: HttpDesk) -> str:
    """The mail inbox, which has a mailbox to fetch from now on."""
    answer = await desk.alice.patch(f"/inboxes/{desk.people.mail}", {"settings": {"imap": IMAP}})
    assert answer.status_code == 200, answer.text
    return str(desk.people.mail)


async def test_mailboxes_say_how_they_are(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.alice.get("/mailboxes")).json()["data"] == []
        inbox = await with_imap(desk)
        [unseen] = (await desk.alice.get("/mailboxes")).json()["data"]
        assert (unseen["inbox_id"], unseen["folder"], unseen["lag_seconds"]) == (inbox, None, None)
        async with store.write(desk.people.workspace_id) as db:
            await db.execute(
                "INSERT INTO mailboxes"
                " (workspace_id, inbox_id, mailbox, folder, fetched, waiting, last_seen_at, error) VALUES"
                " ($1, $2, 'us@x:143/Sales', 'Sales', 7, 2, now() - interval '90 seconds', 'Gone away')",
                desk.people.workspace_id,
                desk.people.mail,
            )
        [seen] = (await desk.alice.get("/mailboxes")).json()["data"]
        assert (seen["folder"], seen["fetched"], seen["waiting"]) == ("Sales", 7, 2)
        assert (seen["error"], seen["missing"]) == ("Gone away", None)
        assert 90 <= seen["lag_seconds"] < 1000
        assert (await desk.charlie.get("/mailboxes")).json()["data"] == []


async def test_a_trial_tells_its_steps_and_never_a_password(store: Store, tmp_path: Path) -> None:
    async def trial(_: UUID, inbox: Inbox, secrets: Secrets) -> list[TrialStep]:
        assert inbox.settings.imap is not None
        return [
            TrialStep(name="connect", ok=True, detail=inbox.settings.imap.host),
            TrialStep(name="sign in", ok=False, detail=f"LOGIN us {secrets.imap_password}: no"),
        ]

    async with serving(store, tmp_path, trials={"imap": trial}) as desk:
        path = f"/inboxes/{await with_imap(desk)}/test"
        answer = await desk.alice.post(path, {"what": "imap"})
        assert answer.json() == {
            "ok": False,
            "steps": [
                {"name": "connect", "ok": True, "detail": "imap.x.test"},
                {"name": "sign in", "ok": False, "detail": "LOGIN us …: no"},
            ],
        }
        assert (await desk.alice.post(path, {"what": "smtp"})).status_code == 422
        assert (await desk.bob.post(path, {"what": "imap"})).status_code == 403
        assert (await desk.charlie.post(path, {"what": "imap"})).status_code == 404
        answers = [(await desk.alice.post(path, {"what": "imap"})).status_code for _ in range(20)]
        assert answers[-1] == 429


async def test_the_trials_of_a_running_desk_say_where_they_stop(store: Store, tmp_path: Path) -> None:
    """A port that nobody listens on, on our own machine: one's own mail servers may well be there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    trials = Trials(store, Vault(SECRET_KEY), Fetcher())
    async with serving(store, tmp_path, trials={"imap": trials.imap, "smtp": trials.smtp}) as desk:
        here = {**IMAP, "host": "127.0.0.1", "port": port}
        path = f"/inboxes/{desk.people.mail}"
        answer = await desk.alice.patch(path, {"settings": {"imap": here, "smtp": here}})
        assert answer.status_code == 200, answer.text
        for what in ("imap", "smtp"):
            told = (await desk.alice.post(f"{path}/test", {"what": what})).json()
            assert told["ok"] is False
            steps = [(step["name"], step["ok"]) for step in told["steps"]]
            assert steps == [("resolve", True), ("connect", False)]


async def test_a_trial_that_hangs_ends(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> list[TrialStep]:
        await asyncio.sleep(3600)
        return []

    monkeypatch.setattr("server.http.api.mailboxes.TRIAL_SECONDS", 0.05)
    async with serving(store, tmp_path, trials={"imap": hang}) as desk:
        answer = await desk.alice.post(f"/inboxes/{await with_imap(desk)}/test", {"what": "imap"})
        assert answer.json()["ok"] is False
        assert answer.json()["steps"][-1]["name"] == "answer"


async def test_an_admin_may_know_which_relay_the_desk_has_and_not_its_password(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.alice.get("/mail-relay")).json() == {"host": None}
        assert (await desk.bob.get("/mail-relay")).status_code == 403
    relay = "smtp+starttls://us:hush@relay.test:587"
    async with serving(store, tmp_path, people=desk.people, smtp_relay_url=relay) as with_one:
        assert (await with_one.alice.get("/mail-relay")).text == '{"host":"relay.test"}'
