"""The ways in besides the plain port: TLS from the first byte, a proxy in front, LMTP, a whole domain."""

from __future__ import annotations

import asyncio
import gc
import logging
import smtplib
import socket
import ssl
from base64 import b64encode
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from connectors.smtp.certificate import Certificate, own_certificate
from server.store.pool import Store
from tests.channels.office import ADDRESS, Office, mail, running, until
from tests.channels.test_smtp import client
from tests.unit.connectors.smtp.test_proxy import header

TRUSTING = ssl._create_unverified_context()


async def talk(port: int, *pieces: bytes, path: str = "", lines: int = 0) -> list[str]:
    """Send all at once; reply lines until the server hangs up, or `lines` of them."""
    opening = asyncio.open_unix_connection(path) if path else asyncio.open_connection("127.0.0.1", port)
    reader, writer = await opening
    writer.write(b"".join(pieces))
    replies: list[str] = []
    async with asyncio.timeout(60):
        while (not lines or len(replies) < lines) and (line := await reader.readline()):
            replies.append(line.decode().rstrip())
    writer.close()
    return replies


async def peers_of(office: Office) -> list[str]:
    rows = await office.rows("SELECT envelope->>'peer' AS peer FROM raw_mails WHERE workspace_id = $1")
    return [row["peer"] for row in rows]


async def test_a_second_port_is_encrypted_from_the_first_byte(store: Store, tmp_path: Path) -> None:
    async with running(
        store, tmp_path, smtps_port=0, smtp_user="relay", smtp_password="a password"
    ) as office:
        port = office.post.listener.tls_port

        def send() -> tuple[bool, int, int]:
            with smtplib.SMTP_SSL("localhost", port, timeout=60, context=TRUSTING) as smtp:
                smtp.ehlo()
                offered = smtp.has_extn("starttls") or not smtp.has_extn("auth")
                again = smtp.docmd("STARTTLS")[0]
                signed = smtp.login("relay", "a password")[0]
                smtp.sendmail("carla@customer.test", [ADDRESS], mail())
                return offered, again, signed

        assert await asyncio.to_thread(send) == (False, 503, 235)
        await office.settled(1)
        await until(lambda: asyncio.sleep(0, not office.post.listener.sessions))


async def test_a_handshake_that_fails_leaves_nothing_behind(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, smtps_port=0) as office:
        listener = office.post.listener
        assert await talk(listener.tls_port or 0, b"EHLO in clear\r\n" * 10) == []
        await until(lambda: asyncio.sleep(0, not listener.sessions))
        assert (listener._peers._open.total(), listener._peers._count) == (0, 0)


async def test_who_breaks_off_is_no_fault_of_ours(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(store, tmp_path, smtps_port=0) as office:
        with capture_logs() as told:
            reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
            writer.write(b"EHLO x\r\nSTARTTLS\r\n")
            async with asyncio.timeout(60):
                await reader.readuntil(b"Ready to start TLS\r\n")
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                await reader.read()
            writer.close()
            port = office.post.listener.tls_port
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=TRUSTING)
            writer.write(b"GET /\r\n" * 20)
            async with asyncio.timeout(60):
                await reader.read()
            writer.close()
            await until(lambda: asyncio.sleep(0, not office.post.listener.sessions))
        gc.collect()  # a task that failed unheard is told of when it is forgotten
        [handshake] = [line for line in told if line["event"] == "smtp_handshake_failed"]
        assert handshake["reason"] in {"HTTP_REQUEST", "WRONG_VERSION_NUMBER"}
        assert [line for line in told if line["log_level"] not in {"debug", "info"}] == []
        assert [line for line in caplog.records if line.levelno >= logging.WARNING] == []


