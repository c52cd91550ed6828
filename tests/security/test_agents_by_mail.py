"""An agent answers by mail with a token of their own, from their own address, and in no other way (row M2).

Real SMTP sessions, a real database, a DNS server on loopback. Planted bugs that were seen: any sender's
answer is taken as the agent's, nobody looks at the last day, at `active`, at what SPF says, or whether the
relay has signed in.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.mail.address import agent_reply_address
from connectors.post_office import token_secret
from server.clock import now
from server.domain.identity import Agent
from server.store.pool import Store
from tests.channels.nameserver import serving
from tests.channels.office import ADDRESS, SECRET, Office, mail, running
from tests.security.test_mail_identity import RECORDS, by, send, settings, token_address

BOB = "Bob <bob@desk.test>"
LATER = timedelta(days=30)
_UNVERIFIED = ssl._create_unverified_context()  # a certificate that signs itself


def address_of(office: Office, agent: Agent, *, number: int = 1, last_day: date | None = None) -> str:
    """The reply address in a letter to an agent."""
    day = last_day or (now() + LATER).date()
    signed = agent_reply_address(
        ADDRESS, token_secret(SECRET), office.desk.workspace_id, agent.id, number, day
    )
    assert signed is not None
    return signed


async def asked(office: Office) -> None:
    """Carla has asked, in ticket #1."""
    await comes(office, mail(), "carla@customer.test", ADDRESS, count=1)


@asynccontextmanager
async def asking(store: Store, folder: Path, **settings: Any) -> AsyncIterator[Office]:
    """An office in which Carla has asked."""
    async with running(store, folder, **settings) as office:
        await asked(office)
        yield office


async def comes(office: Office, raw: bytes, sender: str, to: str, *, count: int = 2) -> list[Any]:
    """A mail is sent and taken in; the `count` mails that have come so far."""
    await send(office, raw, sender, to)
    return await office.settled(count)


async def answers(office: Office) -> list[tuple[str, str]]:
    """What was said since: by whom, and whether a customer reads it."""
    await office.tell_log()
    return [(row["author_type"], row["type"]) for row in (await office.said())[1:]]


async def notes(office: Office) -> list[str]:
    return [row["content"] for row in await office.said() if row["type"] == "note"]


async def leaving(office: Office) -> int:
    return len(await office.rows("SELECT 1 FROM outgoing_mails WHERE workspace_id = $1 AND agent_id IS NULL"))


async def test_an_agents_token_and_address_make_an_answer_that_goes_to_the_customer_once(
    store: Store, tmp_path: Path
) -> None:
    async with asking(store, tmp_path) as office:
        to = address_of(office, office.desk.bob)
        quoted = f"On Sunday Support <{to}> wrote:\r\n> ##- Write your answer above this line -##\r\n> Carla:"
        raw = mail(
            f"Use water.\r\n\r\n{quoted}", sender=BOB, to=to, message_id="<2@d>", subject="Re: #1 Printer"
        )
        for count in (2, 3):
            await comes(office, raw, "bob@desk.test", to, count=count)
        assert await answers(office) == [("agent", "message")]
        said = (await office.said())[-1]
        assert (said["author_id"], said["content"], said["content_html"]) == (
            office.desk.bob.id,
            "Use water.",
            None,
        )
        assert await leaving(office) == 1
        customers = await office.rows("SELECT email FROM customers WHERE workspace_id = $1")
        assert "bob@desk.test" not in [row["email"] for row in customers]


async def test_a_customers_token_makes_nobody_an_agent_and_an_agents_no_customer(
    store: Store, tmp_path: Path
) -> None:
    async with asking(store, tmp_path) as office:
        customers = token_address(office)
        refused = mail("No.", sender=BOB, to=customers, message_id="<2@d>")
        await comes(office, refused, "bob@desk.test", customers)
        assert ("agent", "message") not in await answers(office)
        agents = address_of(office, office.desk.bob)
        carla = mail("It was sent to me.", to=agents, message_id="<3@c>")
        await comes(office, carla, "carla@customer.test", agents, count=3)
        assert (await answers(office))[-1] == ("system", "note")
        assert "Answered by someone else (carla@customer.test) through Bob's" in (await notes(office))[-1]
        assert await leaving(office) == 0


async def test_a_token_leads_to_its_own_ticket_and_workspace_whatever_the_head_says(
    store: Store, tmp_path: Path
) -> None:
    async with asking(store, tmp_path) as office:
        other = mail(message_id="<other@c>", subject="Another")
        await comes(office, other, "carla@customer.test", ADDRESS)
        to = address_of(office, office.desk.bob, number=1)
        raw = mail("For the first.", sender=BOB, to=to, message_id="<2@d>", more="In-Reply-To: <other@c>\r\n")
        await comes(office, raw, "bob@desk.test", to, count=3)
        first, _ = await office.tickets()
        [answer] = [row for row in await office.said() if row["author_type"] == "agent"]
        assert answer["ticket_id"] == first["id"]
        theirs = agent_reply_address(
            ADDRESS,
            token_secret(SECRET),
            office.desk.other_workspace_id,
            office.desk.charlie.id,
            1,
            (now() + LATER).date(),
        )
        assert theirs is not None
        stranger = mail("Mine!", sender="charlie@desk.test", to=theirs, message_id="<3@d>")
        await comes(office, stranger, "charlie@desk.test", theirs, count=4)
        assert [row["author_type"] for row in await office.said()].count("agent") == 1


