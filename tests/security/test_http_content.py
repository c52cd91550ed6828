"""Rows X2, X3, I3, D3–D5 and F3 over HTTP: files, policies, bounds, injection, secrets, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
import structlog

from server.clock import now
from server.http.api import OPERATIONS
from server.http.edge import surface_of
from server.http.uploads import clean_name
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
FILES = [
    ("x.svg", "image/svg+xml", SCRIPT),
    ("x.html", "text/html", b"<script>alert(1)</script>"),
    ("x.xml", "text/xml", b"<?xml version='1.0'?><a/>"),
    ("x.pdf", "application/pdf", b"%PDF-1.4 /JavaScript"),
    ("x.png", "image/png", b"<script>alert(1)</script>"),
    ("x.js", "image/jpeg", b"alert(1)"),
    (".htaccess", "text/plain", b"AddType text/html .txt"),
]
NAMES = {
    "in\u200bvoice.ph\u200bt": "invoice.pht",
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "photo\u202egpj.exe.txt": "photogpj.exe.txt",
    "a\x00b.txt": "ab.txt",
    ".htaccess": "htaccess",
    " . . ": "file",
    "x" * 4096 + ".txt": "x" * 196 + ".txt",
    'quo"te;\r\nX: y.txt': "quo_te;X_ y.txt",
}


async def send(desk: HttpDesk, name: str, kind: str, content: bytes) -> Any:
    return await desk.bob.post("/attachments", files={"file": (name, content, kind)})


async def fetch(desk: HttpDesk, url: str, **headers: str) -> Any:
    return await desk.nobody.get("/" + url, headers=headers)


async def test_no_file_can_run_in_a_browser(store: Store, tmp_path: Path) -> None:
    """Row X2."""
    async with serving(store, tmp_path) as desk:
        for name, kind, content in FILES:
            sent = await send(desk, name, kind, content)
            if name == "x.js":
                assert sent.status_code == 415
                continue
            assert sent.status_code == 201, sent.text
            got = await fetch(desk, sent.json()["url"])
            assert got.content == content
            assert got.headers["content-disposition"].startswith("attachment;"), name
            assert got.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in got.headers["content-security-policy"]
            assert got.headers["content-type"] in (
                "application/octet-stream",
                "application/pdf",
                "text/plain",
            )
            assert "set-cookie" not in got.headers


async def test_only_images_by_their_content_are_shown_in_place(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        sent = await send(desk, "a.txt", "text/html", b"\x89PNG\r\n\x1a\n" + b"0" * 50)
        assert sent.json()["mime_type"] == "image/png"
        got = await fetch(desk, sent.json()["url"])
        assert got.headers["content-disposition"].startswith("inline;")
        for magic in (b"MZ\x90\x00", b"\x7fELF\x02"):
            assert (await send(desk, "a.txt", "text/plain", magic)).status_code == 415


async def test_names_are_cleaned_where_they_come_in(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        for name, cleaned in NAMES.items():
            if re.search(r'[\x00-\x1f"]', name):  # no form can carry it: see the unit test
                assert clean_name(name) == cleaned
                continue
            disposition = f'form-data; name="file"; filename="{name}"'
            body = (
                f"--b\r\nContent-Disposition: {disposition}\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n"
            )
            sent = await desk.bob.ask(
                "POST",
                "/attachments",
                content=body.encode(),
                headers={"content-type": "multipart/form-data; boundary=b"},
            )
            assert sent.status_code == 201, (name, sent.text)
            assert sent.json()["filename"] == cleaned


async def test_a_link_is_for_one_file_and_a_short_time(store: Store, tmp_path: Path) -> None:
    """Row I3."""
    async with serving(store, tmp_path) as desk:
        one = (await send(desk, "a.txt", "text/plain", b"one")).json()
        two = (await send(desk, "b.txt", "text/plain", b"two")).json()
        proof = one["url"].partition("?")[2]
        for url in (
            f"/api/v1/attachments/{two['id']}/content?{proof}",
            one["url"].replace("sig=", "sig=x"),
            one["url"][:-3],
            re.sub(r"expires=\d+", "expires=99999999999", one["url"]),
            f"/api/v1/attachments/{UUID(int=5)}/content?{proof}",
        ):
            assert (await fetch(desk, url)).status_code == 404, url
        old = desk.state.links.url(UUID(one["id"]), now().timestamp() - 3 * 3600)
        assert (await fetch(desk, old)).status_code == 404
        assert (await fetch(desk, one["url"].partition("?")[0])).status_code == 422
        for stranger in (desk.alice, desk.olga, desk.charlie, desk.vic):
            assert (await stranger.get(f"/attachments/{one['id']}")).status_code == 404


async def test_a_thousand_ranges_are_one_answer(store: Store, tmp_path: Path) -> None:
    """Row D3."""
    async with serving(store, tmp_path) as desk:
        url = (await send(desk, "a.txt", "text/plain", b"0123456789")).json()["url"]
        many = await fetch(desk, url, range="bytes=" + ",".join(["0-"] * 10_000))
        assert (many.status_code, many.content) == (200, b"0123456789")
        part = await fetch(desk, url, range="bytes=2-4")
        assert (part.status_code, part.content, part.headers["content-range"]) == (
            206, b"234", "bytes 2-4/10",
        )  # fmt: skip
        assert (await fetch(desk, url, range="bytes=-3")).content == b"789"
        beyond = await fetch(desk, url, range="bytes=10-")
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */10")


async def test_forms_and_bodies_are_bounded(store: Store, tmp_path: Path) -> None:
    """Row D3."""
    async with serving(store, tmp_path, max_attachment_bytes=100_000) as desk:
        parts = b"".join(
            b'--b\r\nContent-Disposition: form-data; name="p"\r\n\r\nx\r\n' for _ in range(100_000)
        )
        kind = {"content-type": "multipart/form-data; boundary=b"}
        many = await desk.bob.ask("POST", "/attachments", content=parts, headers=kind)
        assert many.status_code in (400, 413)
        assert (await send(desk, "a.bin", "text/plain", b"x" * 100_001)).status_code == 413
        says = {**kind, "content-length": str(1024**3)}
        huge = await desk.bob.ask("POST", "/attachments", content=b"x", headers=says)
        assert huge.status_code == 413
        assert not [p for p in (tmp_path / "attachments").rglob("*") if p.is_file()]
        deep = b'{"subject":' + b"[" * 100_000
        answer = await desk.bob.ask(
            "POST", "/tickets", content=deep, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422)
        large = await desk.bob.post("/tickets", {"subject": "x" * 2_000_000, "description": "x"})
        assert large.status_code == 413


INJECTIONS = ("' OR 1=1 --", "1; DROP TABLE tickets", "%", "_", "\\", "tenant = B OR", "(", "a & | !", '"')


async def test_no_filter_or_order_reaches_the_statement(store: Store, tmp_path: Path) -> None:
    """Row D4: every query parameter of every list."""
    async with serving(store, tmp_path) as desk:
        await desk.ticket()
        for it in OPERATIONS:
            if it.method != "GET" or it.query_type is None or it.path_type is not None:
                continue
            fields = [field.encode_name for field in msgspec.structs.fields(it.query_type)]
            for name in fields:
                for text in INJECTIONS:
                    answer = await desk.alice.get(f"{it.path}?{quote(name)}={quote(text)}")
                    assert answer.status_code in (200, 422), (it.name, name, text)
        assert len((await desk.bob.get("/tickets")).json()["data"]) == 1
        for text in ("%", "_", "' OR 1=1 --"):
            found = await desk.bob.get(f"/customers?q={quote(text)}")
            assert found.json()["data"] == []


async def test_no_secret_is_read_back_or_logged(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Row D5."""
    canary = "canary-b7e1d0"
    caplog.set_level(logging.DEBUG)
    async with serving(store, tmp_path) as desk:
        inbox = {"host": "mail.test", "username": "u", "password": canary}
        settings = {"smtp": inbox, "imap": inbox, "webhook_signing_key": canary}
        answers = [await desk.alice.patch(f"/inboxes/{desk.people.mail}", {"settings": settings})]
        assert answers[0].status_code == 200
        new = {"name": "N", "email": "n@desk.test", "password": canary}
        answers.append(await desk.alice.post("/agents", new))
        body = {"email": "n@desk.test", "password": canary}
        answers.append(await desk.nobody.post("/session", body))
        answers.append(await desk.nobody.post("/session", {**body, "password": canary + "x"}))
        answers.append(await desk.client(f"parley_{canary}").get("/tickets"))
        for it in OPERATIONS:
            if it.method == "GET" and it.path_type is None:
                answers.append(await desk.alice.get(it.path))
        answers.append(await desk.nobody.get("//metrics", headers={}))
        for answer in answers:
            assert canary not in answer.text
        async with store.read(desk.people.workspace_id) as db:
            for table in ("inboxes", "agents", "sessions", "api_tokens", "idempotency_keys"):
                for row in await db.fetch(f"SELECT {table}::text AS whole FROM {table}"):
                    assert canary not in row["whole"]
                    assert canary.encode().hex() not in row["whole"]
    printed = capsys.readouterr()
    assert canary not in printed.out + printed.err + caplog.text