async def test_a_new_certificate_is_taken_by_the_next_handshake(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, smtps_port=0) as office:
        ports = [(office.post.listener.tls_port, ""), (office.port, "starttls")]

        def served(port: int | None, how: str) -> bytes:
            if how:
                with smtplib.SMTP("127.0.0.1", port or 0, timeout=60) as smtp:
                    smtp.starttls(context=TRUSTING)
                    sock: Any = smtp.sock
                    return sock.getpeercert(binary_form=True)
            raw = socket.create_connection(("127.0.0.1", port), 60)
            with TRUSTING.wrap_socket(raw) as sock:
                return sock.getpeercert(binary_form=True)

        async def all_served() -> set[bytes]:
            return {await asyncio.to_thread(served, *port) for port in ports}

        [before] = await all_served()
        other, key = own_certificate(tmp_path / "new", "other.test")
        other.replace(tmp_path / "smtp.crt")
        assert await all_served() == {before}  # without its key, the new one does not do
        key.replace(tmp_path / "smtp.key")
        [after] = await all_served()
        assert after != before


def test_without_its_files_a_certificate_stays_the_old_one(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, "desk.test")
    made = Certificate(certificate, key)
    before = made.context()
    key.unlink()
    assert made.context() is before


@pytest.mark.usefixtures("no_period_ends")
async def test_wrong_passwords_are_counted_by_address(store: Store, tmp_path: Path) -> None:
    login = {"smtp_user": "relay", "smtp_password": "a password", "rate_sign_in_ip": "4/minute"}
    async with running(store, tmp_path, **login) as office:

        def tries(smtp: smtplib.SMTP, password: str, method: str) -> int:
            smtp.starttls(context=TRUSTING)
            smtp.ehlo()
            if method == "PLAIN":
                token = b64encode(f"\0relay\0{password}".encode()).decode()
                codes = [smtp.docmd(f"AUTH PLAIN {token}")[0] for _ in range(2)]
            else:
                codes = []
                for _ in range(2):
                    smtp.docmd("AUTH LOGIN " + b64encode(b"relay").decode())
                    codes.append(smtp.docmd(b64encode(password.encode()).decode())[0])
            assert len(set(codes)) == 1
            return codes[0]

        assert await client(office.port, lambda smtp: tries(smtp, "wrong", "PLAIN")) == 535
        assert await client(office.port, lambda smtp: tries(smtp, "wrong", "LOGIN")) == 535

        def good(smtp: smtplib.SMTP) -> tuple[int, bytes]:
            smtp.starttls(context=TRUSTING)
            smtp.ehlo()
            return smtp.docmd("AUTH PLAIN " + b64encode(b"\0relay\0a password").decode())

        code, said = await client(office.port, good)
        assert (code, said[:5]) == (454, b"4.7.0")


async def test_a_trusted_proxy_names_its_client(store: Store, tmp_path: Path) -> None:
    here = (ip_network("127.0.0.0/8"),)
    async with running(store, tmp_path, smtp_proxy_protocol=True, trusted_proxies=here) as office:
        sent = f"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<{ADDRESS}>\r\nDATA\r\n".encode()
        replies = await talk(office.port, header("192.0.2.7"), sent, mail() + b".\r\nQUIT\r\n")
        assert [line[:9] for line in replies[-2:]] == ["250 2.0.0", "221 2.0.0"]
        await office.settled(1)
        assert await peers_of(office) == ["192.0.2.7"]
        # And its limits are the client's: a stranger, not the relay that the proxy's address is.
        assert office.post.listener._peers._strangers.wait("192.0.2.7") == 0
        assert "192.0.2.7" in office.post.listener._peers._strangers._counted
        assert await talk(office.port, sent) == []  # without a header, a proxy gets no word


async def test_after_its_header_a_client_may_encrypt_and_stays_who_it_is(
    store: Store, tmp_path: Path
) -> None:
    here = (ip_network("127.0.0.0/8"),)
    options = {"smtp_proxy_protocol": True, "trusted_proxies": here, "smtps_port": 0}
    async with running(store, tmp_path, **options) as office:

        def send(encrypted_at_once: bool) -> None:
            port = office.post.listener.tls_port if encrypted_at_once else office.port
            raw = socket.create_connection(("127.0.0.1", port), 60)
            raw.sendall(header("192.0.2.8"))
            smtp: Any = smtplib.SMTP(timeout=60)
            smtp._host = "localhost"
            smtp.sock = TRUSTING.wrap_socket(raw) if encrypted_at_once else raw
            smtp.getreply()
            if not encrypted_at_once:
                smtp.starttls(context=TRUSTING)
            smtp.sendmail("a@b.test", [ADDRESS], mail(message_id=f"<{encrypted_at_once}@c>"))
            smtp.quit()

        await asyncio.to_thread(send, True)
        await asyncio.to_thread(send, False)
        await office.settled(2)
        assert await peers_of(office) == ["192.0.2.8"] * 2