@pytest.mark.parametrize("which", ["expired", "inactive", "no_inbox", "light", "closed"])
async def test_a_token_that_is_not_good_any_more_is_a_note(store: Store, tmp_path: Path, which: str) -> None:
    async with asking(store, tmp_path) as office:
        desk, last_day = office.desk, None
        agent = desk.lou if which == "light" else desk.bob
        if which == "expired":
            last_day = (now() - timedelta(days=1)).date()
        sql = {
            "inactive": "UPDATE agents SET active = false WHERE name = 'Bob'",
            "no_inbox": "DELETE FROM inbox_members m USING agents a WHERE a.id = m.agent_id",
            "closed": "UPDATE tickets SET status = 'closed'",
        }
        if which in sql:
            async with store.write(desk.workspace_id) as db:
                await db.execute(sql[which])
        to = address_of(office, agent, last_day=last_day)
        sender = f"{agent.name.lower()}@desk.test"
        await comes(office, mail("Too late.", sender=sender, to=to, message_id="<2@d>"), sender, to)
        assert await answers(office) == [("system", "note")]
        [note] = await notes(office)
        assert "It was not sent to the customer." in note
        assert note.endswith("Too late.")
        assert await leaving(office) == 0


async def test_a_forwarded_letter_with_its_token_is_a_note_with_nothing_to_use(
    store: Store, tmp_path: Path
) -> None:
    async with asking(store, tmp_path) as office:
        to = address_of(office, office.desk.bob)
        mallory = mail(f"Pay <{to}> now.", sender="Mallory <m@evil.test>", to=to, message_id="<2@e>")
        await comes(office, mallory, "m@evil.test", to)
        quoting = mail(f"Bob sent me\r\n<{to}>", sender="m@evil.test", message_id="<3@e>", to=ADDRESS)
        await comes(office, quoting, "m@evil.test", ADDRESS, count=3)
        [note] = await notes(office)
        assert "Answered by someone else (m@evil.test) through Bob's reply address." in note
        assert to not in note
        assert [row["author_type"] for row in await office.said()].count("agent") == 0
        assert len(await office.tickets()) == 2  # what only quotes a token is a stranger's own mail


async def test_a_forger_with_a_token_is_a_note_and_marked(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns, asking(store, tmp_path, **by(dns)) as office:
        to = address_of(office, office.desk.bob)
        raw = mail("We refund you.", sender=BOB, to=to, message_id="<2@d>")
        rows = await comes(office, raw, "bob@desk.test", to)  # whose SPF names another machine
        assert b'"forged":true' in rows[-1]["head"].encode().replace(b" ", b"")
        assert await answers(office) == [("system", "note")]
        assert "does not come from where their mail comes from" in (await notes(office))[0]


async def test_a_machine_at_an_agents_address_is_recorded_and_sent_to_nobody(
    store: Store, tmp_path: Path
) -> None:
    async with asking(store, tmp_path) as office:
        to = address_of(office, office.desk.bob)
        away = mail(
            "I am away.", sender=BOB, to=to, message_id="<2@d>", more="Auto-Submitted: auto-replied\r\n"
        )
        await comes(office, away, "", to)
        assert await answers(office) == [("system", "note")]
        assert (await notes(office))[0].startswith("Automatic reply from bob@desk.test")
        assert await leaving(office) == 0


@pytest.mark.parametrize(
    ("signed_in", "dmarc", "sender", "author"),
    [
        (True, "pass", BOB, "agent"),
        (True, "none", BOB, "customer"),
        (False, "pass", BOB, "customer"),
        (True, "pass", "olga@desk.test", "system"),  # who may not answer in this inbox
        (True, "pass", "m@evil.test", "customer"),
    ],
)
async def test_a_relay_with_our_password_and_proof_of_the_sender_brings_an_answer(
    store: Store, tmp_path: Path, signed_in: bool, dmarc: str, sender: str, author: str
) -> None:
    login = {"smtp_user": "relay", "smtp_password": "a password"}
    async with running(store, tmp_path, verify_senders=False, **login) as office:
        await settings(office, authserv_id="mx.ours")
        await asked(office)
        to = token_address(office)
        more = f"Authentication-Results: mx.ours; dmarc={dmarc}\r\n"
        raw = mail("Use water.", sender=sender, to=to, message_id="<2@d>", more=more)
        await asyncio.to_thread(bring, office, raw, to, login if signed_in else None)
        await office.settled(2)
        assert (await answers(office))[0][0] == author
        assert await leaving(office) == (1 if author == "agent" else 0)


def bring(office: Office, raw: bytes, to: str, login: dict[str, str] | None) -> None:
    """What a relay does, which has our password or has not."""
    with smtplib.SMTP("127.0.0.1", office.port, timeout=60) as smtp:
        if login is not None:
            smtp.starttls(context=_UNVERIFIED)
            smtp.login(login["smtp_user"], login["smtp_password"])
        smtp.sendmail("x@x.test", [to], raw)
