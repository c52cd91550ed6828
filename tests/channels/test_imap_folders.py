"""Folders, tokens, what happens after an import, large mailboxes, and the nightly comparison."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.fetch.fetch import Fetcher
from connectors.imap import mailbox as mailbox_module
from connectors.imap.mailbox import Account
from connectors.imap.reconciling import reconcile
from connectors.imap.trial import try_mailbox
from connectors.smtp.certificate import own_certificate, tls_context
from server.clock import new_id
from server.store.pool import Store
from server.store.vault import Secrets
from tests.channels.dovecot import PASSWORD, Dovecot
from tests.channels.oauth_server import token_server
from tests.channels.office import Office, running, until
from tests.channels.test_imap import numbered

LARGE = 20_000 if os.environ.get("PARLEY_SOAK") else 2_000


async def fetch(office: Office, port: int, user: str, **more: Any) -> None:
    """Let the desk's mail inbox fetch a mailbox, with these settings."""
    secrets = more.pop("secrets", Secrets(imap_password=PASSWORD))
    imap = {
        "host": "127.0.0.1", "port": port, "username": user, "security": "none", "folder": "INBOX", **more
    }  # fmt: skip
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = $2, secrets = $3, updated_at = now() WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode({"imap": imap}).decode(),
            office.vault.seal_secrets(secrets),
        )


async def boxes(office: Office, good: Callable[[list[Any]], bool]) -> list[Any]:
    """The rows of mailboxes by folder, once they are so."""

    async def look() -> list[Any] | None:
        found = await office.rows("SELECT * FROM mailboxes WHERE workspace_id = $1 ORDER BY folder")
        return found if found and good(found) else None

    rows: list[Any] = await until(look, 60 + LARGE / 10)
    return rows


def new_user() -> str:
    return f"u{new_id().hex}"


async def test_several_folders_are_fetched_whatever_their_names(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1))
    dovecot.deliver(user, numbered(2), folder="Entw&APw-rfe")
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user, folders=["Entwürfe", "Gone", "INBOX"])
        await office.settled(2)
        found = await boxes(office, lambda rows: len(rows) == 3)
        assert {row["folder"]: row["fetched"] for row in found} == {"Entwürfe": 1, "Gone": 0, "INBOX": 1}
        gone = await boxes(office, lambda rows: rows[1]["error"] is not None)
        assert "open the folder Gone" in gone[1]["error"]
        await asyncio.to_thread(dovecot.deliver, user, numbered(3), folder="Entw&APw-rfe")
        await office.settled(3)  # pushed, as each folder idles by itself
        await fetch(office, dovecot.port, user)
        await boxes(office, lambda rows: [row["folder"] for row in rows] == ["INBOX"])


@pytest.mark.parametrize("how", [{"move_to": "Done & Gone"}, {"flag": "$Parley"}, {"flag": r"\Seen"}])
async def test_what_was_fetched_is_moved_or_flagged(
    store: Store, tmp_path: Path, dovecot: Dovecot, how: dict[str, str]
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1), numbered(2))
    with dovecot.session(user) as client:
        client.create('"Done &- Gone"')
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user, after_import=how)
        await office.settled(2)

        def done() -> int:
            with dovecot.session(user) as client:
                if "move_to" in how:
                    left = int(client.select("INBOX")[1][0] or b"0")
                    moved = int(client.select('"Done &- Gone"')[1][0] or b"0")
                    return moved if not left else 0
                client.select("INBOX")
                asked = "SEEN" if how["flag"] == r"\Seen" else f"KEYWORD {how['flag']}"
                return len(client.search(None, asked)[1][0].split())

        async def all_done() -> bool:
            return await asyncio.to_thread(done) == 2

        await until(all_done)
        assert len(await office.tickets()) == 2


async def test_what_a_broken_connection_left_is_moved_by_the_next(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1), numbered(2))
    with dovecot.session(user) as client:
        client.create("Done")
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user)
        await office.settled(2)
        await fetch(office, dovecot.port, user, after_import={"move_to": "Done"})

        def moved() -> bool:
            with dovecot.session(user) as client:
                return client.select("INBOX")[1] == [b"0"] and client.select("Done")[1] == [b"2"]

        async def all_moved() -> bool:
            return await asyncio.to_thread(moved)

        await until(all_moved)
        assert len(await office.said()) == 2


