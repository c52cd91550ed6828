"""Who wrote a mail is what can be proved, never what its headers say (rows M2, M3, M4, M5, M9).

Real SMTP sessions, a real database, a DNS server and a relay on loopback. Planted bugs that were seen: `has`
of a known ticket says yes to everybody (M3), `count_automatic` says 0 (M4), `is_machine` says no (M5),
`is_forged` looks at DMARC only (M2), Authentication-Results of any name is believed (M9).
"""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from connectors.mail.address import reply_address
from connectors.post_office import token_secret
from server.domain.mail import Head
from server.store.pool import Store
from tests.channels.nameserver import NameServer, serving
from tests.channels.office import ADDRESS, SECRET, Office, mail, running, until
from tests.channels.sink import Sink
from tests.people import settle

RECORDS = {
    ("_dmarc.bank.example", "TXT"): ['"v=DMARC1; p=reject"'],
    ("bank.example", "TXT"): ['"v=spf1 ip4:192.0.2.7 -all"'],
    ("_dmarc.shop.example", "TXT"): ['"v=DMARC1; p=reject"'],
    ("shop.example", "TXT"): ['"v=spf1 ip4:127.0.0.1 -all"'],
    ("_dmarc.desk.test", "TXT"): ['"v=DMARC1; p=none"'],
    ("desk.test", "TXT"): ['"v=spf1 ip4:192.0.2.7 -all"'],
}
MARK = re.compile(rb"(?i)auto-submitted:|x-auto-response-suppress:|precedence:")
REPLY = "Thank you. We have your message and will answer soon."


async def send(office: Office, raw: bytes, mail_from: str, to: str = ADDRESS) -> None:
    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", office.port, local_hostname="mx.test", timeout=60) as smtp:
            smtp.sendmail(mail_from, [to], raw)

    await asyncio.to_thread(talk)


async def head(office: Office, mails: int = 1) -> Head:
    """What is kept of the newest mail."""
    rows = await office.settled(mails)
    return msgspec.json.decode(rows[-1]["head"], type=Head)


async def settings(office: Office, **given: object) -> None:
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = settings || $2::jsonb WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode(given).decode(),
        )


def by(server: NameServer) -> dict[str, Any]:
    """Settings of a desk that asks this server, and trusts no relay."""
    return {"dns_servers": (("127.0.0.1", server.port),), "trusted_relays": ()}


def token_address(office: Office, number: int = 1) -> str:
    return reply_address(ADDRESS, token_secret(SECRET), office.desk.workspace_id, number)


