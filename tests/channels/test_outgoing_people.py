"""Who gets a reply, and what says so: participants, records, automatic answers, names like headers."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import dkim
import msgspec

from connectors.mail.parse import parse
from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope, OpenTicket
from server.domain.identity import Customer
from server.http.signing_key import new_key, public_record
from server.store.pool import Store
from server.store.vault import Secrets
from tests.channels.office import ADDRESS, Office, mail, running, until
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive, use_relay
from tests.channels.test_outgoing_relays import tried
from tests.people import opening, says


async def set_up(office: Office, **settings: object) -> None:
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = settings || $2::jsonb WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode(settings).decode(),
        )


async def take_part(office: Office, name: str, email: str) -> None:
    """Somebody is a participant of the one ticket."""
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "WITH who AS (INSERT INTO customers (workspace_id, id, name, email)"
            " VALUES ($1, gen_random_uuid(), $2, $3) RETURNING id)"
            " INSERT INTO ticket_participants (workspace_id, ticket_id, customer_id)"
            " SELECT $1, t.id, who.id FROM tickets t, who WHERE t.workspace_id = $1",
            office.desk.workspace_id,
            name,
            email,
        )


async def noted(office: Office, text: str) -> None:
    """One note is there, and it says this."""

    async def look() -> list[str]:
        return [said["content"] for said in await office.said() if said["type"] == "note"]

    await until(look)
    assert await look() == [text]


async def test_participants_and_the_record_get_what_the_customer_gets(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await set_up(office, bcc=["record@example.test"])
        await receive(office, mail(), 1)
        await take_part(office, "Dora", "dora@customer.test")
        await answer(office, "Hello both")
        [row] = await tried(office, 1)
        readers = ["carla@customer.test", "dora@customer.test", "record@example.test"]
        assert sink.envelopes == [(ADDRESS, readers)]
        assert b"record@" not in sink.mails[0]
        assert [person.email for person in parse(sink.mails[0]).cc] == ["dora@customer.test"]
        assert msgspec.json.decode(row["people"]) == {
            "from": {"name": "Support", "email": ADDRESS},
            "to": [{"name": "Carla", "email": "carla@customer.test"}],
            "cc": [{"name": "Dora", "email": "dora@customer.test"}],
        }


async def test_a_reader_who_is_refused_alone_is_named_on_the_ticket(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        sink.unknown = {"dora@customer.test"}
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        await take_part(office, "Dora", "dora@customer.test")
        await answer(office, "Hello both")
        [row] = await tried(office, 1)
        assert row["state"] == "sent"
        assert sink.envelopes == [(ADDRESS, ["carla@customer.test"])]
        await noted(office, "A reply was sent, but not to everybody: dora@customer.test: 550 nobody here")


async def test_a_ticket_that_came_otherwise_is_answered_by_mail_when_its_inbox_is_one(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        desk = office.desk
        for customer in (desk.carla, Customer(desk.workspace_id, desk.vic.id, "Vic")):  # without an address
            opened = OpenTicket(new_id(), desk.mail, "api", customer.id, "Order 7", says("Where is it?"))
            await office.handle.submit(Envelope(customer, opened))
            said = AddInteraction(opened.ticket_id, says("On its way"))
            await office.handle.submit(Envelope(desk.bob, said))
        chat = opening(desk)
        await office.handle.submit(Envelope(desk.vic, chat))
        await office.handle.submit(Envelope(desk.bob, AddInteraction(chat.ticket_id, says("In the chat"))))
        await office.tell_log()
        await tried(office, 1)
        [got] = [parse(raw) for raw in sink.mails]
        assert [person.email for person in got.to] == ["carla@customer.test"]
        assert got.subject.startswith("Order 7 [#")
        assert got.reply_text == "On its way"


async def test_what_the_desk_says_by_itself_leaves_as_automatic_without_a_return_path(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(subject="BUY https://spam.example"), 1)
        [ticket] = await office.tickets()
        said = AddInteraction(ticket["id"], says("We have your message."))
        await office.handle.submit(Envelope(office.desk.system, said))
        await office.tell_log()
        [row] = await tried(office, 1)
        assert row["automatic"]
        assert sink.envelopes == [("<>", ["carla@customer.test"])]
        assert b"\r\nAuto-Submitted: auto-replied\r\n" in sink.mails[0]
        assert b"spam" not in sink.mails[0]


async def test_mail_to_an_address_that_mail_came_back_from_warns_once(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO customer_addresses (workspace_id, email, customer_id, bounced_at, bounce)"
                " SELECT $1, email, id, now(), '5.1.1 no such user' FROM customers WHERE id = $2"
                " ON CONFLICT (workspace_id, email)"
                " DO UPDATE SET bounced_at = now(), bounce = excluded.bounce",
                office.desk.workspace_id,
                office.desk.carla.id,
            )
        await answer(office, "Hello")
        await answer(office, "Hello?")
        await tried(office, 2)
        assert len(sink.mails) == 2
        await noted(
            office,
            "A reply went to carla@customer.test, but mail to this address came back (5.1.1 no such user).",
        )


async def test_a_signed_reply_is_believed_by_who_reads_the_record(store: Store, tmp_path: Path) -> None:
    async with Sink().open() as sink, running(store, tmp_path) as office:
        key = new_key()
        record = public_record(key, "/key")
        await use_relay(office, sink.port)
        host = "desk._domainkey.example.test"
        await set_up(
            office, dkim={"domain": "example.test", "selector": "desk", "host": host, "record": record}
        )
        async with store.write(office.desk.workspace_id) as db:
            sealed = office.vault.seal_secrets(Secrets(dkim_key=key))
            await db.execute("UPDATE inboxes SET secrets = $2 WHERE id = $1", office.desk.mail, sealed)
        await receive(office, mail(subject="Grüße"), 1)
        await answer(office, "Schöne Grüße\n.\nBob ")
        await tried(office, 1)
        [raw] = sink.mails
        asked = {f"{host}.".encode(): record.encode()}
        assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: asked.get(name))
        assert not dkim.verify(raw.replace(b"Bob", b"Rob"), dnsfunc=lambda name, timeout=5: asked.get(name))


async def test_names_and_subjects_with_line_ends_stay_one_header_each(store: Store, tmp_path: Path) -> None:
    """Security row M6, from the store to the relay."""
    async with Sink().open() as sink, running(store, tmp_path) as office:
        await use_relay(office, sink.port)
        await receive(office, mail(), 1)
        evil = "x\r\nBcc: evil@x.test\r\n\r\nbody"
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("UPDATE tickets SET subject = $1", evil)
            await db.execute("UPDATE customers SET name = $1", f"{evil}, <evil@x.test>")
            await db.execute("UPDATE inboxes SET name = $1 WHERE channel = 'email'", evil)
        await answer(office, evil)
        await tried(office, 1)
        assert sink.envelopes == [(ADDRESS, ["carla@customer.test"])]
        head = message_from_bytes(sink.mails[0])
        assert head["Bcc"] is None
        assert len(head.get_all("Subject", [])) == len(head.get_all("To", [])) == 1
        assert parse(sink.mails[0]).defects == ()
