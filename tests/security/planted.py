"""Plants a corpus of hostile texts on a running desk, through every door that takes a text from somebody."""

from __future__ import annotations

import json
import smtplib
import time
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any, NamedTuple

import httpx2
import jwt
from websockets.sync.client import connect

from tests.acceptance.desk import Desk
from tests.security.payloads import Payload, on_one_line, packed

LONG, SUBJECT, NAME, SHORT = 14_000, 300, 200, 60
SENDER = "mallory@customer.test"


class Planted(NamedTuple):
    """What is to be looked at: the tickets by door, and things by kind."""

    tickets: dict[str, str]
    customer: str
    article: str
    inbox: str
    agent: str
    workspace: str
    visitor: dict[str, Any]  # the visitor's session


def plant(desk: Desk, admin: httpx2.Client, payloads: list[Payload]) -> Planted:
    """Through the API, the chat and mail; the same payloads everywhere, as long as they fit."""
    names = list(map(on_one_line, packed(payloads, NAME)))
    shorts = list(map(on_one_line, packed(payloads, SHORT)))
    agent = settings(admin, names, shorts)
    customer = make(admin, "customers", name=names[0], company=names[1], contact_info={shorts[0]: names[2]})
    article = articles(admin, payloads, names, shorts)
    inbox, visitor, chat = chatted(desk, admin, payloads, names)
    return Planted(
        tickets={"api": opened(admin, payloads, shorts), "chat": chat, "mail": mailed(desk, admin, payloads)},
        customer=customer,
        article=article,
        inbox=inbox,
        agent=agent,
        workspace=admin.get("workspace").json()["id"],
        visitor=visitor,
    )


def make(admin: httpx2.Client, path: str, **body: Any) -> str:
    answer = admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def settings(admin: httpx2.Client, names: list[str], shorts: list[str]) -> str:
    """Teams, policies, tags, the workspace, and agents, of whom the last is given."""
    for name in names[:10]:
        make(admin, "teams", name=name)
        make(admin, "sla-policies", name=name, priority_level="normal", resolution_time_hours=4)
    for name in shorts[:20]:
        make(admin, "tags", name=name)
    admin.patch("workspace", json={"name": names[3][:100]}).raise_for_status()
    agents = [
        make(admin, "agents", name=name, email=f"agent{number}@desk.test")
        for number, name in enumerate(names[10:16])
    ]
    return agents[-1]


def articles(admin: httpx2.Client, payloads: list[Payload], names: list[str], shorts: list[str]) -> str:
    """Published articles; the last has every payload as Markdown."""
    content = ["\n\n".join(payload.text for payload in payloads).replace("\0", "")]
    for title, category, text in zip(names[16:20], shorts, [names[20]] * 3 + content, strict=False):
        last = make(
            admin,
            "knowledge-base/articles",
            title=title,
            category=category,
            content=text,
            tags=shorts[:3],
            published_at="2026-01-01T00:00:00Z",
        )
    return last


def opened(admin: httpx2.Client, payloads: list[Payload], shorts: list[str]) -> str:
    """Tickets whose subjects are payloads, and one with all of them as description, note and answer."""
    subjects = list(map(on_one_line, packed(payloads, SUBJECT)[::3]))
    for number, subject in enumerate(subjects):
        person = {"email": f"asker{number}@customer.test", "name": subject}
        body = {
            "subject": subject,
            "description": subject,
            "customer": person,
            "tags": shorts[number : number + 2],
        }
        last = make(admin, "tickets", **body)
    for kind in ("note", "message"):
        for text in packed(payloads, LONG):
            make(admin, f"tickets/{last}/interactions", type=kind, content=text)
    return last


def chatted(
    desk: Desk, admin: httpx2.Client, payloads: list[Payload], names: list[str]
) -> tuple[str, dict[str, Any], str]:
    """A visitor with a hostile name chats in a hostile inbox, and a hostile agent answers."""
    inbox = make(
        admin, "inboxes", name=names[4], channel="chat", settings={"greeting": names[5], "sneak_peek": True}
    )
    secret = admin.post(f"inboxes/{inbox}/token").json()["token"]
    claims = {"sub": "mallory", "name": names[6], "exp": datetime.now(UTC) + timedelta(hours=1)}
    identity = jwt.encode(claims, secret, algorithm="HS256")
    started = admin.post("widget/sessions", json={"inbox_id": inbox, "identity": identity})
    assert started.status_code == 201, started.text
    visitor = started.json() | {"identity": identity}
    room = f"inbox:{inbox}"
    with connect(f"{desk.url.replace('http', 'ws', 1)}/ws", open_timeout=60, proxy=None) as socket:
        socket.send(json.dumps({"op": "hello", "v": 1, "token": visitor["token"]}))
        for number, text in enumerate(packed(payloads, LONG)):
            socket.send(json.dumps({"op": "send", "room": room, "id": f"m{number}", "content": text}))
            room = acked(socket)
    ticket = room.removeprefix("ticket:")
    me = admin.get("agents/me").json()["id"]
    admin.patch(f"agents/{me}", json={"name": names[7]}).raise_for_status()
    for text in packed(payloads, LONG):
        make(admin, f"tickets/{ticket}/interactions", type="message", content=text)
    return inbox, visitor, ticket


def acked(socket: Any) -> str:
    """The room of the next ack."""
    while True:
        frame = json.loads(socket.recv(timeout=60))
        assert frame["op"] != "refused", frame
        if frame["op"] == "ack":
            return str(frame["room"])


def mailed(desk: Desk, admin: httpx2.Client, payloads: list[Payload]) -> str:
    """One conversation of mails: HTML in small groups, all as text, and as names of people and of files."""
    groups = [payloads[start : start + 12] for start in range(0, len(payloads), 12)]
    names = packed(payloads, NAME)
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as client:
        for number, group in enumerate(groups):
            mail = EmailMessage()
            mail["From"] = Address(on_one_line(names[number]), addr_spec=SENDER)
            mail["To"] = "support@localhost"
            mail["Subject"] = on_one_line(names[number])
            mail["Message-ID"] = f"<{number}@customer.test>"
            if number:
                mail["References"] = f"<0@customer.test> <{number - 1}@customer.test>"
            mail.set_content("\n\n".join(payload.text for payload in group))
            parts = "".join(f"<div><b>{payload.number}</b> {payload.text}</div>" for payload in group)
            mail.add_alternative(f"<html><body>{parts}</body></html>", subtype="html")
            for name in names[number : number + 3]:
                mail.add_attachment(b"<script>hit(0)</script>", "text", "html", filename=on_one_line(name))
            assert client.send_message(mail) == {}
    ends = time.monotonic() + 120
    while not (found := admin.get("tickets", params={"channel_source": "email"}).json()["data"]):
        assert time.monotonic() < ends, "no mail was taken in"
        time.sleep(0.1)
    assert len(found) == 1, "the mails are one conversation"
    return str(found[0]["id"])
