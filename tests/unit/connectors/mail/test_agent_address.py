"""Agents' reply addresses: for one agent, ticket and workspace, and never a customer's.

Planted bug that was seen: a signature that leaves the workspace out.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from connectors.mail.address import (
    agent_reply_address,
    agent_token,
    reply_address,
    split_address,
    ticket_number,
)
from server.domain.mail import AgentToken

SECRET, OTHER = b"secret", b"other secret"
WORKSPACE, THEIRS = UUID(int=1), UUID(int=2)
BOB = UUID("01900000-0000-7000-8000-00ab12cd34ef")
DAY = date(2026, 12, 22)


def tag(local: str = "support", number: int = 7, day: date = DAY) -> str:
    address = agent_reply_address(f"{local}@example.test", SECRET, WORKSPACE, BOB, number, day)
    assert address is not None
    return split_address(address)[1]


@pytest.mark.parametrize("number", [1, 77, 2**40 - 1])
def test_a_token_names_its_agent_and_ticket_whatever_its_case(number: int) -> None:
    found = AgentToken("ab12cd34ef", number, DAY)
    assert agent_token(tag(number=number), SECRET, WORKSPACE) == found
    assert agent_token(tag(number=number).upper(), SECRET, WORKSPACE) == found


def test_it_is_good_in_its_workspace_and_under_its_key_only() -> None:
    assert agent_token(tag(), OTHER, WORKSPACE) is None
    assert agent_token(tag(), SECRET, THEIRS) is None


def test_one_changed_character_anywhere_makes_it_nobodys() -> None:
    good = tag()
    for at in range(len(good)):
        other = "b" if good[at] == "a" else "a"
        assert agent_token(good[:at] + other + good[at + 1 :], SECRET, WORKSPACE) is None


def test_neither_kind_is_the_other() -> None:
    customers = split_address(reply_address("support@example.test", SECRET, WORKSPACE, 7))[1]
    assert agent_token(customers, SECRET, WORKSPACE) is None
    assert ticket_number(tag(), SECRET, WORKSPACE) is None
    for cut in (tag()[:24], tag()[-24:]):
        assert ticket_number(cut, SECRET, WORKSPACE) is None
    for padded in (customers + "a" * 16, "a" * 16 + customers):
        assert agent_token(padded, SECRET, WORKSPACE) is None


def test_a_long_inbox_address_has_none() -> None:
    assert agent_reply_address(f"{'x' * 30}@example.test", SECRET, WORKSPACE, BOB, 7, DAY) is None