async def test_tokens_are_fetched_renewed_and_kept_sealed(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1))
    good: list[dict[str, Any]] = [
        {"access_token": "stale", "expires_in": 3600},
        {"access_token": "fresh", "expires_in": 3600, "refresh_token": "second"},
    ]
    refused = {"error": "invalid_grant"}
    async with token_server(dovecot.token_port, refused) as server, running(store, tmp_path) as office:
        server.good["fresh"] = user
        office.post.fetching._fetcher = Fetcher(lambda _: True, None)
        oauth = {"token_url": server.url, "client_id": "desk", "scope": "mail"}
        secrets = Secrets(imap_client_secret="hush", imap_refresh_token="first")
        await fetch(office, dovecot.port, user, auth="xoauth2", oauth=oauth, secrets=secrets)
        [row] = await boxes(office, lambda rows: rows[0]["error"] is not None)
        assert "invalid_grant" in row["error"]
        server.answers[:] = good
        await office.settled(1)
        assert server.asked[0] == {
            "grant_type": "refresh_token", "client_id": "desk", "client_secret": "hush",
            "refresh_token": "first", "scope": "mail",
        }  # fmt: skip
        [kept] = await office.rows(
            "SELECT secrets FROM inboxes WHERE workspace_id = $1 AND secrets IS NOT NULL"
        )
        assert b"second" not in kept["secrets"]
        opened = office.vault.open_secrets(kept["secrets"])
        assert (opened.imap_refresh_token, opened.imap_client_secret) == ("second", "hush")
        [row] = await boxes(office, lambda rows: rows[0]["fetched"] == 1)
        assert row["error"] is None


async def test_a_large_mailbox_is_resumed_and_shows_how_far_it_is(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    await asyncio.to_thread(dovecot.fill, user, [numbered(number) for number in range(LARGE)])
    async with running(store, tmp_path) as office:
        began = time.monotonic()
        await fetch(office, dovecot.port, user)
        [part] = await boxes(office, lambda rows: rows[0]["fetched"] >= LARGE // 4)
        assert part["fetched"] + part["waiting"] == LARGE
        await asyncio.to_thread(dovecot.restart)
        [whole] = await boxes(office, lambda rows: rows[0]["fetched"] >= LARGE)
        print(f"{LARGE / (time.monotonic() - began) * 60:.0f} mails a minute, with a restart")
        assert (whole["fetched"], whole["waiting"], whole["last_uid"]) == (LARGE, 0, LARGE)
        [kept] = await office.rows("SELECT count(DISTINCT uid) AS n FROM raw_mails WHERE workspace_id = $1")
        assert kept["n"] == LARGE


async def test_a_mailbox_that_is_really_numbered_anew_is_read_again_and_nothing_doubled(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1), numbered(2))
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user)
        await office.settled(2)
        [before] = await boxes(office, lambda rows: rows[0]["fetched"] == 2)
        await asyncio.to_thread(dovecot.stop)
        dovecot.renumber(user)
        await asyncio.to_thread(dovecot.start)
        await boxes(office, lambda rows: rows[0]["uidvalidity"] != before["uidvalidity"])
        await asyncio.to_thread(dovecot.deliver, user, numbered(3))
        await office.settled(5)
        assert sorted(row["subject"] for row in await office.tickets()) == ["1", "2", "3"]
        assert len(await office.said()) == 3


async def test_what_was_passed_over_is_counted_and_fetched_by_the_comparison(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, *(numbered(number) for number in range(4)))
    async with running(store, tmp_path) as office:
        async with store.write(office.desk.workspace_id) as db:
            validity = await asyncio.to_thread(validity_of, dovecot, user)
            await db.execute(
                "INSERT INTO mailboxes (workspace_id, inbox_id, mailbox, uidvalidity, last_uid)"
                " VALUES ($1, $2, $3, $4, 3)",
                office.desk.workspace_id,
                office.desk.mail,
                f"{user}@127.0.0.1:{dovecot.port}/INBOX",
                validity,
            )
        await fetch(office, dovecot.port, user)
        await office.settled(4)
        [row] = await boxes(office, lambda rows: rows[0]["compared_at"] is not None)
        assert (row["missing"], row["last_uid"]) == (3, 4)


def validity_of(dovecot: Dovecot, user: str) -> int:
    with dovecot.session(user) as client:
        client.select("INBOX")
        [validity] = client.response("UIDVALIDITY")[1]
        return int(validity or 0)


