"""Row D5: with a canary in every secret and message, nothing that an operator or a stranger reads has one.

What people said, their names and addresses may be in Postgres and in what those who may ask are told; never
in a log, a metric, an error or the output of a command. Secrets are in no answer but the one that hands them
out.
"""

from __future__ import annotations

import json
import os
import re
import signal
import smtplib
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.acceptance.desk import EMAIL, Desk, started
from tests.fleet import lasting_ports

WORD = "canary"
SECRETS = {
    name: f"{WORD}-{name}-0123456789-0123456789-0123456789"
    for name in ("key", "password", "smtp", "imap", "signing", "login", "kafka", "wrong")
}
SAID = f"{WORD}-said"
SOMEBODY = f"{WORD}-carla@customer.test"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    env = {
        "PARLEY_SECRET_KEY": SECRETS["key"],
        "PARLEY_ADMIN_PASSWORD": SECRETS["password"],
        "PARLEY_SMTP_USER": "relay",
        "PARLEY_SMTP_PASSWORD": SECRETS["login"],
        "KAFKA_BROKERS": f"127.0.0.1:{lasting_ports(1)[0]}",
        "PARLEY_KAFKA_USER": "parley",
        "PARLEY_KAFKA_PASSWORD": SECRETS["kafka"],
        "PARLEY_LOG_LEVEL": "debug",
        "PARLEY_IMAP_POLL_SECONDS": "1",
    }
    with started(env) as running:
        yield running


class Told:
    """What was printed, logged or answered, by where."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, where: str, text: str) -> None:
        self.texts[where] = text

    def leaks(self, words: list[str]) -> list[str]:
        """Where any of the words stand, with a little of what is around."""
        pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE)
        return [
            f"{where}: …{text[max(0, found.start() - 80) : found.end() + 40]}…"
            for where, text in self.texts.items()
            for found in [pattern.search(text)]
            if found is not None
        ]


@pytest.mark.timeout(900)
def test_no_secret_and_no_message_is_told_to_anybody_else(desk: Desk) -> None:
    admin = desk.sign_in(EMAIL, SECRETS["password"])
    token = desk.run("admin", "token", "--agent", EMAIL).stdout.strip()
    mail, chat, inbox_token = configure(admin)
    visitor, ticket = use(desk, admin, mail, chat, inbox_token, token)
    told = Told()
    misuse(desk, told, mail)
    crash_postgres(desk)
    read_back(admin, told)
    for words in (["check"], ["replay", ticket["id"]], ["replay", str(ticket["number"])], ["rebuild"]):
        ended = desk.run(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        told.add(" ".join(words[:1]), ended.stdout + ended.stderr)

    secrets = [*SECRETS.values(), token, visitor["token"], inbox_token]
    assert told.leaks(secrets) == []
    outside = Told()
    outside.texts = {name: text for name, text in told.texts.items() if not name.startswith("GET")}
    for complaint in ("mailbox_failed", "kafka_not_ok"):
        until(lambda: complaint in desk.log.read_text())  # noqa: B023 - there is something to tell
    outside.add("log", desk.log.read_text())
    outside.add("postgres log", (desk.folder / "data/postgres.log").read_text())
    assert outside.leaks([*secrets, WORD]) == []


def configure(admin: httpx2.Client) -> tuple[str, str, str]:
    """A relay and a mailbox that cannot be reached, with passwords; the inboxes' ids and a token."""
    (port,) = lasting_ports(1)
    inboxes = {inbox["channel"]: inbox["id"] for inbox in admin.get("inboxes").json()["data"]}
    box = {"host": "127.0.0.1", "port": port, "username": "box", "security": "none"}
    settings = {
        "smtp": {**box, "password": SECRETS["smtp"]},
        "imap": {**box, "password": SECRETS["imap"]},
        "webhook_signing_key": SECRETS["signing"],
    }
    changed = admin.patch(f"inboxes/{inboxes['email']}", json={"settings": settings})
    assert changed.status_code == 200, changed.text
    token = admin.post(f"inboxes/{inboxes['email']}/token").json()["token"]
    return inboxes["email"], inboxes["chat"], token


