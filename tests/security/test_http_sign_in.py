"""Rows J1–J8 and D6 over HTTP: tokens that are forged, sessions, passwords, and requests across sites."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from server.clock import now
from server.queries.credentials import REMEMBERED_SECONDS
from server.queries.visitor_token import AUDIENCE, ISSUER
from server.store.pool import Store
from tests.http_desk import Client, HttpDesk, serving

PASSWORD = "correct horse battery"


async def sign_in(client: Client, password: str = PASSWORD, email: str = "bob@desk.test") -> Any:
    return await client.post("/session", {"email": email, "password": password})


def claims(desk: HttpDesk, **other: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(desk.people.vic.visitor_id),
        "workspace": str(desk.people.workspace_id),
        "iat": now(),
        "exp": now() + timedelta(days=1),
        **other,
    }


def forged(desk: HttpDesk) -> dict[str, str]:
    """Row J1: what a tester's tool makes of a token that we signed."""
    key, good = desk.state.visitor_key, claims(desk)
    head, body, signature = jwt.encode(good, key, algorithm="HS256").split(".")
    made = {"empty signature": f"{head}.{body}.", "cut": f"{head}.{body}.{signature[:-2]}"}
    for name in ("none", "None", "nOnE", "NONE"):
        made[f"alg {name}"] = f"{part({'alg': name, 'typ': 'JWT'})}.{body}."
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = pair.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made["RS256"] = jwt.encode(good, pair, algorithm="RS256")
    confused = f"{head}.{body}"
    by_public = base64.urlsafe_b64encode(hmac.digest(public, confused.encode(), "sha256"))
    made["HS256 by the public key"] = f"{confused}.{by_public.decode().rstrip('=')}"
    for kid in ("../../dev/null", "' OR 1=1 --", "https://evil.example/key"):
        made[f"kid {kid}"] = jwt.encode(good, "x" * 32, algorithm="HS256", headers={"kid": kid})
    for name in ("jku", "x5u"):
        made[name] = jwt.encode(
            good, "x" * 32, algorithm="HS256", headers={name: "https://evil.example/keys"}
        )
    made["jwk"] = jwt.encode(good, "x" * 32, algorithm="HS256", headers={"jwk": {"kty": "oct", "k": "eHg"}})
    made["crit"] = jwt.encode(good, key, algorithm="HS256", headers={"crit": ["https://evil.example"]})
    made["HS512"] = jwt.encode(good, key, algorithm="HS512")
    return made


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def misused(desk: HttpDesk) -> dict[str, str]:
    """Row J2: signed with the right key, and still not for this."""
    others: dict[str, dict[str, Any]] = {
        "expired": {"exp": now() - timedelta(minutes=2)},
        "not yet": {"nbf": now() + timedelta(hours=1)},
        "other audience": {"aud": "parley.agents"},
        "audience among others": {"aud": [AUDIENCE, "x"]},
        "other issuer": {"iss": "evil"},
        "issuer that is a part": {"iss": ISSUER[:3]},
        "issuer that has more": {"iss": ISSUER + ".evil"},
        "other workspace": {"workspace": str(desk.people.other_workspace_id)},
        "no workspace": {"workspace": "none"},
        "somebody else": {"sub": "01900000-0000-7000-8000-000000000000"},
    }
    made = {}
    for name, other in others.items():
        made[name] = jwt.encode(claims(desk, **other), desk.state.visitor_key, algorithm="HS256")
    for name in ("exp", "iss", "aud", "sub", "iat"):
        missing = claims(desk)
        del missing[name]
        made[f"no {name}"] = jwt.encode(missing, desk.state.visitor_key, algorithm="HS256")
    return made