async def test_a_connection_that_falls_silent_is_given_up(
    store: Store, tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half open: the other side is gone, and nobody said so."""
    user = new_user()
    dovecot.deliver(user, numbered(1))
    monkeypatch.setattr(mailbox_module, "COMMAND_SECONDS", 1.0)
    async with running(store, tmp_path) as office, passing(dovecot.port) as line:
        await fetch(office, line.port, user)
        await office.settled(1)
        line.silent = True
        await boxes(office, lambda rows: rows[0]["error"] is not None)
        line.silent = False
        await asyncio.to_thread(dovecot.deliver, user, numbered(2))
        await office.settled(2)


class Line:
    """Passes bytes on, until it is silent: then those of open connections go nowhere, for ever."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self.port = 0
        self.silent = False
        self.tasks: set[asyncio.Task[None]] = set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        for source, target in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pass(source, target))
            self.tasks.add(task)

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        dead = False
        while data := await source.read(65536):
            dead = dead or self.silent
            if not dead:
                target.write(data)
        target.close()


@asynccontextmanager
async def passing(port: int) -> Any:
    line = Line(port)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        for task in line.tasks:
            task.cancel()
        await asyncio.gather(*line.tasks, return_exceptions=True)


async def test_a_server_that_cannot_idle_is_asked_again_and_again(
    store: Store, tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.imap.protocol.Client.has_capability", lambda client, name: name != "IDLE")
    user = new_user()
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user)
        await boxes(office, lambda rows: rows[0]["last_seen_at"] is not None)
        await asyncio.to_thread(dovecot.deliver, user, numbered(1))
        await office.settled(1)  # polled, every two seconds here


async def test_a_trial_tells_each_step(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security row D10: which certificate is refused, and why."""
    user = new_user()
    dovecot.deliver(user, numbered(1), numbered(2))

    async def tried(host: str = "localhost", **more: Any) -> list[tuple[str, bool]]:
        account = Account(
            host, more.pop("port", dovecot.tls_port), more.pop("security", "tls"), user, PASSWORD, ""
        )
        steps = await try_mailbox(msgspec.structs.replace(account, **more), ["INBOX", "Nowhere"])
        details.extend(step.detail for step in steps)
        return [(step.name, step.ok) for step in steps]

    details: list[str] = []
    refused = [("resolve", True), ("connect", True), ("certificate", False)]
    assert await tried() == refused
    assert "self-signed" in details[-1]
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    whole = [("resolve", True), ("connect", True), ("certificate", True), ("sign_in", True)]
    folders = [("folder", True), ("folder", False)]
    assert await tried() == whole + folders
    assert "INBOX: 2 mails" in details[-2]
    assert await tried(security="starttls", port=dovecot.port) == whole + folders
    assert await tried("127.0.0.1") == refused
    assert "IP address mismatch" in details[-1] or "127.0.0.1" in details[-1]
    assert await tried(password="wrong") == [*whole[:3], ("sign_in", False)]
    assert "wrong" not in " ".join(details)
    assert await tried(security="none", port=1) == [("resolve", True), ("connect", False)]
    assert await tried("no-such-host.invalid") == [("resolve", False)]


async def test_an_expired_certificate_is_refused_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security row D10."""
    monkeypatch.setattr("connectors.smtp.certificate._VALID", timedelta(hours=1))  # it began a day ago
    certificate, key = own_certificate(tmp_path, "localhost")
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=tls_context(certificate, key))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    account = Account("localhost", server.sockets[0].getsockname()[1], "tls", "carla", "pw", "")
    steps = await try_mailbox(account, ["INBOX"])
    assert (steps[-1].name, steps[-1].ok) == ("certificate", False)
    assert "expired" in steps[-1].detail
    server.close()


def test_what_is_fetched_is_named_without_its_password() -> None:
    account = Account("mail.test", 993, "tls", "carla", "hush", "INBOX")
    assert repr(account) == "Account(carla@mail.test:993/INBOX)"


async def test_an_operator_may_compare_at_any_time(store: Store, tmp_path: Path, dovecot: Dovecot) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1), numbered(2))
    async with running(store, tmp_path) as office:
        await fetch(office, dovecot.port, user, folders=["Nowhere"])
        await office.settled(2)
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("DELETE FROM raw_mails WHERE uid = 1")
        found = [each async for each in reconcile(store, office.vault)]
        assert [(each.missing, each.error is None) for each in found] == [(1, True), (0, False)]
        assert "Nowhere" in (found[1].error or "")
