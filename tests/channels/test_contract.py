"""What every mail channel promises, whichever way the bytes come: by SMTP, from a mailbox, by webhook."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import pytest

from connectors.mail.address import reply_address, subject_token
from connectors.post_office import token_secret
from server.clock import new_id
from server.domain.commands import ChangeStatus, Envelope
from server.store.mail_people import list_participants
from server.store.pool import Store
from server.store.vault import Secrets
from tests.channels.dovecot import PASSWORD, Dovecot
from tests.channels.office import ADDRESS, SECRET, Office, mail, running
from tests.people import promise

Deliver = Callable[[bytes], Awaitable[None]]


class Channel(NamedTuple):
    """An office, and the way by which mails reach it in this test."""

    office: Office
    deliver: Deliver

    async def tickets_after(self, mails: int) -> list[object]:
        await self.office.settled(mails)
        return await self.office.tickets()

    def token_address(self, number: int) -> str:
        return reply_address(ADDRESS, token_secret(SECRET), self.office.desk.workspace_id, number)


Open = Callable[[], object]


@pytest.fixture(params=["smtp", "imap", "webhook"])
def channel(request: pytest.FixtureRequest, store: Store, tmp_path: Path) -> Open:
    """Opens an office with its channel; a context manager, as tasks must end in the test that began them."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Channel]:
        async with running(store, tmp_path) as office:
            if request.param == "imap":
                dovecot: Dovecot = request.getfixturevalue("dovecot")
                yield Channel(office, await mailbox(office, dovecot))
            else:
                yield Channel(office, by_smtp(office) if request.param == "smtp" else by_post(office))

    return opened


def by_smtp(office: Office) -> Deliver:
    async def deliver(raw: bytes) -> None:
        def send() -> None:
            with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as smtp:
                smtp.sendmail("carla@customer.test", [ADDRESS], raw)

        await asyncio.to_thread(send)

    return deliver


def by_post(office: Office) -> Deliver:
    class Posted(NamedTuple):
        workspace_id: UUID
        inbox_id: UUID
        content_type: str
        body: bytes

    async def deliver(raw: bytes) -> None:
        desk = office.desk
        await office.post.receive_posted(Posted(desk.workspace_id, desk.mail, "message/rfc822", raw))

    return deliver


async def mailbox(office: Office, dovecot: Dovecot, user: str = "") -> Deliver:
    """Let the desk's mail inbox fetch a fresh mailbox."""
    user = user or f"u{new_id().hex}"
    await fetch_from(office, dovecot.port, user)

    async def deliver(raw: bytes) -> None:
        await asyncio.to_thread(dovecot.deliver, user, raw)

    return deliver


async def fetch_from(office: Office, port: int, user: str, security: str = "none") -> None:
    host = "127.0.0.1" if security == "none" else "localhost"
    imap = {"host": host, "port": port, "username": user, "security": security, "folder": "INBOX"}
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = $2, secrets = $3, updated_at = now() WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode({"imap": imap}).decode(),
            office.vault.seal_secrets(Secrets(imap_password=PASSWORD)),
        )


