"""Mail servers that others wrote, or would write: swaks, and a relay that comes again."""

from __future__ import annotations

import asyncio
import shutil
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from connectors.mail.parse import parse
from server.store import mails
from server.store.pool import Store
from tests.channels.office import ADDRESS, Office, mail, running
from tests.channels.retrying import RetryingRelay, losing_answers

SWAKS = shutil.which("swaks")
swaks_is_here = pytest.mark.skipif(SWAKS is None, reason="swaks is not here (Debian: swaks)")
# What swaks exits with (swaks(1), EXIT CODES).
AT_AUTH, AT_RCPT, AT_DATA = 28, 24, 26


async def swaks(*words: str) -> tuple[int, str]:
    """Its exit code and the whole conversation."""
    common = ("--from", "carla@customer.test", "--to", ADDRESS, "--helo", "carla.test", "--timeout", "60")
    process = await asyncio.create_subprocess_exec(
        str(SWAKS), *common, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(120):
        told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode("utf-8", "replace")


def server(port: int) -> tuple[str, str]:
    return "--server", f"127.0.0.1:{port}"


async def only_mail(office: Office) -> Any:
    """What the one mail says."""
    [row] = await office.settled(1)
    return parse(row["bytes"])


@swaks_is_here
async def test_swaks_delivers_a_mail_with_a_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "offer.txt").write_text("Two lamps")
    async with running(store, tmp_path) as office:
        code, told = await swaks(
            *server(office.port), "--header", "Subject: Lampe für März", "--body", "Hallo\n.\nGrüße",
            "--attach-type", "text/plain", "--attach", f"@{tmp_path / 'offer.txt'}", "--pipeline",
        )  # fmt: skip
        assert code == 0, told
        got = await only_mail(office)
        assert got.subject == "Lampe für März"
        assert got.text == "Hallo\n.\nGrüße"
        assert [(file.name, file.data) for file in got.attachments] == [("offer.txt", b"Two lamps")]
        [said] = await office.said()
        assert said["content"].split() == ["Hallo", ".", "Grüße"]


@swaks_is_here
@pytest.mark.parametrize("how", ["PLAIN", "LOGIN"])
async def test_swaks_signs_in_over_tls_only(store: Store, tmp_path: Path, how: str) -> None:
    async with running(
        store, tmp_path, smtps_port=0, smtp_user="relay", smtp_password="a password"
    ) as office:
        user = ("--auth", how, "--auth-user", "relay", "--auth-password")
        implicit = office.post.listener.tls_port
        assert implicit is not None
        assert (await swaks(*server(office.port), "--tls", *user, "a password"))[0] == 0
        assert (await swaks(*server(implicit), "--tls-on-connect", *user, "a password"))[0] == 0
        assert (await swaks(*server(office.port), "--tls", *user, "wrong"))[0] == AT_AUTH
        assert (await swaks(*server(office.port), *user, "a password"))[0] == AT_AUTH
        assert len(await office.settled(2)) == 2


@swaks_is_here
async def test_swaks_is_refused_what_nobody_may(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path, max_mail_bytes=2000) as office:
        elsewhere, told = await swaks(*server(office.port), "--to", "anybody@elsewhere.test")
        assert (elsewhere, "550 5.1.1" in told) == (AT_RCPT, True), told
        large, told = await swaks(*server(office.port), "--body", "x" * 3000)
        assert (large, "552 5.3.4" in told) == (AT_DATA, True), told
        assert await office.rows("SELECT 1 FROM raw_mails WHERE workspace_id = $1") == []


@swaks_is_here
async def test_swaks_behind_a_proxy_is_who_the_proxy_says(store: Store, tmp_path: Path) -> None:
    here = (ip_network("127.0.0.0/8"),)
    async with running(store, tmp_path, smtp_proxy_protocol=True, trusted_proxies=here) as office:
        code, told = await swaks(
            *server(office.port), "--proxy-version", "2", "--proxy-family", "AF_INET", "--proxy-source",
            "192.0.2.7", "--proxy-source-port", "1025", "--proxy-dest", "192.0.2.1",
            "--proxy-dest-port", "25",
        )  # fmt: skip
        assert code == 0, told
        [row] = await office.settled(1)
        assert '"peer":"192.0.2.7"' in row["envelope"].replace(" ", "")


@swaks_is_here
async def test_swaks_delivers_by_lmtp(store: Store, tmp_path: Path) -> None:
    folder = Path("/tmp") / f"parley-swaks-{id(store)}"
    folder.mkdir()
    try:
        path = folder / "lmtp"
        async with running(store, tmp_path, lmtp_socket=path) as office:
            code, told = await swaks("--socket", str(path), "--protocol", "LMTP", "--body", "By a socket")
            assert code == 0, told
            assert (await only_mail(office)).text.strip() == "By a socket"
    finally:
        (folder / "lmtp").unlink(missing_ok=True)
        folder.rmdir()


async def test_a_relay_that_is_put_off_comes_again_and_each_mail_is_one_message(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """450 for its rate, 451 while storage is away, and two answers that never reach it."""
    add_mails, outages = mails.add_mails, [True, True]

    async def sometimes(*given: Any) -> None:
        if outages:
            outages.pop()
            raise asyncpg.CannotConnectNowError("the database system is starting up")
        await add_mails(*given)

    monkeypatch.setattr(mails, "add_mails", sometimes)
    async with (
        running(store, tmp_path, trusted_relays=(), rate_smtp_ip="4/minute") as office,
        losing_answers(office.port, 2) as port,
    ):
        relay = RetryingRelay(port, ADDRESS)
        office.post.listener._peers._strangers._clock = lambda: 60.0 * relay.rounds  # it comes once a minute
        relay.queue = [mail(f"Mail {n}", message_id=f"<{n}@customer.test>") for n in range(12)]
        await relay.deliver()
        assert {0, 250, 450, 451} == set(relay.answers)
        assert relay.answers.count(0) == 2
        kept = await office.settled(14)
        assert len(kept) == 14  # what was kept and not answered came again
        texts = [row["content"] for row in await office.said()]
        assert sorted(texts) == sorted(f"Mail {n}" for n in range(12))
