"""From a `send` frame to a command, or a refusal."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.domain.commands import AddInteraction, OpenTicket
from server.domain.errors import Invalid, NotFound, Refusal, TooLarge
from server.domain.identity import Agent, Customer
from server.domain.interaction import MAX_CONTENT_BYTES
from server.realtime.frames import Send
from server.realtime.sending import envelope

HERE, CHAT, TICKET = (UUID(int=number) for number in (1, 2, 3))
VIC = Customer(HERE, UUID(int=5), "Vic", UUID(int=6), CHAT)
BOB = Agent(HERE, UUID(int=4), "Bob", "agent", frozenset({CHAT}))
IN_TICKET, IN_INBOX = f"ticket:{TICKET}", f"inbox:{CHAT}"


def test_in_a_tickets_room_something_is_said() -> None:
    made = envelope(BOB, Send(IN_TICKET, "c1", " Hi\r\n ", "note"))
    assert isinstance(made.command, AddInteraction)
    said = made.command.interaction
    assert (made.command.ticket_id, said.type, said.content, said.client_id) == (
        TICKET,
        "note",
        " Hi\r\n ",
        "c1",
    )
    assert made.key is None


def test_in_an_inboxs_room_a_visitor_opens_a_ticket_keyed_by_their_visit() -> None:
    made = envelope(VIC, Send(IN_INBOX, "c1", "\n  Where is it?  \nI wait."))
    command = made.command
    assert isinstance(command, OpenTicket) and made.key is not None
    assert (command.inbox_id, command.customer_id, command.visitor_id) == (CHAT, VIC.id, VIC.visitor_id)
    assert (command.channel, command.subject) == ("chat", "Where is it?")
    assert (made.key.scope, made.key.key) == (f"chat:{VIC.visitor_id}", "c1")
    assert command.first.client_id == "c1"


def test_a_repeat_has_the_same_fingerprint_and_another_text_another() -> None:
    keys = [envelope(VIC, Send(IN_INBOX, "c1", text)).key for text in ("a", "a", "b")]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(("content", "subject"), [("x" * 80, "x" * 80), ("x" * 81, "x" * 79 + "…")])
def test_a_subject_is_the_first_line_cut_to_what_a_list_shows(content: str, subject: str) -> None:
    command = envelope(VIC, Send(IN_INBOX, "c", content)).command
    assert isinstance(command, OpenTicket) and command.subject == subject


def test_a_file_alone_is_a_message() -> None:
    command = envelope(VIC, Send(IN_INBOX, "c", "", attachment_ids=(UUID(int=9),))).command
    assert isinstance(command, OpenTicket)
    assert command.subject == "Attachment"


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        (Send(IN_TICKET, "c", " \n"), Invalid),
        (Send(IN_TICKET, "c", "a\0b"), Invalid),
        (Send(IN_TICKET, "a\0b", "x"), Invalid),
        (Send(IN_TICKET, "c", "\ud800"), Invalid),
        (Send(IN_TICKET, "c", "é" * (MAX_CONTENT_BYTES // 2 + 1)), TooLarge),
        (Send("agents", "c", "x"), NotFound),
        (Send("ticket:1", "c", "x"), NotFound),
        (Send(IN_INBOX, "c", "x", "note"), NotFound),
    ],
)
def test_what_cannot_be_stored_or_names_no_room_is_refused(frame: Send, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        envelope(VIC, frame)


def test_agents_open_no_tickets_here() -> None:
    with pytest.raises(NotFound):
        envelope(BOB, Send(IN_INBOX, "c", "x"))


def test_the_longest_message_passes() -> None:
    envelope(VIC, Send(IN_TICKET, "c", "x" * MAX_CONTENT_BYTES))