async def test_no_forged_token_is_a_visitor(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        good = jwt.encode(claims(desk), desk.state.visitor_key, algorithm="HS256")
        for name, token in {**forged(desk), **misused(desk)}.items():
            for path in ("/widget/sessions", "/session"):
                answer = await desk.client(token).delete(path)
                assert answer.status_code == 401, (name, path)
        assert (await desk.client(good).delete("/widget/sessions")).status_code == 204


async def test_an_agents_token_is_no_visitors(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.bob.delete("/widget/sessions")).status_code == 401
        assert (await desk.bob.post("/widget/attachments")).status_code == 401
        for token in ("", "parley_", "parley_x", "x" * 10_000, "a.b.c"):
            answer = await desk.client(token).get("/tickets")
            assert answer.status_code == 401, token


async def test_a_password_change_and_signing_out_end_sessions(store: Store, tmp_path: Path) -> None:
    """Row J3: at once in this process, within two seconds in others."""
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        first, second = desk.client(), desk.client()
        csrf = [(await sign_in(client)).json()["csrf_token"] for client in (first, second)]
        changed = await first.put(
            "/session/password",
            {"current_password": PASSWORD, "new_password": "another long one"},
            headers={"x-csrf-token": csrf[0]},
        )
        assert changed.status_code == 204, changed.text
        assert (await second.get("/session")).status_code == 401
        assert (await first.get("/session")).status_code == 200
        cookie = first.http.cookies["parley"]
        out = await first.delete("/session", headers={"x-csrf-token": csrf[0]})
        assert out.status_code == 204
        old = desk.client(cookie=f"parley={cookie}")
        assert (await old.get("/session")).status_code == 401


async def test_a_deactivated_agent_is_out(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        assert (await desk.bob.get("/tickets")).status_code == 200
        gone = await desk.alice.patch(f"/agents/{desk.people.bob.id}", {"active": False})
        assert gone.status_code == 200
        assert (await desk.bob.get("/tickets")).status_code == 401
        back = await desk.alice.patch(f"/agents/{desk.people.bob.id}", {"active": True})
        assert back.status_code == 200
        assert (await desk.bob.get("/tickets")).status_code == 401  # the token does not come back


async def test_a_right_that_another_process_took_is_lost_within_five_seconds(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        assert (await desk.bob.get(f"/tickets/{ticket}")).status_code == 200
        async with store.write(desk.people.workspace_id) as db:  # nobody tells this process
            await db.execute("DELETE FROM inbox_members WHERE agent_id = $1", desk.people.bob.id)
        assert REMEMBERED_SECONDS <= 5
        async with asyncio.timeout(60):  # less, with the time that a busy machine takes
            while (await desk.bob.get(f"/tickets/{ticket}")).status_code != 404:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


@pytest.mark.usefixtures("no_period_ends")
async def test_wrong_passwords_wait_and_the_owner_still_comes_in(store: Store, tmp_path: Path) -> None:
    """Row J4."""
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        thief = desk.client(ip="198.51.100.7")
        answers = [await sign_in(thief, f"guess {n}") for n in range(10)]
        assert [a.status_code for a in answers] == [401] * 5 + [429] * 5
        assert int(answers[-1].headers["retry-after"]) > 200
        assert (await sign_in(thief)).status_code == 429
        assert (await sign_in(desk.client(ip="192.0.2.1"))).status_code == 201


@pytest.mark.usefixtures("no_period_ends")
async def test_an_account_under_attack_from_everywhere_is_slow_but_open(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        monkeypatch.setattr(desk.state.limits, "_sleep", sleep)
        for n in range(10):
            assert (await sign_in(desk.client(ip=f"198.51.100.{n}"), "x")).status_code == 401
        assert not slept
        assert (await sign_in(desk.client(ip="192.0.2.1"))).status_code == 201
        assert slept == [1.5]


async def test_nothing_tells_a_known_address_from_an_unknown_one(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        known = await sign_in(desk.client(), "wrong")
        unknown = await sign_in(desk.client(), "wrong", "nobody@desk.test")
        one, other = known.json(), unknown.json()
        one.pop("request_id"), other.pop("request_id")
        assert (known.status_code, one) == (unknown.status_code, other)
        assert set(known.headers) == set(unknown.headers)


async def test_passwords_are_argon2id_and_long_ones_are_refused_before_hashing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row J6."""
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        async with store.read(desk.people.workspace_id) as db:
            stored = await db.fetchval("SELECT password_hash FROM agents WHERE id = $1", desk.people.bob.id)
        assert stored.startswith("$argon2id$")
        assert (await sign_in(desk.client(), "x" * 1025)).status_code == 413
        assert (await sign_in(desk.client(), "x" * 10_000_000)).status_code == 413
        new = {"password": "ä" * 600}  # 1 200 bytes
        answer = await desk.alice.put(f"/agents/{desk.people.bob.id}/password", new)
        assert answer.status_code == 422


@pytest.mark.usefixtures("no_period_ends")
async def test_only_configured_proxies_are_believed(store: Store, tmp_path: Path) -> None:
    """Row J7: neither the rate limit nor a sign-in follows a header that anybody can send."""
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        for n in range(5):
            forging = desk.client(**{"x-forwarded-for": f"192.0.2.{n}"})
            assert (await sign_in(forging, "wrong")).status_code == 401
        forging = desk.client(**{"x-forwarded-for": "192.0.2.77"})
        assert (await sign_in(forging, "wrong")).status_code == 429
        for name in ("x-remote-user", "remote-user", "x-forwarded-user", "x-forwarded-email"):
            answer = await desk.client(**{name: "alice@desk.test"}).get("/session")
            assert answer.status_code == 401


@pytest.mark.usefixtures("no_period_ends")
async def test_a_proxys_own_hops_are_skipped(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path, trusted_proxies="10.0.0.0/8") as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        for n in range(6):
            hops = f"192.0.2.{n}, 198.51.100.1, 10.0.0.2"  # only the last stranger counts
            proxied = desk.client(ip="10.0.0.1", **{"x-forwarded-for": hops})
            status = (await sign_in(proxied, "wrong")).status_code
            assert status == (401 if n < 5 else 429)


async def test_signing_in_makes_a_new_session_in_a_closed_cookie(store: Store, tmp_path: Path) -> None:
    """Row J8."""
    async with serving(store, tmp_path, public_url="https://desk.test") as desk:
        await desk.set_password(desk.people.bob, PASSWORD)
        answer = await sign_in(desk.client(cookie="__Host-parley=chosen-by-a-thief"))
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-parley=") and "chosen-by-a-thief" not in cookie
        flags = {flag.strip() for flag in cookie.split(";")[1:]}
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= flags
        assert not any(flag.startswith("Domain") for flag in flags)
        stolen = desk.client(cookie="__Host-parley=chosen-by-a-thief")
        assert (await stolen.get("/session")).status_code == 401


async def test_nothing_changes_by_a_cookie_alone(store: Store, tmp_path: Path) -> None:
    """Row D6."""
    async with serving(store, tmp_path) as desk:
        await desk.set_password(desk.people.alice, PASSWORD)
        browser = desk.client()
        csrf = (await sign_in(browser, email="alice@desk.test")).json()["csrf_token"]
        body = {"name": "Made across sites"}
        right = {"x-csrf-token": csrf}
        for headers in (
            {},
            {"x-csrf-token": "wrong"},
            {"origin": "https://evil.example"},
            {**right, "origin": "https://evil.example"},
            {**right, "origin": "null"},
            {**right, "origin": "http://desk.test.evil.example"},
        ):
            assert (await browser.post("/teams", body, headers=headers)).status_code == 403, headers
        text = {"content-type": "text/plain"}
        plain = await browser.ask("POST", "/teams", content=json.dumps(body), headers=text)
        assert plain.status_code == 403
        plain = await browser.ask("POST", "/teams", content=json.dumps(body), headers=text | right)
        assert plain.status_code == 415
        own = {**right, "origin": "http://desk.test"}
        assert (await browser.post("/teams", body, headers=own)).status_code == 201
        abroad = await desk.client(origin="https://evil.example").post(
            "/session", {"email": "alice@desk.test", "password": PASSWORD}
        )
        assert abroad.status_code == 403
