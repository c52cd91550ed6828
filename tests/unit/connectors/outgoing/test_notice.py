"""A letter to an agent: what stands in it, and what never does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from connectors.mail.address import agent_token, split_address
from connectors.mail.compose import compose
from connectors.mail.parse import parse
from connectors.outgoing.notice import notice_letter
from server.domain.answer_text import REPLY_MARK
from server.domain.mail import AgentToken
from server.domain.resources import InboxSettings
from server.store.notices import Held, Notice, Reason

AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
WORKSPACE = UUID(int=1)
NOTICE = Notice(
    number=7,
    subject="Printer [#7-abcdefghij]\r\nBcc: spy@evil.test",
    ticket_id=UUID(int=2),
    customer_name="Carla https://evil.test",
    agent_id=UUID(int=3),
    agent_name="Bob",
    agent_email="bob@desk.test",
    role="agent",
    inbox_name="Support",
    address="support@example.test",
    settings=InboxSettings(bcc=["archive@example.test"]),
    secrets=None,
    created_at=AT,
    queued_at=AT,
    said="My printer <b>burns</b>.",
    reasons=(Reason("customer_answered"), Reason("sla_breached", "first_response", AT)),
    held=(Held(UUID(int=8), 9, "Lamp"),),
)


def written(notice: Notice) -> tuple[bytes, str]:
    raw = compose(notice_letter(notice, WORKSPACE, "id.notice@desk", b"secret", "https://desk.test"))
    return raw, parse(raw).text


def test_it_says_what_happened_what_was_said_and_where_the_ticket_is() -> None:
    raw, text = written(NOTICE)
    assert text.startswith(REPLY_MARK)
    for part in (
        "has answered.",
        "The first response is late (2026-11-22 06:00 UTC).",
        "My printer <b>burns</b>.",
        f"https://desk.test/tickets/{UUID(int=2)}",
        "#9 Lamp",
    ):
        assert part in text
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in raw
    assert b"<b>burns" not in raw.partition(b"text/html")[2]


def test_a_customers_words_are_neither_a_head_nor_a_link_of_ours() -> None:
    raw, text = written(NOTICE)
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert b"[#7-" not in head
    assert "https://evil.test" not in text


def test_it_is_answered_for_thirty_days_to_an_address_of_this_agent_and_ticket() -> None:
    [reply_to] = parse(written(NOTICE)[0]).reply_to
    tag = split_address(reply_to.email)[1]
    assert agent_token(tag, b"secret", WORKSPACE) == AgentToken("0000000003", 7, date(2026, 12, 22))


def test_who_may_not_answer_is_given_no_way_to() -> None:
    raw, text = written(msgspec.structs.replace(NOTICE, role="light_agent"))
    assert parse(raw).reply_to[0].email == "support@example.test"
    assert REPLY_MARK not in text
