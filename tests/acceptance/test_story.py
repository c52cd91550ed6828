"""The story of the desk, from outside: chat, mail, a mailbox and a clock meet in one list.

One test, since it is one story: each part happens while the others go on, in the same process and browser.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

import httpx2
import pytest
from playwright.sync_api import expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import EMAIL, Desk, started
from tests.acceptance.listener import listening
from tests.acceptance.pages import Console, Visitor
from tests.acceptance.sink import Sink, sink
from tests.channels.dovecot import PASSWORD as MAILBOX_PASSWORD
from tests.channels.dovecot import PROGRAM, Dovecot, running_dovecot

MAILBOX_USER = "orders"


@pytest.fixture
def dovecot() -> Iterator[Dovecot | None]:
    """None where there is no Dovecot (Debian: dovecot-imapd); the rest of the story is told all the same."""
    if PROGRAM is None:
        yield None
        return
    with running_dovecot() as server:
        yield server


def test_what_comes_by_chat_mail_and_mailbox_is_answered_in_one_list(dovecot: Dovecot | None) -> None:
    with sink() as relay, started({"PARLEY_IMAP_POLL_SECONDS": "2"}) as desk, chromium() as browser:
        agent = desk.sign_in()
        configure(agent, relay, dovecot)
        token = desk.run("admin", "token", "--agent", EMAIL).stdout.strip()
        urgent = urgent_ticket(agent)
        with listening(desk.url, token, f"ticket:{urgent['id']}") as heard:
            console = Console(browser.new_context(viewport={"width": 1360, "height": 860}), desk)
            console.sees(urgent["subject"])

            chat(console, Visitor(browser.new_context(), desk))
            mail(console, desk, relay)
            if dovecot is not None:
                mailbox(console, dovecot)

            clock(agent, urgent, heard.find(180, op="event", type="sla_breached"))
        console.open(urgent["subject"])
        expect(console.timeline.get_by_text("First response was not met in time")).to_be_visible()
        assert relay.is_empty
        desk.stop()


def configure(agent: httpx2.Client, relay: Sink, dovecot: Dovecot | None) -> None:
    """Give the mail inbox a relay and a mailbox, and the desk a policy of one minute."""
    inboxes = {inbox["channel"]: inbox for inbox in agent.get("inboxes").json()["data"]}
    settings: dict[str, object] = {"smtp": {"host": "127.0.0.1", "port": relay.port, "security": "none"}}
    if dovecot is not None:
        settings["imap"] = {
            "host": "127.0.0.1",
            "port": dovecot.port,
            "username": MAILBOX_USER,
            "password": MAILBOX_PASSWORD,
            "security": "none",
        }
    changed = agent.patch(f"inboxes/{inboxes['email']['id']}", json={"settings": settings})
    assert changed.status_code == 200, changed.text
    policy = {"name": "At once", "priority_level": "urgent", "first_response_time_minutes": 1}
    made = agent.post("sla-policies", json=policy)
    assert made.status_code == 201, made.text


def urgent_ticket(agent: httpx2.Client) -> dict[str, str]:
    """A ticket that nobody answers; its minute begins now."""
    made = agent.post(
        "tickets",
        json={
            "subject": "Water in the server room",
            "description": "Please call.",
            "priority": "urgent",
            "customer": {"email": "carla@customer.test", "name": "Carla"},
        },
    )
    assert made.status_code == 201, made.text
    ticket: dict[str, str] = made.json()
    return ticket


def chat(console: Console, visitor: Visitor) -> None:
    """A visitor writes in the widget, and the agent's answer appears there."""
    visitor.open_chat()
    visitor.write("Is the lamp also there in green?")
    visitor.sees("Is the lamp also there in green?")
    console.sees("Is the lamp also there in green?")
    console.open("Is the lamp also there in green?")
    console.reply("It is, and in blue.")
    visitor.sees("It is, and in blue.")
    visitor.write("Blue, then!")
    expect(console.timeline.get_by_text("Blue, then!")).to_be_visible()


def mail(console: Console, desk: Desk, relay: Sink) -> None:
    """A mail comes by SMTP, the answer leaves by the relay, and the answer to that finds its ticket."""
    first = EmailMessage()
    first["From"], first["To"] = "Carla Stone <carla@customer.test>", "support@localhost"
    first["Subject"], first["Message-ID"] = "An invoice, please", "<first@customer.test>"
    first.set_content("Could I have the invoice again?\n")
    deliver(desk, first)
    console.sees("An invoice, please")
    console.open("An invoice, please")
    expect(console.timeline.get_by_role("button", name="to support")).to_have_count(1)  # it is noted by now
    console.reply("Here it is.")

    answer = relay.next()
    assert answer["To"] is not None
    assert "carla@customer.test" in answer["To"]
    assert answer["In-Reply-To"] == "<first@customer.test>"
    assert answer["References"].split() == ["<first@customer.test>"]
    assert "Here it is." in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    second = EmailMessage()
    second["From"], second["To"] = "Carla Stone <carla@customer.test>", answer["Reply-To"] or answer["From"]
    second["Subject"], second["Message-ID"] = "Re: An invoice, please", "<second@customer.test>"
    second["In-Reply-To"] = answer["Message-ID"]
    second["References"] = f"<first@customer.test> {answer['Message-ID']}"
    second.set_content("Thank you, it came.\n")
    deliver(desk, second)
    expect(console.timeline.get_by_text("Thank you, it came.")).to_be_visible()
    expect(console.timeline.get_by_role("button", name="to support")).to_have_count(2)

    console.reply("Gladly.")
    last = relay.next()
    assert last["In-Reply-To"] == "<second@customer.test>"
    assert last["References"].split() == [
        "<first@customer.test>",
        answer["Message-ID"],
        "<second@customer.test>",
    ]


def deliver(desk: Desk, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as client:
        refused = client.send_message(message)
    assert refused == {}


def mailbox(console: Console, dovecot: Dovecot) -> None:
    """A mail that lies in a mailbox is fetched."""
    message = EmailMessage()
    message["From"], message["To"] = "Piet <piet@customer.test>", "orders@customer.test"
    message["Subject"], message["Message-ID"] = "From the old mailbox", "<box@customer.test>"
    message.set_content("Still here?\n")
    dovecot.deliver(MAILBOX_USER, message.as_bytes())
    console.sees("From the old mailbox")


def clock(agent: httpx2.Client, urgent: dict[str, str], announced: tuple[float, dict[str, object]]) -> None:
    """The minute is over: the breach is stamped with its due time, and told, never early."""
    at, frame = announced
    ticket = agent.get(f"tickets/{urgent['id']}").json()
    (target,) = (each for each in ticket["sla"] if each["target"] == "first_response")
    assert target["breached_at"] == target["due_at"]
    assert frame["data"] == {"target": "first_response", "breached_at": target["due_at"], "next_at": None}
    assert at >= datetime.fromisoformat(target["due_at"]).timestamp()  # how late is for `make bench`
