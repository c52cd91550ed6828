"""Reply addresses: ours are known again, everything else leads nowhere."""

from __future__ import annotations

from uuid import UUID

import pytest

from connectors.mail.address import (
    reply_address,
    split_address,
    subject_number,
    subject_token,
    ticket_number,
    without_token,
)

SECRET, OTHER = b"secret", b"other secret"
WORKSPACE, THEIRS = UUID(int=1), UUID(int=2)


def tag(address: str) -> str:
    return split_address(address)[1]


@pytest.mark.parametrize("number", [1, 77, 2**40 - 1])
def test_a_token_names_its_ticket_whatever_its_case(number: int) -> None:
    address = reply_address("support@example.test", SECRET, WORKSPACE, number)
    assert split_address(f"<{address.upper()}>")[0] == "support@example.test"
    assert ticket_number(tag(address.upper()), SECRET, WORKSPACE) == number


def test_a_token_holds_under_its_own_secret_and_workspace_only() -> None:
    token = tag(reply_address("support@example.test", SECRET, WORKSPACE, 7))
    assert ticket_number(token, OTHER, WORKSPACE) is None
    assert ticket_number(token, SECRET, THEIRS) is None


def test_a_token_with_any_character_changed_is_not_ours() -> None:
    token = tag(reply_address("support@example.test", SECRET, WORKSPACE, 7))
    changed = [token[:at] + ("b" if token[at] == "a" else "a") + token[at + 1 :] for at in range(len(token))]
    assert {ticket_number(other, SECRET, WORKSPACE) for other in changed} == {None}


@pytest.mark.parametrize("text", ["", "x", "a" * 24, "ä" * 24, "1" * 24, "a" * 25])
def test_other_plus_parts_are_no_tokens(text: str) -> None:
    assert ticket_number(text, SECRET, WORKSPACE) is None


def test_a_local_part_that_would_be_too_long_goes_without() -> None:
    long = f"{'x' * 45}@example.test"
    assert reply_address(long, SECRET, WORKSPACE, 7) == long


@pytest.mark.parametrize("number", [1, 77, 2**39])
def test_a_subject_token_names_its_ticket_wherever_it_stands_and_however_it_is_folded(number: int) -> None:
    token = subject_token(SECRET, WORKSPACE, number)
    for subject in (
        f"Re: Printer {token}",
        f"AW: {token.upper()} [EXT]",
        token.replace("-", "-\r\n "),
        token,
    ):
        assert subject_number(subject, SECRET, WORKSPACE) == number
    assert subject_number(token, OTHER, WORKSPACE) is None
    assert subject_number(token, SECRET, THEIRS) is None


def test_a_subject_with_a_number_alone_or_the_token_of_another_names_nothing() -> None:
    own, other = (subject_token(SECRET, WORKSPACE, number) for number in (7, 8))
    forged = own.replace("#7-", "#8-")
    assert subject_number(forged, SECRET, WORKSPACE) is None
    assert subject_number("Re: [#7] ticket 7 #7", SECRET, WORKSPACE) is None
    assert subject_number(f"{forged} {other}", SECRET, WORKSPACE) == 8
    assert subject_number("[#7-aaaaaaaaaa]" * 100_000, SECRET, WORKSPACE) is None


def test_a_subject_loses_its_tokens_and_nothing_else() -> None:
    token = subject_token(SECRET, WORKSPACE, 7)
    assert without_token(f"Re: Printer {token} on fire") == "Re: Printer on fire"
    assert without_token("Two  spaces [#7]") == "Two  spaces [#7]"