def use(
    desk: Desk, admin: httpx2.Client, mail: str, chat: str, inbox_token: str, token: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything that takes a text takes one with the word: chat, mail, notes, files, names, articles."""
    visitor = httpx2.post(f"{desk.url}/api/v1/widget/sessions", json={"inbox_id": chat}, timeout=60).json()
    for credential, room in ((visitor["token"], f"inbox:{chat}"), (token, f"inbox:{chat}")):
        with connect(f"{desk.url.replace('http', 'ws', 1)}/ws", open_timeout=60, proxy=None) as socket:
            for frame in (
                {"op": "hello", "v": 1, "token": credential},
                {"op": "join", "room": room, "since": 0},
                {"op": "send", "room": room, "id": SAID, "content": SAID},
                {"op": "typing", "room": room, "on": True, "text": SAID},
                {"op": SAID, "room": SAID},
            ):
                socket.send(json.dumps(frame))
            socket.send(SAID)
            socket.recv(timeout=60)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"{SAID} <{SOMEBODY}>", "support@localhost", SAID
    message.set_content(SAID)
    message.add_attachment(SAID.encode(), "text", "plain", filename=f"{SAID}.txt")
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as client:
        client.send_message(message)
        client.docmd("RCPT", f"TO:<{SOMEBODY}>")
        client.docmd(SAID)
    posted = httpx2.post(
        f"{desk.url}/api/v1/webhooks/inbound-email?inbox={mail}&token={inbox_token}",
        content=message.as_bytes().replace(b"Subject", b"X-Subject"),
        headers={"Content-Type": "message/rfc822"},
        timeout=60,
    )
    assert posted.status_code == 202, posted.text
    person = {"email": SOMEBODY, "name": SAID}
    ticket = admin.post(
        "tickets", json={"subject": SAID, "description": SAID, "customer": person, "tags": [SAID]}
    )
    assert ticket.status_code == 201, ticket.text
    found = until(lambda: admin.get("tickets?channel_source=email").json()["data"])
    for said in ("note", "message"):
        admin.post(
            f"tickets/{found[0]['id']}/interactions", json={"type": said, "content": SAID}
        ).raise_for_status()
    admin.post("knowledge-base/articles", json={"title": SAID, "content": SAID}).raise_for_status()
    admin.get("tickets", params={"q": SAID}).raise_for_status()
    return visitor, ticket.json()


def until(found: Any, seconds: float = 120) -> Any:
    """What a look finds as soon as there is something."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)
    return value


def wrong_requests(mail: str, wrong: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and the rest of requests that carry a secret where it does not belong, or a wrong one."""
    webhook = f"/api/v1/webhooks/inbound-email?inbox={mail}"
    broken = {"content": f'{{"password": "{wrong}', "headers": {"content-type": "application/json"}}
    report = {"csp-report": {"effectiveDirective": wrong, "document-uri": wrong}}
    return [
        ("POST", "/api/v1/session", {"json": {"email": SOMEBODY, "password": wrong}}),
        ("POST", "/api/v1/session", {"json": {"email": EMAIL, "password": [wrong]}}),
        ("POST", "/api/v1/session", broken),
        ("GET", "/api/v1/tickets", {"headers": {"authorization": f"Bearer {wrong}"}}),
        ("GET", "/api/v1/tickets", {"headers": {"cookie": f"parley_session={wrong}"}}),
        ("POST", f"{webhook}&token={wrong}", {"content": wrong}),
        ("POST", webhook, {"data": {"signature": wrong, "token": wrong}}),
        ("POST", "/api/v1/widget/sessions", {"json": {"inbox_id": mail, "token": wrong}}),
        ("POST", "/api/v1/widget/sessions", {"json": {"inbox_id": mail, "identity": wrong}}),
        ("GET", f"/api/v1/attachments/{mail}/content?expires=1&sig={wrong}", {}),
        ("POST", "/csp-reports", {"json": report}),
        ("GET", f"/api/v1/nothing/{wrong}", {}),
        ("GET", f"/nothing.php?token={wrong}", {}),
        ("GET", f"/help/{wrong}/{wrong}", {}),
    ]


def misuse(desk: Desk, told: Told, mail: str) -> None:
    """Whatever is refused is refused without saying a secret back, or writing it down."""
    with httpx2.Client(base_url=desk.url, timeout=60) as nobody:
        for number, (method, path, more) in enumerate(wrong_requests(mail, SECRETS["wrong"])):
            answer = nobody.request(method, path, **more)
            told.add(f"wrong {number} {path.split('?')[0]}", answer.text)
        for path in ("/metrics", "/readyz", "/livez", "/api/v1/openapi.json", "/docs", "/"):
            told.add(f"page {path}", nobody.get(path).text)
    with connect(f"{desk.url.replace('http', 'ws', 1)}/ws", open_timeout=60, proxy=None) as socket:
        socket.send(json.dumps({"op": "hello", "v": 1, "token": SECRETS["wrong"]}))
        try:
            told.add("socket", str(socket.recv(timeout=60)))
        except ConnectionClosed as closed:
            told.add("socket", str(closed))


def crash_postgres(desk: Desk) -> None:
    """Postgres dies while everything runs: everybody has something to complain about."""
    pid_file: Path = desk.folder / "data/postgres/cluster/postmaster.pid"
    pid = pid_file.read_text().split()[0]
    os.kill(int(pid), signal.SIGQUIT)
    until(lambda: pid_file.exists() and pid_file.read_text().split()[:1] not in ([], [pid]))
    until(desk.is_ready)


def read_back(admin: httpx2.Client, told: Told) -> None:
    """What an admin is told about settings, agents and tokens."""
    me = admin.get("agents/me").json()["id"]
    for path in ("inboxes", "agents", f"agents/{me}/tokens", "workspace", "session", "tickets", "customers"):
        told.add(f"GET {path}", admin.get(path).text)