async def test_m9_a_sender_whose_domain_disowns_the_mail_is_marked(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns, running(store, tmp_path, **by(dns)) as office:
        await send(office, mail(sender="ceo@bank.example"), "ceo@bank.example")
        found = await head(office)
        assert (found.authentication.spf, found.authentication.dmarc) == ("fail", "fail")
        assert (found.authentication.source, found.forged) == ("verified", True)
        await send(office, mail(sender="a@shop.example", message_id="<2@s>"), "a@shop.example")
        found = await head(office, 2)
        assert (found.authentication.spf, found.authentication.dmarc) == ("pass", "pass")
        assert not found.forged


async def test_m9_a_forged_customer_does_not_get_into_the_ticket(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns, running(store, tmp_path, **by(dns)) as office:
        await send(office, mail(sender="ceo@bank.example"), "ceo@bank.example")
        await office.settled(1)
        more = "In-Reply-To: <1@customer.test>\r\nCc: spy@evil.test\r\n"
        forged = mail("Let me in.", sender="ceo@bank.example", message_id="<2@e>", more=more)
        await send(office, forged, "mallory@evil.test")
        await office.settled(2)
        assert len(await office.tickets()) == 2
        assert await office.rows("SELECT 1 FROM ticket_participants WHERE workspace_id = $1") == []


async def test_m9_dns_that_does_not_answer_delays_and_marks_nothing(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns:
        dns.silent = True
        async with running(store, tmp_path, **by(dns)) as office:
            await send(office, mail(sender="ceo@bank.example"), "ceo@bank.example")
            found = await head(office)
            assert (found.authentication.dmarc, found.forged) == ("temperror", False)


@pytest.mark.parametrize(
    ("name", "relays", "dmarc"),
    [("mx.ours", True, "pass"), ("mx.evil", True, "none"), ("mx.ours", False, "none")],
)
async def test_m9_only_a_trusted_relay_by_its_name_is_believed(
    store: Store, tmp_path: Path, name: str, relays: bool, dmarc: str
) -> None:
    trusted: dict[str, Any] = {} if relays else {"trusted_relays": ()}
    async with running(store, tmp_path, verify_senders=False, **trusted) as office:
        await settings(office, authserv_id="mx.ours")
        more = f"Authentication-Results: {name}; spf=pass; dkim=pass header.d=x.test;\r\n dmarc=pass\r\n"
        await send(office, mail(more=more), "carla@customer.test")
        found = await head(office)
        assert found.authentication.dmarc == dmarc
        assert found.authentication.source == ("relay" if dmarc == "pass" else None)


async def test_m2_an_agents_address_makes_nobody_an_agent(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns, running(store, tmp_path, **by(dns)) as office:
        await send(office, mail(), "carla@customer.test")
        await office.settled(1)
        more = "In-Reply-To: <1@customer.test>\r\n"
        raw = mail("We refund you.", sender="Bob <bob@desk.test>", message_id="<2@d>", more=more)
        await send(office, raw, "bob@desk.test")
        assert (await head(office, 2)).forged
        raw = mail("We do.", sender="Bob <bob@desk.test>", message_id="<3@d>", to=token_address(office))
        await send(office, raw, "bob@desk.test")
        assert (await head(office, 3)).forged
        said = await office.said()
        assert {row["author_type"] for row in said if row["type"] == "message"} == {"customer"}
        await office.tell_log()
        assert await office.rows("SELECT 1 FROM outgoing_mails WHERE workspace_id = $1") == []


async def test_m3_a_stranger_with_the_reply_address_is_marked_and_brings_nobody(
    store: Store, tmp_path: Path
) -> None:
    async with running(store, tmp_path) as office:
        await send(office, mail(), "carla@customer.test")
        await office.settled(1)
        more = "Cc: spy@evil.test\r\nReferences: <1@customer.test>\r\n"
        for number, to in enumerate([ADDRESS, token_address(office)]):
            stranger = mail(
                "Me?", sender="m@evil.test", message_id=f"<{number}@e>", subject="Re: #1", to=to, more=more
            )
            await send(office, stranger, "m@evil.test", to)
        await office.settled(3)
        first, second = await office.tickets()
        notes = [row["content"] for row in await office.said(first["id"]) if row["type"] == "note"]
        assert notes == ["m@evil.test is not this ticket's customer, but has its reply address."]
        people = await office.rows("SELECT ticket_id FROM ticket_participants WHERE workspace_id = $1")
        assert [row["ticket_id"] for row in people] == [second["id"]]


async def automatic(office: Office) -> list[str]:
    rows = await office.said()
    return [row["content"] for row in rows if (row["author_type"], row["type"]) == ("system", "message")]


async def test_m4_a_victim_is_answered_a_few_times_a_day_and_reads_nothing_of_the_senders(
    store: Store, tmp_path: Path
) -> None:
    sink = Sink()
    async with (
        sink.open(),
        running(store, tmp_path, smtp_relay_url=f"smtp://127.0.0.1:{sink.port}") as office,
    ):
        await settings(office, auto_reply={"enabled": True, "text": REPLY})
        evil = "https://evil.test/prize"
        for number in range(20):
            raw = mail(evil, subject=evil, sender=f'"{evil}" <victim@x.test>', message_id=f"<{number}@e>")
            await send(office, raw, "mallory@evil.test")
        await office.settled(20)
        assert await automatic(office) == [REPLY] * 3
        await office.tell_log()
        await until(lambda: asyncio.sleep(0, len(sink.mails) == 3))
        for raw in sink.mails:
            assert b"evil.test" not in raw
            assert b"Auto-Submitted: auto-replied" in raw
            assert b"X-Auto-Response-Suppress" in raw


async def test_m4_another_spelling_of_an_address_is_the_same_victim(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, verify_senders=False) as office:
        await settings(office, auto_reply={"enabled": True, "text": REPLY})
        plus = ["victim@x.test", *(f"victim+{n}@x.test" for n in range(9))]
        dots = [
            "a.bcd@gmail.com",
            "ab.cd@gmail.com",
            "abc.d@gmail.com",
            "a.b.c.d@gmail.com",
            "abcd+x@gmail.com",
        ]
        for number, sender in enumerate([*plus, *dots, "victor@x.test", "victim@y.test"]):
            await send(office, mail(sender=sender, message_id=f"<{number}@e>"), "mallory@evil.test")
            await office.settled(number + 1)
        assert await automatic(office) == [REPLY] * 8  # three for each victim, one for others


async def test_m4_forged_agents_and_machines_get_no_answer(store: Store, tmp_path: Path) -> None:
    async with serving(RECORDS) as dns, running(store, tmp_path, **by(dns)) as office:
        await settings(office, auto_reply={"enabled": True, "text": REPLY})
        await send(office, mail(sender="ceo@bank.example"), "ceo@bank.example")
        await send(office, mail(sender="bob@desk.test", message_id="<2@x>"), "bob@desk.test")
        listed = mail(message_id="<3@x>", more="List-Id: <x.test>\r\n")
        away = mail(message_id="<4@x>", more="Auto-Submitted: auto-replied\r\n")
        round_trip = mail(message_id="<5@x>", more="Received: from a by b; now\r\n" * 25)
        for raw in (listed, away, round_trip):
            await send(office, raw, "a@shop.example")
        await office.settled(5)
        assert await automatic(office) == []


@pytest.mark.parametrize(("stripped", "answers"), [(False, 1), (True, 2)])
async def test_m5_two_desks_that_answer_each_other_stop(
    store: Store, tmp_path: Path, stripped: bool, answers: int
) -> None:
    """Each mail of one is brought to the other. At worst, when what marks an answer gets lost on the way,
    each has answered once in the thread."""
    sink = Sink()
    async with sink.open(), running(store, tmp_path, smtp_relay_url=relay(sink)) as office:
        other = await settle(store, "help@other.test")
        both = (office.desk.workspace_id, other.workspace_id)
        for workspace_id in both:
            async with store.write(workspace_id) as db:
                reply = msgspec.json.encode({"auto_reply": {"enabled": True, "text": REPLY}}).decode()
                await db.execute("UPDATE inboxes SET settings = $1 WHERE channel = 'email'", reply)
        await send(office, mail(sender="help@other.test"), "help@other.test")
        for _ in range(5):
            await until(lambda: idle(store, both, "raw_mails", "received"))
            await office.tell_log()
            await until(lambda: idle(store, both, "outgoing_mails", "queued"))
            for raw, (_, to) in zip(sink.mails, sink.envelopes, strict=True):
                kept = [line for line in raw.split(b"\r\n") if not (stripped and MARK.match(line))]
                await send(office, b"\r\n".join(kept), "bounces@x.test", to[0])
            sink.mails.clear()
            sink.envelopes.clear()
        counted = 0
        for workspace_id in both:
            async with store.read(workspace_id) as db:
                counted += await db.fetchval(
                    "SELECT count(*) FROM interactions WHERE author_type = 'system' AND type = 'message'"
                )
        assert counted == answers


def relay(sink: Sink) -> str:
    return f"smtp://127.0.0.1:{sink.port}"


async def idle(store: Store, workspaces: Sequence[UUID], table: str, state: str) -> bool:
    waiting = 0
    for workspace_id in workspaces:
        async with store.read(workspace_id) as db:
            waiting += await db.fetchval(f"SELECT count(*) FROM {table} WHERE state = $1", state)
    return not waiting
