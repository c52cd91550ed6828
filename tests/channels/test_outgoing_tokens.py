"""Relays that take tokens only (XOAUTH2): signed in with the account that the inbox fetches with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.fetch.fetch import Fetcher
from connectors.mail.parse import parse
from connectors.outgoing.accounts import Accounts
from connectors.trials import Trials
from server.store.inboxes import find_inbox
from server.store.pool import Store
from server.store.vault import Secrets
from tests.channels.oauth_server import TokenServer, token_server
from tests.channels.office import Office, mail, running
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive
from tests.channels.test_outgoing_relays import now_all, tried

USER = "us@provider.test"
SECRETS = Secrets(imap_client_secret="hush", imap_refresh_token="lasting", token="webhook")
FIRST = {"access_token": "first", "expires_in": 3600}
SECOND = {"access_token": "second", "expires_in": 3600, "refresh_token": "next"}


@asynccontextmanager
async def with_account(store: Store, folder: Path, *answers: Any) -> AsyncIterator[tuple[Any, ...]]:
    """An office whose relay wants the tokens of a provider, and one customer's mail in it."""
    async with (
        token_server(0, *answers) as provider,
        Sink().open(by_token=True) as sink,
        running(store, folder) as office,
    ):
        here = Fetcher(lambda _: True, None)
        office.post.sender._handing._accounts = Accounts(store, office.vault, here)
        await use_account(office, provider, sink.port)
        await receive(office, mail(), 1)
        yield provider, sink, office, Trials(store, office.vault, here)


async def use_account(office: Office, provider: TokenServer, port: int) -> None:
    """Nothing is fetched: nobody listens where the mailbox should be."""
    oauth = {"token_url": provider.url, "client_id": "desk", "scope": "mail send"}
    imap = {"host": "127.0.0.1", "port": 1, "username": USER, "security": "tls", "folder": "INBOX"}
    smtp = {"host": "127.0.0.1", "port": port, "username": USER, "security": "none", "auth": "xoauth2"}
    settings = {"imap": {**imap, "auth": "xoauth2", "oauth": oauth}, "smtp": smtp}
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = $2, secrets = $3 WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode(settings).decode(),
            office.vault.seal_secrets(SECRETS),
        )


async def kept(office: Office) -> Secrets:
    [row] = await office.rows(
        "SELECT secrets FROM inboxes WHERE workspace_id = $1 AND id = $2", office.desk.mail
    )
    return office.vault.open_secrets(row["secrets"])


def refreshes(provider: TokenServer) -> list[str]:
    """What was asked for sending; the mailbox, which nobody answers for, asks as well."""
    return [form["refresh_token"] for form in provider.asked]


async def test_replies_leave_with_one_token_as_long_as_it_is_good(store: Store, tmp_path: Path) -> None:
    async with with_account(store, tmp_path, FIRST) as (provider, sink, office, _):
        sink.good["first"] = USER
        await answer(office, "Hello")
        await tried(office, 1)
        await answer(office, "Again")
        rows = await tried(office, 2)
        assert [row["state"] for row in rows] == ["sent", "sent"]
        assert [parse(raw).reply_text for raw in sink.mails] == ["Hello", "Again"]
        assert set(sink.tokens) == {"first"}
        assert provider.asked[0]["scope"] == "mail send"
        assert provider.asked[0]["client_secret"] == "hush"


async def test_a_token_that_has_ended_early_is_replaced_before_anybody_hears_of_it(
    store: Store, tmp_path: Path
) -> None:
    async with with_account(store, tmp_path, FIRST) as (provider, sink, office, _):
        sink.good["first"] = USER
        await answer(office, "Hello")
        await tried(office, 1)
        sink.good = {"second": USER}
        provider.answers[:] = [SECOND]
        await answer(office, "Again")
        rows = await tried(office, 2)
        assert [(row["state"], row["attempts"]) for row in rows] == [("sent", 1), ("sent", 1)]
        assert sink.tokens[-2:] == ["first", "second"]
        assert (await kept(office)).imap_refresh_token == "next"
        assert (await kept(office)).token == "webhook"
        assert not [said for said in await office.said() if said["type"] == "note"]


async def test_an_account_that_lets_nobody_in_is_told_on_the_ticket_and_sends_once_it_is_connected(
    store: Store, tmp_path: Path
) -> None:
    async with with_account(store, tmp_path, FIRST) as (provider, sink, office, _):
        sink.good["first"] = USER
        provider.ended.add("lasting")
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        assert (row["state"], row["attempts"]) == ("queued", 1)
        assert "invalid_grant" in row["error"]
        [note] = [said["content"] for said in await office.said() if said["type"] == "note"]
        assert "connect it again" in note
        consented = msgspec.structs.replace(SECRETS, imap_refresh_token="consented")
        async with store.write(office.desk.workspace_id) as db:
            sealed = office.vault.seal_secrets(consented)
            await db.execute("UPDATE inboxes SET secrets = $2 WHERE id = $1", office.desk.mail, sealed)
            await db.execute("UPDATE outgoing_mails SET error = NULL")
        await now_all(office)
        [row] = await tried(office, 1)
        assert row["state"] == "sent"
        assert "consented" in refreshes(provider)


@pytest.mark.parametrize("trouble", ["503 Service Unavailable", "429 Too Many Requests"])
async def test_a_provider_in_trouble_is_waited_for_without_a_word_to_anybody(
    store: Store, tmp_path: Path, trouble: str
) -> None:
    """Planted bug that was seen: whoever gives no token has ended the consent."""
    async with with_account(store, tmp_path, FIRST) as (provider, sink, office, _):
        sink.good["first"] = USER
        provider.trouble = trouble
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        assert (row["state"], trouble[:3] in row["error"]) == ("queued", True)
        provider.trouble = ""
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("UPDATE outgoing_mails SET error = NULL")
        await now_all(office)
        [row] = await tried(office, 1)
        assert row["state"] == "sent"
        assert not [said for said in await office.said() if said["type"] == "note"]


async def test_a_trial_signs_in_with_a_token_and_says_why_it_cannot(store: Store, tmp_path: Path) -> None:
    async with with_account(store, tmp_path, FIRST) as (provider, sink, office, trials):
        workspace_id = office.desk.workspace_id
        async with store.read(workspace_id) as db:
            inbox = await find_inbox(db, workspace_id, office.desk.mail)

        async def last_step() -> tuple[str, bool, str]:
            step = (await trials.smtp(workspace_id, inbox, SECRETS))[-1]
            return step.name, step.ok, step.detail

        name, ok, detail = await last_step()
        assert (name, ok) == ("sign_in", False)
        assert "535" in detail
        sink.good["first"] = USER
        assert (await last_step())[:2] == ("leave", True)
        provider.ended.add("lasting")
        name, ok, detail = await last_step()
        assert (name, ok, "invalid_grant" in detail) == ("sign_in", False, True)
        assert sink.mails == []
        assert set(sink.tokens) == {"first"}
