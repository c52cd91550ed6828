"""An agent who is away is told of a ticket by mail, answers by mail, and the customer gets it."""

from __future__ import annotations

import smtplib
from email.utils import parseaddr
from typing import Any

import httpx2

from tests.acceptance.desk import Desk, started
from tests.acceptance.sink import Sink, sink
from tests.acceptance.test_mail_desk import before
from tests.channels.office import mail

BOB = "bob@agents.test"
US = "support@localhost"


def deliver(desk: Desk, raw: bytes, sender: str, to: str = US) -> None:
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as relay:
        relay.sendmail(sender, [to], raw)


def add_bob(admin: httpx2.Client) -> str:
    inboxes = [inbox["id"] for inbox in admin.get("inboxes").json()["data"]]
    made = admin.post("agents", json={"name": "Bob", "email": BOB, "inbox_ids": inboxes})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def said_in(admin: httpx2.Client, ticket_id: str, count: int) -> list[dict[str, Any]]:
    """What was said in a ticket, oldest first, once there is so much."""

    def look() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = admin.get(f"tickets/{ticket_id}/interactions").json()["data"]
        return found if len(found) >= count else None

    return sorted(before(look), key=lambda one: one["seq"])


def carla_and_bob(desk: Desk, arrived: Sink) -> None:
    admin = desk.sign_in()
    bob = add_bob(admin)
    deliver(desk, mail(to=US), "carla@customer.test")
    [ticket] = before(lambda: admin.get("tickets").json()["data"])
    assert admin.put(f"tickets/{ticket['id']}/assign", json={"agent_id": bob}).status_code == 200
    letter = arrived.next(60)
    assert (parseaddr(letter["To"])[1], letter["Auto-Submitted"]) == (BOB, "auto-generated")
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "My printer is on fire." in text
    assert f"{desk.url}/tickets/{ticket['id']}" in text
    reply_to = parseaddr(letter["Reply-To"])[1]

    quoted = "\r\n".join(f"> {line}" for line in text.splitlines())
    answer = mail(
        f"Use water.\r\n\r\n{quoted}", sender=f"Bob <{BOB}>", to=reply_to, message_id="<1@agents.test>"
    )
    deliver(desk, answer, BOB, reply_to)
    reply = arrived.next(60)
    assert parseaddr(reply["To"])[1] == "carla@customer.test"
    assert reply["In-Reply-To"] == "<1@customer.test>"
    assert reply.get_body(("plain",)).get_content().strip() == "Use water."  # type: ignore[union-attr]
    assert reply_to not in reply.as_string()
    answered = said_in(admin, ticket["id"], 2)[-1]
    assert (answered["author_type"], answered["author_name"]) == ("agent", "Bob")

    carlas = mail(
        "It works.", to=US, message_id="<2@customer.test>", more=f"References: {reply['Message-ID']}\r\n"
    )
    deliver(desk, carlas, "carla@customer.test")
    again = arrived.next(60)
    assert parseaddr(again["To"])[1] == BOB
    assert "Carla has answered." in again.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    deliver(
        desk,
        mail("Send money.", sender="m@evil.test", to=reply_to, message_id="<3@e>"),
        "m@evil.test",
        reply_to,
    )
    note = said_in(admin, ticket["id"], 4)[-1]
    assert (note["type"], note["author_type"]) == ("note", "system")
    assert "someone else (m@evil.test)" in note["content"]
    assert arrived.is_empty


def test_an_agent_who_is_away_is_told_by_mail_and_answers_by_mail() -> None:
    with sink() as arrived:
        env = {
            "PARLEY_SMTP_RELAY_URL": f"smtp://127.0.0.1:{arrived.port}",
            "PARLEY_AGENT_MAIL_SECONDS": "0.5",
        }
        with started(env) as desk:
            carla_and_bob(desk, arrived)
            desk.stop()
            assert "Traceback" not in desk.log.read_text()
