"""Rows W1, W2, W4–W6, D7 and D8 over HTTP: what a visitor, and the page around them, may do."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest

from server.clock import now
from server.http.sweep import sweep
from server.store.blobs import YOUNG_SECONDS
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving

EVIL = ("https://evil.example", "null", "https://allowed.example.evil.com", "https://xallowed.example")


async def restrict(desk: HttpDesk, **settings: Any) -> str:
    """Change the chat inbox, and give it a new secret."""
    path = f"/inboxes/{desk.people.chat}"
    assert (await desk.alice.patch(path, {"settings": settings})).status_code == 200
    token: str = (await desk.alice.post(f"{path}/token")).json()["token"]
    return token


def identity(secret: str, who: str = "user-1", **claims: Any) -> str:
    given = {"sub": who, "exp": now() + timedelta(minutes=5), **claims}
    return jwt.encode({k: v for k, v in given.items() if v is not None}, secret, algorithm="HS256")


async def start(desk: HttpDesk, **body: Any) -> Any:
    return await desk.nobody.post("/widget/sessions", {"inbox_id": str(desk.people.chat), **body})


async def test_only_allowed_pages_use_an_inbox(store: Store, tmp_path: Path) -> None:
    """Row W1."""
    async with serving(store, tmp_path) as desk:
        await restrict(desk, allowed_origins=["https://allowed.example"])
        body = {"inbox_id": str(desk.people.chat)}
        for origin in EVIL:
            page = desk.client(origin=origin)
            refused = await page.post("/widget/sessions", body)
            assert refused.status_code == 403, origin
            assert "access-control-allow-origin" not in refused.headers
        allowed = desk.client(origin="https://allowed.example")
        started = await allowed.post("/widget/sessions", body)
        assert started.status_code == 201
        assert started.headers["access-control-allow-origin"] == "https://allowed.example"
        token = started.json()["token"]
        for origin in EVIL:
            page = desk.client(token, origin=origin)
            assert (await page.delete("/widget/sessions")).status_code == 403, origin
            upload = await page.post("/widget/attachments", files={"file": ("a.txt", b"a")})
            assert upload.status_code == 403, origin


async def test_no_answer_lets_a_foreign_page_use_a_sign_in(store: Store, tmp_path: Path) -> None:
    """Row D7."""
    async with serving(store, tmp_path) as desk:
        for origin in (*EVIL, "http://desk.test.evil.example"):
            for path in ("/tickets", "/session", "/widget/sessions", "/openapi.json"):
                asked = {"origin": origin, "access-control-request-method": "POST"}
                for answer in (
                    await desk.nobody.ask("OPTIONS", path, headers=asked),
                    await desk.bob.get(path, headers={"origin": origin}),
                ):
                    assert "access-control-allow-credentials" not in answer.headers
                    if not path.startswith("/widget"):
                        assert "access-control-allow-origin" not in answer.headers


async def test_an_identity_holds_only_as_the_site_signed_it(store: Store, tmp_path: Path) -> None:
    """Row W2."""
    async with serving(store, tmp_path) as desk:
        secret = await restrict(desk, identified_only=True)
        other_inbox = await desk.alice.post("/inboxes", {"name": "Other", "channel": "chat"})
        other = await desk.alice.post(f"/inboxes/{other_inbox.json()['id']}/token")
        good = identity(secret)
        head, _, signature = good.split(".")
        _, later, _ = identity(secret, exp=now() + timedelta(days=9)).split(".")
        _, somebody, _ = identity(secret, "user-2").split(".")
        wrong = {
            "none": None,
            "of another": f"{head}.{somebody}.{signature}",
            "of another inbox": identity(other.json()["token"]),
            "truncated": good[:-4],
            "later expiry": f"{head}.{later}.{signature}",
            "expired": identity(secret, exp=now() - timedelta(minutes=1)),
            "without expiry": identity(secret, exp=None),
            "without a person": identity(secret, sub=None),
            "unsigned": jwt.encode({"sub": "user-1"}, "", algorithm="none"),
            "other algorithm": jwt.encode(
                {"sub": "user-1", "exp": now() + timedelta(minutes=5)}, secret, algorithm="HS512"
            ),
        }
        for name, token in wrong.items():
            answer = await start(desk, **({} if token is None else {"identity": token}))
            assert answer.status_code == 401, name
        assert (await start(desk, identity=good)).status_code == 201


async def test_an_inbox_for_identified_people_refuses_those_who_were_there_before(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        anonymous = (await start(desk)).json()["token"]
        secret = await restrict(desk, identified_only=True)
        known = (await start(desk, identity=identity(secret))).json()["token"]
        assert (await desk.client(anonymous).delete("/widget/sessions")).status_code == 401
        assert (await desk.client(known).delete("/widget/sessions")).status_code == 204


async def test_the_secret_before_signs_nothing_any_more(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        old = await restrict(desk)
        await desk.alice.post(f"/inboxes/{desk.people.chat}/token")
        assert (await start(desk, identity=identity(old))).status_code == 401


async def test_a_visitors_token_opens_nothing_else(store: Store, tmp_path: Path) -> None:
    """Row W4: no difference between what is not theirs and what is not there."""
    async with serving(store, tmp_path) as desk:
        ticket = await desk.ticket()
        token = (await start(desk)).json()["token"]
        visitor = desk.client(token)
        people = desk.people
        for path in (
            f"/tickets/{ticket}",
            f"/tickets/{ticket}/interactions",
            f"/customers/{people.carla.id}",
            f"/inboxes/{people.chat}",
            f"/agents/{people.bob.id}",
            "/tickets",
            "/customers",
            "/session",
        ):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
        elsewhere = await desk.alice.post("/inboxes", {"name": "Other", "channel": "chat"})
        moved = await desk.nobody.post(
            "/widget/sessions", {"inbox_id": elsewhere.json()["id"], "token": token}
        )
        assert moved.json()["visitor_id"] != (await start(desk, token=token)).json()["visitor_id"]


async def test_the_next_person_at_a_shared_browser_sees_nothing(store: Store, tmp_path: Path) -> None:
    """Row W5."""
    async with serving(store, tmp_path) as desk:
        secret = await restrict(desk)
        first = (await start(desk, identity=identity(secret, email="u@x.test", name="U"))).json()
        assert first["customer"] == {"name": "U", "email": "u@x.test"}
        again = (await start(desk, identity=identity(secret), token=first["token"])).json()
        assert again["visitor_id"] == first["visitor_id"]
        # Without signing out: the token alone is not enough to go on as somebody known.
        stranger = (await start(desk, token=first["token"])).json()
        assert stranger["visitor_id"] != first["visitor_id"]
        assert (stranger["customer"], stranger["rooms"]) == ({"name": None, "email": None}, [])
        assert (await desk.client(first["token"]).delete("/widget/sessions")).status_code == 401
        # Another person of the same site.
        other = (await start(desk, identity=identity(secret, "user-2"), token=first["token"])).json()
        assert other["visitor_id"] != first["visitor_id"]
        # Signing out.
        assert (await desk.client(other["token"]).delete("/widget/sessions")).status_code == 204
        assert (await desk.client(other["token"]).delete("/widget/sessions")).status_code == 401


@pytest.mark.usefixtures("no_period_ends")
async def test_visits_are_limited_by_address_and_agents_go_on(store: Store, tmp_path: Path) -> None:
    """Row W6, the part that is HTTP."""
    async with serving(store, tmp_path) as desk:
        answers = [await start(desk) for _ in range(31)]
        assert [a.status_code for a in answers] == [201] * 30 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        elsewhere = desk.client(ip="192.0.2.50")
        body = {"inbox_id": str(desk.people.chat)}
        assert (await elsewhere.post("/widget/sessions", body)).status_code == 201
        assert (await desk.bob.get("/tickets")).status_code == 200


async def test_uploads_that_are_never_sent_are_bounded_and_removed(store: Store, tmp_path: Path) -> None:
    """Row D8."""
    async with serving(store, tmp_path) as desk:
        statuses = []
        for n in range(21):
            file = ("a.txt", f"file {n}".encode())
            statuses.append((await desk.vic.post("/widget/attachments", files={"file": file})).status_code)
        assert statuses == [201] * 20 + [413]
        async with store.write(desk.people.workspace_id) as db:
            await db.execute("UPDATE attachments SET created_at = now() - interval '25 hours'")
        blobs = [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]
        assert len(blobs) == 20
        for path in blobs:
            age(path, YOUNG_SECONDS + 1)
        await sweep(desk.state)
        assert not [path for path in blobs if path.exists()]
        again = await desk.vic.post("/widget/attachments", files={"file": ("a.txt", b"a")})
        assert again.status_code == 201


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("given", ["", "null", "*", "https://a.test/path", "javascript:x"])
async def test_only_origins_are_taken_as_allowed(store: Store, tmp_path: Path, given: str) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/inboxes/{desk.people.chat}"
        answer = await desk.alice.patch(path, {"settings": {"allowed_origins": [given]}})
        assert answer.status_code == 422


async def test_a_visitor_sees_no_other_inbox_of_ours(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for inbox in (desk.people.mail, UUID(int=7)):
            answer = await desk.nobody.post("/widget/sessions", {"inbox_id": str(inbox)})
            assert answer.status_code == 404
