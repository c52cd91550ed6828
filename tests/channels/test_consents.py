"""Consent to fetch a mailbox: asked for in the settings, given at the provider, brought back, and used."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from connectors.fetch.fetch import Fetcher
from connectors.trials import Trials
from server import clock
from server.store.pool import Store
from server.store.vault import Secrets, Vault
from tests.channels.dovecot import Dovecot
from tests.channels.oauth_server import TokenServer, token_server
from tests.channels.office import running
from tests.channels.test_imap import numbered
from tests.channels.test_imap_folders import boxes, fetch, new_user
from tests.http_desk import SECRET_KEY, HttpDesk, serving

RETURNS_TO = "http://desk.test/settings/consent"
TOKENS = (
    {"access_token": "by code", "expires_in": 1, "refresh_token": "lasting"},
    {"access_token": "fresh", "expires_in": 3600},
)
ENDED = Secrets(imap_refresh_token="before")


def consent(store: Store) -> Any:
    """What a desk does with codes, but that it may ask this machine."""
    return Trials(store, Vault(SECRET_KEY), Fetcher(lambda _: True, None)).consent


def parts(url: str) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


async def with_oauth(desk: HttpDesk, provider: TokenServer, user: str = "us@provider.test") -> str:
    """The mail inbox of a desk, which fetches from a provider that nobody has consented at yet."""
    oauth = {"token_url": provider.url, "authorize_url": provider.authorize_url, "client_id": "desk"}
    imap = {"host": "imap.x.test", "port": 993, "username": user, "security": "tls", "folder": "INBOX"}
    settings = {**imap, "auth": "xoauth2", "oauth": {**oauth, "scope": "mail offline"}}
    async with desk.state.store.write(desk.people.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = jsonb_build_object('imap', $2::jsonb), secrets = $3 WHERE id = $1",
            desk.people.mail,
            msgspec.json.encode(settings).decode(),
            desk.state.vault.seal_secrets(Secrets(imap_client_secret="hush", token="webhook")),
        )
    return f"/inboxes/{desk.people.mail}/consents"


async def kept(desk: HttpDesk) -> Secrets:
    async with desk.state.store.read(desk.people.workspace_id) as db:
        sealed = await db.fetchval("SELECT secrets FROM inboxes WHERE id = $1", desk.people.mail)
    return desk.state.vault.open_secrets(sealed)


async def test_a_consent_is_asked_for_given_and_kept_sealed(store: Store, tmp_path: Path) -> None:
    async with (
        token_server(0, *TOKENS) as provider,
        serving(store, tmp_path, trade_code=consent(store)) as desk,
    ):
        path = await with_oauth(desk, provider)
        page = (await desk.alice.post(path)).json()
        asked = parts(page["url"])
        assert page["returns_to"] == RETURNS_TO
        assert {name: asked[name] for name in asked if name not in ("state", "code_challenge")} == {
            "response_type": "code", "client_id": "desk", "redirect_uri": RETURNS_TO, "scope": "mail offline",
            "code_challenge_method": "S256", "login_hint": "us@provider.test", "access_type": "offline",
            "prompt": "consent",
        }  # fmt: skip
        given = parts(provider.consent(page["url"]))
        answer = await desk.alice.post("/consents", given)
        assert (answer.status_code, answer.json()) == (200, {"inbox_id": str(desk.people.mail)})
        [form] = provider.asked
        verifier = form.pop("code_verifier")
        assert form == {
            "grant_type": "authorization_code", "client_id": "desk", "client_secret": "hush",
            "code": "code-1", "redirect_uri": RETURNS_TO,
        }  # fmt: skip
        assert len(verifier) >= 43
        assert verifier not in page["url"]
        assert await kept(desk) == Secrets(
            imap_client_secret="hush", imap_refresh_token="lasting", token="webhook"
        )


async def test_mail_is_fetched_at_once_with_what_a_consent_gave_in_place_of_what_ended(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = new_user()
    dovecot.deliver(user, numbered(1))
    async with (
        token_server(dovecot.token_port, *TOKENS) as provider,
        running(store, tmp_path) as office,
        serving(store, tmp_path, people=office.desk, trade_code=consent(store)) as desk,
    ):
        provider.good["fresh"] = user
        provider.ended.add("before")
        office.post.fetching._fetcher = Fetcher(lambda _: True, None)
        oauth = {"token_url": provider.url, "authorize_url": provider.authorize_url, "client_id": "desk"}
        await fetch(office, dovecot.port, user, auth="xoauth2", oauth=oauth, secrets=ENDED)
        await boxes(office, lambda rows: rows[0]["error"] is not None)
        page = (await desk.alice.post(f"/inboxes/{office.desk.mail}/consents")).json()
        answer = await desk.alice.post("/consents", parts(provider.consent(page["url"])))
        assert answer.status_code == 200, answer.text
        await boxes(office, lambda rows: rows[0]["fetched"] == 1 and rows[0]["error"] is None)
        await office.settled(1)
        assert [form["grant_type"] for form in provider.asked].count("authorization_code") == 1
        assert provider.asked[-1]["refresh_token"] == "lasting"


async def test_a_consent_is_good_for_who_asked_for_ten_minutes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        token_server(0, *TOKENS) as provider,
        serving(store, tmp_path, trade_code=consent(store)) as desk,
    ):
        path = await with_oauth(desk, provider)
        assert (await desk.bob.post(path)).status_code == 403
        assert (await desk.charlie.post(path)).status_code == 404
        given = parts(provider.consent((await desk.alice.post(path)).json()["url"]))
        same_agent = desk.client(await desk.token_of(desk.people.alice))
        for other, status in ((desk.bob, 403), (desk.charlie, 422), (same_agent, 422)):
            answer = await other.post("/consents", given)
            assert answer.status_code == status, answer.text
        sealed = desk.state.vault.seal_secrets(Secrets(token="x")).decode()
        for state in ("x", sealed, given["state"][:-2] + "AA"):
            assert (await desk.alice.post("/consents", {**given, "state": state})).status_code == 422
        late = clock.now() + timedelta(seconds=601)
        with monkeypatch.context() as later:
            later.setattr("server.http.api.consents.clock.now", lambda: late)
            answer = await desk.alice.post("/consents", given)
        assert "too long ago" in answer.json()["detail"]
        assert provider.asked == []
        assert (await kept(desk)).imap_refresh_token is None


async def test_what_the_provider_refuses_is_said_and_nothing_is_kept(store: Store, tmp_path: Path) -> None:
    only_for_now = {"access_token": "once", "expires_in": 3600}
    async with (
        token_server(0, only_for_now) as provider,
        serving(store, tmp_path, trade_code=consent(store)) as desk,
    ):
        path = await with_oauth(desk, provider)
        given = parts(provider.consent((await desk.alice.post(path)).json()["url"]))
        other = parts(provider.consent((await desk.alice.post(path)).json()["url"]))
        mixed = await desk.alice.post(
            "/consents", {**given, "code": other["code"]}
        )  # another verifier's code
        assert (mixed.status_code, "invalid_grant" in mixed.json()["detail"]) == (422, True)
        short = await desk.alice.post("/consents", given)
        assert (short.status_code, "no refresh token" in short.json()["detail"]) == (422, True)
        assert (await kept(desk)).imap_refresh_token is None


async def test_an_inbox_with_a_password_asks_for_no_consent(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        answer = await desk.alice.post(f"/inboxes/{desk.people.mail}/consents")
        assert answer.status_code == 422