async def test_a_mail_opens_a_ticket(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        [ticket] = await c.tickets_after(1)
        [said] = await c.office.said()
        assert (ticket["subject"], ticket["customer_id"]) == ("Printer", c.office.desk.carla.id)
        assert (said["content"], said["author_id"]) == ("My printer is on fire.", c.office.desk.carla.id)


async def test_an_answer_finds_its_ticket_by_the_mails_it_names(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        await c.deliver(
            mail("Still.", message_id="<2@c>", subject="x", more="References: <0@x> <1@customer.test>\r\n")
        )
        [ticket] = await c.tickets_after(2)
        assert [row["content"] for row in await c.office.said(ticket["id"])] == [
            "My printer is on fire.",
            "Still.",
        ]


async def test_a_mail_and_its_answer_that_come_at_once_make_one_ticket(channel: Open) -> None:
    async with channel() as c:
        answer = mail("Still.", message_id="<2@c>", more="In-Reply-To: <1@customer.test>\r\n")
        await c.deliver(mail())
        await c.deliver(answer)
        [_] = await c.tickets_after(2)


async def test_an_answer_finds_its_ticket_by_the_reply_address_alone(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        to = c.token_address(1)
        await c.deliver(mail("Still.", message_id="<2@c>", subject="Fwd: mangled", to=to.upper()))
        [ticket] = await c.tickets_after(2)
        assert [row["content"] for row in await c.office.said(ticket["id"])][1:] == ["Still."]


async def test_a_forged_reply_address_leads_nowhere(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        token = c.token_address(1)
        forged = token[: token.index("@") - 1] + ("a" if token[token.index("@") - 1] != "a" else "b")
        await c.deliver(mail("Hm.", message_id="<2@c>", to=f"{forged}@example.test"))
        assert len(await c.tickets_after(2)) == 2


async def test_a_stranger_who_names_a_mail_of_ours_gets_a_ticket_of_their_own(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        more = "References: <1@customer.test>\r\n"
        await c.deliver(
            mail("Let me in.", sender="mallory@evil.test", subject="Re: #1", message_id="<2@e>", more=more)
        )
        first, second = await c.tickets_after(2)
        assert first["customer_id"] != second["customer_id"]
        assert [row["content"] for row in await c.office.said(first["id"])] == ["My printer is on fire."]


async def test_somebody_else_with_the_reply_address_speaks_for_themselves(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        await c.deliver(
            mail(
                "I am her boss.", sender="Ben <ben@customer.test>", message_id="<2@c>", to=c.token_address(1)
            )
        )
        [ticket] = await c.tickets_after(2)
        said = await c.office.said(ticket["id"])
        assert [(row["type"], row["author_type"]) for row in said][1:] == [
            ("message", "customer"),
            ("note", "system"),
        ]
        assert said[1]["author_id"] != c.office.desk.carla.id
        assert "ben@customer.test is not this ticket's customer" in said[2]["content"]


async def test_a_mail_from_an_agents_address_is_a_customers(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        more = "In-Reply-To: <1@customer.test>\r\n"
        await c.deliver(mail("We refund you.", sender="Bob <bob@desk.test>", message_id="<2@d>", more=more))
        tickets = await c.tickets_after(2)
        assert len(tickets) == 2
        assert {row["author_type"] for row in await c.office.said()} == {"customer"}


async def test_the_same_mail_twice_is_one_interaction_and_another_with_its_id_is_two(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.deliver(mail())
        await c.deliver(mail("Something else."))
        raw = (await c.tickets_after(3)) and await c.office.settled(3)
        assert sorted(row["content"] for row in await c.office.said()) == [
            "My printer is on fire.",
            "Something else.",
        ]
        assert len({row["interaction_id"] for row in raw}) == 2


async def test_attachments_are_kept_and_inline_images_shown_in_place(channel: Open) -> None:
    async with channel() as c:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "carla@customer.test", ADDRESS, "Pictures"
        message.set_content("See below")
        message.add_alternative(
            '<p>See <img src="cid:pic@x"><img src="http://spy.test/x.png"></p>', subtype="html"
        )
        html = message.get_payload()[1]
        html.add_related(b"\x89PNG\r\n\x1a\npicture", "image", "png", cid="<pic@x>", filename="pic.png")
        message.add_attachment(
            b"%PDF-1.4", maintype="application", subtype="pdf", filename="Rechnung für März.pdf"
        )
        await c.deliver(message.as_bytes(policy=policy.SMTP))
        await c.office.settled(1)
        [said] = await c.office.said()
        files = await c.office.rows("SELECT * FROM attachments WHERE workspace_id = $1 ORDER BY mime_type")
        assert [(f["filename"], f["mime_type"], f["size_bytes"]) for f in files] == [
            ("Rechnung für März.pdf", "application/pdf", 8),
            ("pic.png", "image/png", 15),
        ]
        assert {f["interaction_id"] for f in files} == {said["id"]}
        assert said["content_html"] == (
            f'<p>See <img data-attachment-id="{files[1]["id"]}"><img data-remote-src="http://spy.test/x.png"></p>\n'
        )
        blob = office_blob(c.office, files[0])
        assert blob == b"%PDF-1.4"


def office_blob(office: Office, file: dict[str, object]) -> bytes:
    return b"".join(office.blobs.read(office.desk.workspace_id, str(file["content_key"]), 0, 10_000))


async def test_an_automatic_reply_is_noted_and_opens_nothing_again(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        [ticket] = await c.tickets_after(1)
        resolve = ChangeStatus(ticket["id"], "resolved")
        await c.office.handle.submit(Envelope(c.office.desk.bob, resolve))
        more = "Auto-Submitted: auto-replied\r\nIn-Reply-To: <1@customer.test>\r\n"
        await c.deliver(mail("I am away.", message_id="<2@c>", more=more))
        [ticket] = await c.tickets_after(2)
        assert ticket["status"] == "resolved"
        assert [row["type"] for row in await c.office.said(ticket["id"])] == ["message", "note"]


async def test_an_answer_opens_a_resolved_ticket_again_and_goes_on_from_a_closed_one(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        [ticket] = await c.tickets_after(1)
        bob, handle = c.office.desk.bob, c.office.handle
        await handle.submit(Envelope(bob, ChangeStatus(ticket["id"], "resolved")))
        more = "In-Reply-To: <1@customer.test>\r\n"
        await c.deliver(mail("Still.", message_id="<2@c>", more=more))
        [ticket] = await c.tickets_after(2)
        assert ticket["status"] == "open"
        await handle.submit(Envelope(bob, ChangeStatus(ticket["id"], "closed")))
        await c.deliver(mail("Again.", message_id="<3@c>", more=more))
        _, second = await c.tickets_after(3)
        said = await c.office.said(second["id"])
        assert [(row["type"], row["content"]) for row in said] == [
            ("message", "Again."),
            ("note", "This goes on from ticket #1, which is closed."),
        ]


@pytest.mark.parametrize(
    "raw", [b"\x00\xff\xfe garbage", b"Subject: =?utf-8?b?//8=?=\r\n\r\n\x00\xed\xa0\x80", b"x"]
)
async def test_whatever_the_bytes_are_there_is_a_ticket(channel: Open, raw: bytes) -> None:
    async with channel() as c:
        await c.deliver(raw)
        [ticket] = await c.tickets_after(1)
        [row] = await c.office.settled(1)
        assert (row["state"], row["ticket_id"]) == ("done", ticket["id"])


async def settings(office: Office, **given: object) -> None:
    """Change the settings of the desk's mail inbox; what it fetches stays."""
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = settings || $2::jsonb WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode(given).decode(),
        )


async def participants(office: Office, ticket_id: UUID) -> list[str]:
    async with office.store.read(office.desk.workspace_id) as db:
        found = await list_participants(db, office.desk.workspace_id, ticket_id)
    return [person.email or "" for person in found]


async def test_an_answer_to_a_closed_ticket_opens_it_again_where_the_inbox_says_so(channel: Open) -> None:
    async with channel() as c:
        await settings(c.office, closed_reply="reopen")
        await c.deliver(mail())
        [ticket] = await c.tickets_after(1)
        await c.office.handle.submit(Envelope(c.office.desk.bob, ChangeStatus(ticket["id"], "closed")))
        more = "In-Reply-To: <1@customer.test>\r\n"
        auto = f"{more}Auto-Submitted: auto-replied\r\n"
        await c.deliver(mail("I am away.", message_id="<2@c>", more=auto))
        [ticket] = await c.tickets_after(2)
        assert ticket["status"] == "closed"
        await c.deliver(mail("Again.", message_id="<3@c>", more=more))
        [ticket] = await c.tickets_after(3)
        assert ticket["status"] == "open"


async def test_an_answer_finds_its_ticket_by_the_token_in_its_subject(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        token = subject_token(token_secret(SECRET), c.office.desk.workspace_id, 1)
        await c.deliver(mail("Still.", message_id="<2@c>", subject=f"AW: [EXTERN] {token.upper()} Drucker"))
        [ticket] = await c.tickets_after(2)
        assert [row["content"] for row in await c.office.said(ticket["id"])][1:] == ["Still."]


@pytest.mark.parametrize("subject", ["Re: [#1] Printer", "Re: Printer", "[#1-aaaaaaaaaa]", "Ticket 1"])
async def test_a_number_or_a_subject_alone_lead_nowhere(channel: Open, subject: str) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        await c.deliver(mail("Hm.", message_id="<2@c>", subject=subject))
        assert len(await c.tickets_after(2)) == 2


async def test_a_stranger_with_the_token_in_the_subject_gets_a_ticket_of_their_own(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        await c.office.settled(1)
        token = subject_token(token_secret(SECRET), c.office.desk.workspace_id, 1)
        await c.deliver(mail("Me too.", sender="mallory@evil.test", message_id="<2@e>", subject=token))
        assert len(await c.tickets_after(2)) == 2


async def test_who_is_in_cc_takes_part_and_answers_without_a_token(channel: Open) -> None:
    async with channel() as c:
        cc = f"Cc: Ben <ben@customer.test>, Bob <bob@desk.test>, {ADDRESS}, carla@customer.test\r\n"
        await c.deliver(mail(more=cc))
        [ticket] = await c.tickets_after(1)
        assert await participants(c.office, ticket["id"]) == ["ben@customer.test"]
        more = "In-Reply-To: <1@customer.test>\r\nCc: dora@customer.test\r\n"
        await c.deliver(mail("Me too.", sender="ben@customer.test", message_id="<2@c>", more=more))
        [ticket] = await c.tickets_after(2)
        said = await c.office.said(ticket["id"])
        assert [(row["type"], row["content"]) for row in said][1:] == [("message", "Me too.")]
        assert said[1]["author_id"] != said[0]["author_id"]
        assert await participants(c.office, ticket["id"]) == ["ben@customer.test", "dora@customer.test"]


async def test_a_stranger_and_a_machine_bring_nobody(channel: Open) -> None:
    async with channel() as c:
        await c.deliver(mail())
        [ticket] = await c.tickets_after(1)
        cc = "Cc: spy@evil.test\r\n"
        to = c.token_address(1)
        await c.deliver(mail("Let me in.", sender="mallory@evil.test", message_id="<2@e>", to=to, more=cc))
        await c.deliver(
            mail("News.", message_id="<3@c>", to=to, more=f"{cc}List-Id: <news.customer.test>\r\n")
        )
        await c.tickets_after(3)
        assert await participants(c.office, ticket["id"]) == []


async def test_a_machine_opens_a_ticket_without_a_clock_and_starts_none(channel: Open) -> None:
    async with channel() as c:
        half_an_hour = timedelta(minutes=30)
        await promise(c.office.store, c.office.desk, "low", first_response=half_an_hour)
        await promise(c.office.store, c.office.desk, "normal", first_response=half_an_hour)
        await c.deliver(mail("News.", message_id="<1@news>", more="List-Id: <news.customer.test>\r\n"))
        await c.deliver(mail("Help!", message_id="<2@c>"))
        await c.tickets_after(2)
        await c.deliver(mail("More.", message_id="<3@n>", to=c.token_address(1), more="Precedence: bulk\r\n"))
        await c.tickets_after(3)
        clocks = await c.office.rows(
            "SELECT t.number FROM sla_targets s JOIN tickets t ON t.id = s.ticket_id"
            " WHERE s.workspace_id = $1"
        )
        [human] = [row for row in await c.office.tickets() if row["description"] == "Help!"]
        assert [row["number"] for row in clocks] == [human["number"]]


async def test_the_same_mail_by_smtp_and_from_a_mailbox_at_once_is_one_interaction(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    async with running(store, tmp_path) as office:
        fetched, sent = await mailbox(office, dovecot), by_smtp(office)
        await asyncio.gather(fetched(mail()), sent(mail()))
        raw = await office.settled(2)
        assert {row["source"] for row in raw} == {"imap", "smtp"}
        [said] = await office.said()
        assert {row["interaction_id"] for row in raw} == {said["id"]}