async def test_a_bug_tells_nothing_but_its_request(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[Any] = []
    structlog.configure(processors=[lambda _, __, event: logged.append(event) or "" or ""])
    async with serving(store, tmp_path) as desk:

        async def fail(*_: Any) -> None:
            raise RuntimeError("password=hunter2")

        monkeypatch.setattr("server.queries.views.list_views", fail)
        answer = await desk.bob.get("/views")
        structlog.reset_defaults()
        assert answer.status_code == 500
        assert "hunter2" not in answer.text and "Traceback" not in answer.text
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert [event["request_id"] for event in logged if "request_id" in event] == [
            answer.json()["request_id"]
        ]


async def test_every_surface_has_a_strict_policy(store: Store, tmp_path: Path) -> None:
    """Row X3."""
    async with serving(store, tmp_path) as desk:
        for folder in ("console", "widget", "demo"):
            (tmp_path / "static" / folder).mkdir(parents=True)
            (tmp_path / "static" / folder / "index.html").write_text("<!doctype html>")
        (tmp_path / "static" / "widget.js").write_text("1")
        await desk.alice.patch(
            f"/inboxes/{desk.people.chat}",
            {"settings": {"allowed_origins": ["https://shop.example"]}},
        )
        framed = f"//widget/?inbox={desk.people.chat}&origin=https%3A%2F%2Fshop.example"
        pages = ["//", "//tickets/1", "//demo/", "//help/", "//docs", framed, "//widget/", "/tickets"]
        for page in pages:
            answer = await desk.nobody.get(page)
            policy = dict(
                part.strip().partition(" ")[::2]
                for part in answer.headers["content-security-policy"].split(";")
            )
            assert policy["default-src"] == "'none'", page
            assert "unsafe" not in policy.get("script-src", ""), page
            assert policy["report-uri"] == "/csp-reports"
            expected = "'none'"
            if page.startswith("//widget/"):
                expected = "'self' https://shop.example" if "inbox" in page else "'self'"
            assert policy["frame-ancestors"] == expected, page
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert ("x-frame-options" in answer.headers) == (not page.startswith("//widget"))
        report = {"csp-report": {"violated-directive": "script-src 'self'", "document-uri": "x"}}
        assert (await desk.nobody.post("//csp-reports", report)).status_code == 204
        assert (await desk.nobody.post("//csp-reports", {"x": "y" * 20_000})).status_code == 413
        for odd in (b"[" * 16_000, b"\xff", b'{"csp-report": {"effectiveDirective": "\xff"}}'):
            assert (await desk.nobody.ask("POST", "//csp-reports", content=odd)).status_code == 204


def test_every_address_has_a_surface() -> None:
    assert surface_of("/api/v1/tickets").name == "API"
    assert surface_of("/anything").name == "CONSOLE"


MAIL = b"From: carla@customer.test\r\nTo: support@example.test\r\nSubject: Hi\r\n\r\nHello\r\n"


async def test_mail_is_posted_with_a_proof_only(store: Store, tmp_path: Path) -> None:
    """Row F3."""
    async with serving(store, tmp_path) as desk:
        path = f"/webhooks/inbound-email?inbox={desk.people.mail}"
        token = (await desk.alice.post(f"/inboxes/{desk.people.mail}/token")).json()["token"]
        raw = {"content": MAIL, "headers": {"content-type": "message/rfc822"}}
        for client in (desk.nobody, desk.client("wrong"), desk.alice):
            assert (await client.ask("POST", path, **raw)).status_code == 401
        assert (await desk.client(token).ask("POST", path, **raw)).status_code == 202
        assert (await desk.nobody.ask("POST", f"{path}&token={token}", **raw)).status_code == 202
        assert [mail.body for mail in desk.mails] == [MAIL, MAIL]
        elsewhere = f"/webhooks/inbound-email?inbox={UUID(int=9)}"
        assert (await desk.client(token).ask("POST", elsewhere, **raw)).status_code == 401


async def test_a_signature_holds_once_and_for_five_minutes(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/webhooks/inbound-email?inbox={desk.people.mail}"
        await desk.alice.patch(f"/inboxes/{desk.people.mail}", {"settings": {"webhook_signing_key": "key-1"}})

        async def post(token: str, seconds_ago: int = 0, key: str = "key-1") -> int:
            stamp = str(int(time.time()) - seconds_ago)
            signature = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
            form = {"timestamp": stamp, "token": token, "signature": signature, "body-mime": "x"}
            answer = await desk.nobody.ask("POST", path, data=form)
            return int(answer.status_code)

        assert await post("a") == 202
        assert await post("a") == 401
        assert await post("b", seconds_ago=301) == 401
        assert await post("c", key="key-2") == 401
        assert await post("d") == 202