async def test_from_anybody_else_such_a_header_is_no_command(store: Store, tmp_path: Path) -> None:
    proxies = (ip_network("10.0.0.0/8"),)
    async with running(store, tmp_path, smtp_proxy_protocol=True, trusted_proxies=proxies) as office:
        replies = await talk(office.port, header("192.0.2.7"), b"EHLO x\r\n")
        assert [line[:3] for line in replies] == ["220", "500", "500", "500", "521"]


async def test_a_proxy_that_does_not_name_its_client_in_time_is_cut_off(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.smtp.arrival.PROXY_SECONDS", 0.2)
    here = (ip_network("127.0.0.0/8"),)
    async with running(store, tmp_path, smtp_proxy_protocol=True, trusted_proxies=here) as office:
        reader, writer = await asyncio.open_connection("127.0.0.1", office.port)
        writer.write(header()[:20])
        async with asyncio.timeout(60):
            with pytest.raises(ConnectionResetError):
                assert await reader.read() == b""
                raise ConnectionResetError  # an end is as good as a reset
        writer.close()


async def set_inbox(office: Office, **settings: object) -> None:
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = $2 WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode(settings).decode(),
        )


async def test_an_inbox_may_take_all_mail_of_its_domain(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        await set_inbox(office, catch_all=True)
        async with store.write(office.desk.workspace_id) as db:
            await db.execute(
                "INSERT INTO inboxes (workspace_id, id, name, channel, address)"
                " VALUES ($1, gen_random_uuid(), 'sales', 'email', 'sales@example.test')",
                office.desk.workspace_id,
            )

        def rcpt(smtp: smtplib.SMTP) -> list[int]:
            smtp.ehlo()
            smtp.mail("a@b.test")
            names = ("anybody@example.test", "a+b@EXAMPLE.test", "x@sub.example.test", "x@other.test")
            return [smtp.rcpt(name)[0] for name in names]

        assert await client(office.port, rcpt) == [250, 250, 550, 550]
        for name in ("anybody", "sales"):
            raw = mail(message_id=f"<{name}@c>")
            await client(office.port, lambda smtp: smtp.sendmail("a@b.test", [f"{name}@example.test"], raw))  # noqa: B023
        found = await office.settled(2)
        assert [row["inbox_id"] == office.desk.mail for row in found] == [True, False]


async def test_lmtp_answers_for_each_recipient(store: Store, tmp_path: Path) -> None:
    folder = Path("/tmp") / f"parley-{tmp_path.name}-{id(store)}"
    folder.mkdir()
    try:
        path = folder / "lmtp"
        async with running(store, tmp_path, lmtp_socket=path, max_mail_bytes=1000) as office:
            start = (
                b"LHLO x\r\nEHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<support@example.test>\r\n"
                b"RCPT TO:<no@example.test>\r\nRCPT TO:<support+x@example.test>\r\nDATA\r\n"
            )
            replies = await talk(0, start, mail() + b".\r\n", b"QUIT\r\n", path=str(path))
            after = [line[:9] for line in replies[1:] if not line.startswith(("250-", "250 HELP"))]
            assert after == [
                "500 5.5.1", "250 2.1.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "354 End t",
                "250 2.0.0", "250 2.0.0", "221 2.0.0",
            ]  # fmt: skip
            assert len(await office.settled(1)) == 1
            large = await talk(0, start, b"x" * 2000 + b"\r\n.\r\nQUIT\r\n", path=str(path))
            assert [line[:9] for line in large[-3:]] == ["552 5.3.4", "552 5.3.4", "221 2.0.0"]
            bare = await talk(0, start, b"x\n.\r\n\r\n.\r\nQUIT\r\n", path=str(path))
            assert [line[:3] for line in bare].count("521") == 1
            assert bare[-1][:3] == "521"
    finally:
        (folder / "lmtp").unlink(missing_ok=True)
        folder.rmdir()


async def test_every_answer_but_greetings_has_an_enhanced_code(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        commands = (
            "MAIL FROM:<a@b.test>", "EHLO x", "NOOP", "HELP", "HELP MAIL", "VRFY a@b.test", "EXPN a", "BOGUS",
            "RCPT TO:<a@b.test>", "DATA", "MAIL TO:<x>", "MAIL FROM:<a@b.test> BODY=X", "AUTH PLAIN",
            "MAIL FROM:<a@b.test> X=1", "MAIL FROM:<a@b.test> SIZE=99999999999", "MAIL FROM:<a@b.test>",
            "MAIL FROM:<c@b.test>",
            "RCPT TO:<support@example.test> X=1", "RCPT TO:<>", "RCPT TO:<x", "RSET x", "RSET", "STARTTLS x",
            "", "N" * 600, "QUIT",
        )  # fmt: skip
        sent = "".join(f"{command}\r\n" for command in commands).encode()
        replies = await talk(office.port, sent)
        introduced = next(number for number, line in enumerate(replies) if line.startswith("250 HELP"))
        bare = [
            line
            for number, line in enumerate(replies)
            if line[0] in "245" and (line[4] != line[0] or line[5] != ".") and number > introduced
        ]
        assert bare == []
        assert replies[1].startswith("503 5.5.1")
        offered = {line[4:].split()[0] for line in replies[2 : introduced + 1]}
        assert offered == {
            "127.0.0.1", "SIZE", "8BITMIME", "SMTPUTF8", "STARTTLS", "PIPELINING", "ENHANCEDSTATUSCODES",
            "HELP",
        }  # fmt: skip


async def test_addresses_and_bodies_in_utf8_are_taken_as_they_are(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        sender = "jürgen@müller.test"
        sent = f"EHLO x\r\nMAIL FROM:<{sender}> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<{ADDRESS}>\r\nDATA\r\n"
        raw = mail("Grüße", sender=sender)
        replies = await talk(office.port, sent.encode(), raw + b".\r\nQUIT\r\n")
        assert replies[-2].startswith("250 2.0.0 Kept")
        [row] = await office.settled(1)
        assert row["bytes"] == raw
        assert msgspec.json.decode(row["envelope"])["mail_from"] == sender


async def test_dots_are_unstuffed_and_what_follows_a_mail_is_the_next_command(
    store: Store, tmp_path: Path
) -> None:
    async with running(store, tmp_path) as office:
        start = f"MAIL FROM:<a@b.test>\r\nRCPT TO:<{ADDRESS}>\r\nDATA\r\n".encode()
        one = b"Message-ID: <1@c>\r\n\r\n..one\r\n...\r\n.\r\n"
        two = b"Message-ID: <2@c>\r\n\r\n.two\r\n.\r\n"
        replies = await talk(office.port, b"EHLO x\r\n", start, one, start, two, b"QUIT\r\n")
        assert [line[:3] for line in replies[-9:]] == ["250", "250", "354", "250"] * 2 + ["221"]
        bodies = {row["bytes"] for row in await office.settled(2)}
        assert bodies == {b"Message-ID: <1@c>\r\n\r\n.one\r\n..\r\n", b"Message-ID: <2@c>\r\n\r\ntwo\r\n"}


async def test_commands_have_a_bound(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        replies = await talk(office.port, b"EHLO x\r\n" + b"NOOP\r\n" * 200)
        assert [line[:9] for line in replies].count("250 2.0.0") == 100
        assert replies[-1].startswith("421 4.7.0")
        replies = await talk(office.port, b"EHLO x\r\n" + b"BOGUS\r\n" * 200)
        assert len(replies) < 30
        assert replies[-1].startswith("502 5.5.1")
