"""Whether a mail is an agent's answer: the rule alone. Without any line of it one of these fails."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import msgspec
import pytest

from server.domain.authentication import Authentication
from server.domain.identity import Agent
from server.domain.inbound import InboundMessage, Person
from server.domain.mail import AgentToken
from server.intake.agents import judge
from server.intake.choice import Answer, Arrived, Remark
from server.store.mails import Envelope, KnownTicket, RawMail
from server.store.notices import Answerer

WORKSPACE, INBOX, OTHER_INBOX = UUID(int=1), UUID(int=2), UUID(int=3)
AT = datetime(2026, 11, 22, 6, tzinfo=UTC)
TICKET = KnownTicket(UUID(int=4), 7, UUID(int=5), "open", frozenset(), INBOX)
BOB = Answerer(UUID(int=6), "Bob", "bob@desk.test", "agent", True, "0000000006", frozenset({INBOX}))
TOKEN = AgentToken("0000000006", 7, date(2026, 12, 22))
MAIL = RawMail(WORKSPACE, UUID(int=9), INBOX, Envelope(), b"", AT, 1)
SAID = InboundMessage(sender=Person("Bob", "Bob@desk.test"), reply_text="Use water.")
BY_TOKEN = Arrived(MAIL, SAID, None, None, "key", agent_token=TOKEN)
SIGNED_IN = msgspec.structs.replace(MAIL, envelope=Envelope(relayed=True, authenticated=True))
BY_RELAY = Arrived(SIGNED_IN, SAID, None, 7, "key", authentication=Authentication(dmarc="pass"))


def with_(each: Arrived, **changes: object) -> Arrived:
    """The mail with other parts, of the message too."""
    said = {name: changes.pop(name) for name in list(changes) if hasattr(each.message, name)}
    return msgspec.structs.replace(each, message=msgspec.structs.replace(each.message, **said), **changes)


def bob(**changes: object) -> Answerer:
    return msgspec.structs.replace(BOB, **changes)


def verdict(each: Arrived, *agents: Answerer, ticket: KnownTicket = TICKET) -> Answer | Remark | None:
    return judge(each, {7: ticket}, agents or (BOB,))


@pytest.mark.parametrize("each", [BY_TOKEN, BY_RELAY])
def test_the_agents_own_mail_is_their_answer(each: Arrived) -> None:
    actor = Agent(WORKSPACE, BOB.id, "Bob", "agent", BOB.inbox_ids)
    assert verdict(each) == Answer(TICKET, actor, "bob@desk.test")


@pytest.mark.parametrize("each", [BY_TOKEN, BY_RELAY])
@pytest.mark.parametrize(
    ("who", "ticket", "why"),
    [
        (bob(role="light_agent"), TICKET, "may not answer"),
        (bob(inbox_ids=frozenset({OTHER_INBOX})), TICKET, "may not answer"),
        (BOB, msgspec.structs.replace(TICKET, status="closed"), "closed"),
    ],
)
def test_who_may_not_answer_makes_a_note(each: Arrived, who: Answerer, ticket: KnownTicket, why: str) -> None:
    found = verdict(each, who, ticket=ticket)
    assert isinstance(found, Remark)
    assert why in found.doubt


def test_an_admin_answers_everywhere() -> None:
    assert isinstance(verdict(BY_TOKEN, bob(role="admin", inbox_ids=frozenset())), Answer)


@pytest.mark.parametrize(
    ("each", "why"),
    [
        (with_(BY_TOKEN, sender=Person("Bob", "bob@evil.test")), "someone else"),
        (with_(BY_TOKEN, sender=Person("Bob", "")), "someone else"),
        (with_(BY_TOKEN, agent_token=msgspec.structs.replace(TOKEN, last_day=date(2026, 11, 21))), "expired"),
        (with_(BY_TOKEN, authentication=Authentication(dmarc="fail")), "does not come from"),
        (with_(BY_TOKEN, authentication=Authentication(spf="fail")), "does not come from"),
        (with_(BY_TOKEN, authentication=Authentication(dkim="fail")), "does not come from"),
        (with_(BY_TOKEN, reply_text=""), "no text"),
        (with_(BY_TOKEN, reply_text="##- Write your answer above this line -##\nquoted"), "no text"),
        (with_(BY_TOKEN, reply_text="x" * 1_000_000), "too long"),
    ],
)
def test_what_came_to_an_agents_address_and_is_not_theirs_to_send_says_why(each: Arrived, why: str) -> None:
    found = verdict(each)
    assert isinstance(found, Remark)
    assert why in found.doubt


def test_dmarc_outweighs_a_signature_that_a_list_has_broken() -> None:
    each = with_(BY_TOKEN, authentication=Authentication(dmarc="pass", dkim="fail"))
    assert isinstance(verdict(each), Answer)


def test_the_last_day_is_good() -> None:
    each = with_(BY_TOKEN, agent_token=msgspec.structs.replace(TOKEN, last_day=AT.date()))
    assert isinstance(verdict(each), Answer)


def test_an_agent_who_left_or_cannot_be_told_from_another_answers_nothing() -> None:
    for agents in ((bob(active=False),), (BOB, bob(id=UUID(int=7))), (bob(reference="0"),)):
        assert isinstance(verdict(BY_TOKEN, *agents), Remark)


@pytest.mark.parametrize("mail_class", ["auto_reply", "bounce", "list"])
def test_a_machine_is_a_remark_without_a_doubt(mail_class: str) -> None:
    assert verdict(with_(BY_TOKEN, mail_class=mail_class)) == Remark(TICKET)
    assert verdict(with_(BY_RELAY, mail_class=mail_class)) is None


@pytest.mark.parametrize(
    "each",
    [
        with_(BY_RELAY, mail=msgspec.structs.replace(MAIL, envelope=Envelope(relayed=True))),
        with_(BY_RELAY, authentication=Authentication(dmarc="none")),
        with_(BY_RELAY, number=None),
        with_(BY_RELAY, sender=Person("Carla", "carla@customer.test")),
        with_(BY_TOKEN, agent_token=None),
    ],
)
def test_without_both_proofs_it_is_a_mail_like_any(each: Arrived) -> None:
    assert verdict(each) is None
    assert verdict(BY_RELAY, bob(active=False)) is None
