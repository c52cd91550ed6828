"""The SMTP listener as a client meets it: what it takes, what it refuses and with which code."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from server.store.pool import Store
from tests.channels.office import ADDRESS, mail, running, until


async def client(port: int, talk: Callable[[smtplib.SMTP], Any]) -> Any:
    """Talk to the listener from a thread, as smtplib blocks."""

    def run() -> Any:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
            return talk(smtp)

    return await asyncio.to_thread(run)


async def test_a_mail_becomes_a_ticket_of_its_sender(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        await client(office.port, lambda smtp: smtp.sendmail("carla@customer.test", [ADDRESS], mail()))
        [raw] = await office.settled(1)
        [ticket] = await office.tickets()
        [said] = await office.said()
        assert raw["bytes"] == mail()
        assert (raw["state"], raw["ticket_id"], raw["interaction_id"]) == ("done", ticket["id"], said["id"])
        assert (ticket["subject"], ticket["channel_source"], ticket["status"]) == ("Printer", "email", "new")
        assert ticket["customer_id"] == office.desk.carla.id
        assert (said["author_type"], said["content"]) == ("customer", "My printer is on fire.")


async def test_what_it_offers(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, max_mail_bytes=12345) as office:

        def ehlo(smtp: smtplib.SMTP) -> dict[str, str]:
            smtp.ehlo()
            return dict(smtp.esmtp_features)

        features = await client(office.port, ehlo)
        assert {"size", "8bitmime", "smtputf8", "starttls"} <= features.keys()
        assert features["size"] == "12345"
        assert "auth" not in features


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("support@example.test", 250),
        ("SUPPORT@Example.Test", 250),
        ("support+anything@example.test", 250),
        ("nobody@example.test", 550),
        ("victim@elsewhere.test", 550),
        ("support@example.test@elsewhere.test", 553),
        ("", 501),
    ],
)
async def test_only_inboxes_receive(store: Store, tmp_path: Path, recipient: str, code: int) -> None:
    async with running(store, tmp_path) as office:

        def rcpt(smtp: smtplib.SMTP) -> int:
            smtp.ehlo()
            smtp.mail("a@b.test")
            return smtp.docmd(f"RCPT TO:<{recipient}>" if recipient else "RCPT TO:")[0]

        assert await client(office.port, rcpt) == code


async def test_a_mail_that_is_too_large_is_refused_by_its_size_and_by_its_bytes(
    store: Store, tmp_path: Path
) -> None:
    async with running(store, tmp_path, max_mail_bytes=1000) as office:

        def talk(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            announced = smtp.docmd("MAIL FROM:<a@b.test> SIZE=5000")[0]
            smtp.mail("a@b.test")
            smtp.rcpt(ADDRESS)
            sent = smtp.data(b"Subject: x\r\n\r\n" + b"x" * 3000)[0]
            smtp.mail("a@b.test")
            smtp.rcpt(ADDRESS)
            small = smtp.data(b"Subject: x\r\n\r\nx")[0]
            return [announced, sent, small]

        assert await client(office.port, talk) == [552, 552, 250]
        assert len(await office.settled(1)) == 1


async def test_too_many_recipients_are_put_off(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, max_mail_recipients=2) as office:

        def talk(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            smtp.mail("a@b.test")
            return [smtp.rcpt(f"support+{n}@example.test")[0] for n in range(3)]

        assert await client(office.port, talk) == [250, 250, 452]


@pytest.mark.usefixtures("no_period_ends")
async def test_strangers_are_limited_in_rate_and_connections(store: Store, tmp_path: Path) -> None:
    async with running(
        store, tmp_path, trusted_relays=(ip_network("10.0.0.0/8"),), rate_smtp_ip="2/minute"
    ) as office:

        def talk(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            codes = []
            for _ in range(3):
                codes.append(smtp.mail("a@b.test")[0])
                smtp.rset()
            return codes

        assert await client(office.port, talk) == [250, 250, 450]
        await until(lambda: asyncio.sleep(0, not office.post.listener.sessions))
        writers = []
        banners = []
        for _ in range(22):
            reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
            writers.append(writer)
            banners.append((await reader.readline())[:3])
        assert banners == [b"220"] * 20 + [b"421"] * 2
        for writer in writers:
            writer.close()


async def test_who_looks_for_addresses_is_sent_away(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, trusted_relays=()) as office:

        def talk(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            smtp.mail("a@b.test")
            return [smtp.rcpt(f"name{n}@example.test")[0] for n in range(10)]

        assert await client(office.port, talk) == [550] * 9 + [421]


@pytest.mark.parametrize("bound", ["IDLE_SECONDS", "TOTAL_SECONDS"])
async def test_who_says_nothing_or_never_ends_is_cut_off(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(f"connectors.smtp.session.{bound}", 0.5)
    async with running(store, tmp_path) as office:
        reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
        writer.write(b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<support@example.test>\r\nDATA\r\n")
        async with asyncio.timeout(60):
            with suppress(ConnectionResetError):  # an end is as good as a reset
                while await reader.read(1000):
                    continue
        writer.close()
        await until(lambda: asyncio.sleep(0, not office.post.listener.sessions))
        assert await office.rows("SELECT 1 FROM raw_mails WHERE workspace_id = $1") == []


async def test_after_starttls_a_mail_is_taken_and_what_was_sent_in_clear_is_void(
    store: Store, tmp_path: Path
) -> None:
    async with running(store, tmp_path) as office:

        def talk(smtp: smtplib.SMTP) -> tuple[int, dict[str, str]]:
            context = ssl.create_default_context(cafile=str(tmp_path / "smtp.crt"))
            context.check_hostname = False
            smtp.starttls(context=context)
            return smtp.docmd("MAIL FROM:<a@b.test>")[0], smtp.sendmail("a@b.test", [ADDRESS], mail())

        assert await client(office.port, talk) == (503, {})
        await office.settled(1)
        await until(lambda: asyncio.sleep(0, not office.post.listener.sessions))
        assert (tmp_path / "smtp.key").stat().st_mode & 0o777 == 0o600


async def test_451_while_storage_is_away_and_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:

        def talk(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            smtp.mail("a@b.test")
            codes = [smtp.rcpt(ADDRESS)[0]]
            loop.call_soon_threadsafe(store.pool.terminate)
            return [*codes, smtp.data(mail())[0]]

        loop = asyncio.get_running_loop()
        assert await client(office.port, talk) == [250, 451]


async def test_a_relay_signs_in_over_tls_only(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, smtp_user="relay", smtp_password="a password") as office:

        def talk(smtp: smtplib.SMTP) -> list[object]:
            smtp.ehlo()
            before = "auth" in smtp.esmtp_features
            context = ssl._create_unverified_context()
            smtp.starttls(context=context)
            smtp.ehlo()
            after = "auth" in smtp.esmtp_features
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login("relay", "wrong")
            return [before, after, smtp.login("relay", "a password")[0]]

        assert await client(office.port, talk) == [False, True, 235]
