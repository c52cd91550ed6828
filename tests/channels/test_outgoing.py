"""Agents' replies leave by mail: rightly threaded, once, and visibly when they do not."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.mail.address import subject_token
from connectors.mail.parse import parse
from connectors.outgoing.sender import pause
from connectors.post_office import token_secret
from server.domain.commands import AddInteraction, Envelope
from server.store.pool import Store
from tests.channels.office import ADDRESS, SECRET, Office, mail, running, until
from tests.channels.sink import Sink
from tests.people import says


async def receive(office: Office, raw: bytes, mails: int) -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as smtp:
            smtp.sendmail("carla@customer.test", [ADDRESS], raw)

    await asyncio.to_thread(send)
    await office.settled(mails)


async def use_relay(office: Office, port: int, signature: str = "") -> None:
    smtp = {"host": "127.0.0.1", "port": port, "username": "", "security": "none"}
    settings = msgspec.json.encode({"smtp": smtp, "signature": signature}).decode()
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute("UPDATE inboxes SET settings = $2 WHERE id = $1", office.desk.mail, settings)


async def answer(office: Office, text: str, kind: str = "message") -> None:
    [ticket] = await office.tickets()
    await office.handle.submit(Envelope(office.desk.bob, AddInteraction(ticket["id"], says(text, kind=kind))))
    await office.tell_log()


async def outgoing(office: Office, state: str) -> dict[str, object]:
    async def look() -> object:
        sql = (
            "SELECT * FROM outgoing_mails WHERE workspace_id = $1 AND state = $2"
            " AND (error IS NOT NULL OR sent_at IS NOT NULL)"
        )
        return await office.rows(sql, state)

    [row] = await until(look)
    assert row["state"] == state
    return dict(row)


async def test_a_reply_arrives_threaded_and_the_answer_to_it_comes_home(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port, signature="The Support Team")
        await receive(
            office, mail(subject="Re: Drucker für März", more="References: <0@customer.test>\r\n"), 1
        )
        await answer(office, "Wir löschen ihn.\n.\nBis gleich")
        await until(lambda: asyncio.sleep(0, sink.mails))
        got = parse(sink.mails[0])
        assert sink.envelopes == [(ADDRESS, ["carla@customer.test"])]
        assert (got.sender.name, got.sender.email) == ("Support", ADDRESS)
        assert [(to.name, to.email) for to in got.to] == [("Carla", "carla@customer.test")]
        token = subject_token(token_secret(SECRET), office.desk.workspace_id, 1)
        assert got.subject == f"Re: Drucker für März {token}"
        assert got.in_reply_to == "1@customer.test"
        assert got.references == ("1@customer.test",)
        assert got.text == "Wir löschen ihn.\n.\nBis gleich\n\n-- \nThe Support Team"
        assert got.defects == ()
        [reply_to] = got.reply_to
        home = mail("Danke.", subject="mangled", to=reply_to.email, message_id="<2@customer.test>")
        await receive(office, home, 2)
        by_thread = mail("Ja.", subject="x", message_id="<3@c>", more=f"In-Reply-To: <{got.message_id}>\r\n")
        await receive(office, by_thread, 3)
        [ticket] = await office.tickets()
        assert [row["content"] for row in await office.said(ticket["id"])][2:] == ["Danke.", "Ja."]


async def test_our_own_mail_that_comes_back_is_not_a_new_message(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        await until(lambda: asyncio.sleep(0, sink.mails))
        await receive(office, sink.mails[0], 2)
        assert [row["content"] for row in await office.said()] == ["My printer is on fire.", "Hello"]


async def test_notes_and_events_told_twice_send_nothing_more(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Only between us", kind="note")
        await answer(office, "Hello")
        await office.tell_log()
        await outgoing(office, "sent")
        await office.tell_log()
        assert [parse(raw).text for raw in sink.mails] == ["Hello"]


async def test_a_relay_that_puts_off_is_asked_again_with_the_same_message_id(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        sink.answers = ["451 later"]
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        waiting = await outgoing(office, "queued")
        assert "451" in str(waiting["error"])
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("UPDATE outgoing_mails SET next_attempt_at = now()")
        office.post.sender.wake()
        await until(lambda: asyncio.sleep(0, sink.mails))
        assert parse(sink.mails[0]).message_id == waiting["message_id"]


async def test_a_reply_that_is_refused_says_so_on_its_ticket(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        sink.answers = ["550 5.1.1 no such user"]
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        failed = await outgoing(office, "failed")
        assert failed["error"] == "550 5.1.1 no such user"
        note = (await office.said())[-1]
        assert (note["type"], note["content"]) == (
            "note",
            "A reply could not be sent by mail: 550 5.1.1 no such user",
        )


async def test_without_a_relay_the_ticket_says_so_once(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        await outgoing(office, "failed")
        await answer(office, "Hello?")

        async def both_failed() -> bool:
            rows = await office.rows("SELECT state FROM outgoing_mails WHERE workspace_id = $1")
            return [row["state"] for row in rows] == ["failed"] * 2

        await until(both_failed)
        notes = [row["content"] for row in await office.said() if row["type"] == "note"]
        assert len(notes) == 1
        assert "No SMTP relay is set" in notes[0]


async def test_a_relay_that_stalls_delays_no_other_inbox(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as slow, Sink().open() as quick, running(store, tmp_path) as office:
        slow.answers = [None]
        await use_relay(office, slow.port)
        await receive(office, mail(), 1)
        await answer(office, "Stalls")
        await until(lambda: asyncio.sleep(0, slow.connections))
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO inboxes (workspace_id, id, name, channel, address, settings)"
                " SELECT workspace_id, gen_random_uuid(), 'Sales', 'email', 'sales@example.test',"
                " jsonb_set(settings, '{smtp,port}', $2::jsonb) FROM inboxes WHERE id = $1",
                office.desk.mail,
                str(quick.port),
            )

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as smtp:
                smtp.sendmail("dora@c.test", ["sales@example.test"], mail("Offer?", message_id="<9@c>"))

        await asyncio.to_thread(send)
        await office.settled(2)
        second = (await office.tickets())[1]
        said = AddInteraction(second["id"], says("Here it is"))
        await office.handle.submit(Envelope(office.desk.alice, said))
        await office.tell_log()
        await until(lambda: asyncio.sleep(0, quick.mails))
        assert slow.mails == []


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (5, 160), (40, 3600)])
def test_pauses_grow_to_an_hour(attempts: int, seconds: int) -> None:
    assert pause(attempts) == timedelta(seconds=seconds)
