"""The one policy point, as a table: a new action without a row fails."""

from __future__ import annotations

from uuid import UUID

import pytest

from server.domain.errors import NotFound, NotPermitted
from server.domain.identity import Actor, Agent, Customer, System
from server.domain.rights import Action, Scope, check

HERE, ELSEWHERE, CHAT, MAIL = (UUID(int=number) for number in (1, 2, 3, 4))
VIC, CARLA, VISIT, OTHER_VISIT = (UUID(int=number) for number in (5, 6, 7, 8))
OURS = Scope(HERE, CHAT, VIC, VISIT, "chat")

PEOPLE: dict[str, Actor | None] = {
    "nobody": None,
    "visitor": Customer(HERE, VIC, "Vic", VISIT, CHAT),
    "other visitor": Customer(HERE, CARLA, "Carla", OTHER_VISIT, CHAT),
    "light agent": Agent(HERE, UUID(int=9), "Lou", "light_agent", frozenset({CHAT})),
    "agent without": Agent(HERE, UUID(int=10), "Olga", "agent", frozenset({MAIL})),
    "agent": Agent(HERE, UUID(int=11), "Bob", "agent", frozenset({CHAT})),
    "admin": Agent(HERE, UUID(int=12), "Alice", "admin"),
    "elsewhere": Agent(ELSEWHERE, UUID(int=13), "Charlie", "admin", frozenset({CHAT})),
    "system": System(HERE),
    "system elsewhere": System(ELSEWHERE),
}
Y, N, H = "yes", "no", "hidden"
TABLE: dict[Action, str] = {
    #                              nobody visitor other light without agent admin elsewhere system s-elsewhere
    Action.READ_TICKET:           "hidden yes    hidden yes   hidden  yes   yes   hidden    yes    hidden",
    Action.READ_TICKET_INTERNALS: "hidden hidden hidden yes   hidden  yes   yes   hidden    yes    hidden",
    Action.OPEN_TICKET:           "hidden yes    yes    no    hidden  yes   yes   hidden    yes    hidden",
    Action.WRITE_MESSAGE:         "hidden yes    hidden no    hidden  yes   yes   hidden    yes    hidden",
    Action.WRITE_NOTE:            "hidden hidden hidden yes   hidden  yes   yes   hidden    yes    hidden",
    Action.WRITE_DRAFT:           "hidden hidden hidden no    hidden  yes   yes   hidden    yes    hidden",
    Action.CHANGE_TICKET:         "hidden hidden hidden no    hidden  yes   yes   hidden    yes    hidden",
    Action.READ_DESK:             "hidden hidden hidden yes   hidden  yes   yes   hidden    yes    hidden",
    Action.CHANGE_CUSTOMER:       "hidden hidden hidden no    hidden  yes   yes   hidden    yes    hidden",
    Action.WRITE_ARTICLE:         "hidden hidden hidden no    hidden  yes   yes   hidden    yes    hidden",
    Action.MANAGE_DESK:           "hidden hidden hidden no    hidden  no    yes   hidden    yes    hidden",
    Action.OWN_ACCOUNT:           "hidden hidden hidden yes   hidden  yes   yes   hidden    yes    hidden",
    Action.UPLOAD:                "hidden yes    yes    yes   hidden  yes   yes   hidden    yes    hidden",
}  # fmt: skip


def answer(actor: Actor | None, action: Action, scope: Scope = OURS) -> str:
    try:
        check(actor, action, scope)
    except NotFound:
        return H
    except NotPermitted:
        return N
    return Y


@pytest.mark.parametrize("action", Action)
def test_everybody_may_what_the_table_says(action: Action) -> None:
    assert {name: answer(actor, action) for name, actor in PEOPLE.items()} == dict(
        zip(PEOPLE, TABLE[action].split(), strict=True)
    )


def test_a_visitor_reaches_their_own_visit_only() -> None:
    vic = Customer(HERE, VIC, "Vic", VISIT, CHAT)
    for scope in (
        Scope(HERE, CHAT, VIC, OTHER_VISIT, "chat"),
        Scope(HERE, CHAT, VIC, None, "email"),
        Scope(HERE, CHAT, CARLA, VISIT, "chat"),
        Scope(ELSEWHERE, CHAT, VIC, VISIT, "chat"),
    ):
        assert answer(vic, Action.READ_TICKET, scope) == H
        assert answer(vic, Action.WRITE_MESSAGE, scope) == H


def test_a_signed_identity_reaches_its_chats_at_that_site_and_no_mail() -> None:
    known = Customer(HERE, VIC, "Vic", OTHER_VISIT, CHAT, verified=True)
    assert answer(known, Action.READ_TICKET, Scope(HERE, CHAT, VIC, VISIT, "chat")) == Y
    assert answer(known, Action.READ_TICKET, Scope(HERE, MAIL, VIC, VISIT, "chat")) == H
    assert answer(known, Action.READ_TICKET, Scope(HERE, CHAT, VIC, None, "email")) == H
    assert answer(known, Action.READ_TICKET, Scope(HERE, MAIL, CARLA, VISIT, "chat")) == H


def test_a_visitor_opens_tickets_in_their_own_inbox_only() -> None:
    vic = Customer(HERE, VIC, "Vic", VISIT, CHAT)
    assert answer(vic, Action.OPEN_TICKET, Scope(HERE, MAIL)) == H
    assert answer(vic, Action.UPLOAD, Scope(HERE, MAIL)) == H


def test_who_was_sent_a_reply_address_may_write_there_and_nothing_else() -> None:
    guest = Customer(HERE, CARLA, "Carla", admitted=True)
    ticket = Scope(HERE, MAIL, VIC, None, "email")
    assert answer(guest, Action.WRITE_MESSAGE, ticket) == Y
    assert answer(guest, Action.READ_TICKET, ticket) == H
    assert answer(guest, Action.WRITE_MESSAGE, Scope(ELSEWHERE, MAIL, VIC, None, "email")) == H
