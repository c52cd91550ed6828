"""What of an agent's mail goes on to a customer."""

from __future__ import annotations

import pytest

from server.domain.answer_text import REPLY_MARK, answer_text, has_agent_token

TAG = "a2" * 20


@pytest.mark.parametrize("quote", ["", "> ", ">> ", "| ", "\t"])
def test_what_stands_below_the_mark_is_ours_however_it_is_quoted(quote: str) -> None:
    assert answer_text(f"Use water.\n\n{quote}{REPLY_MARK}\n{quote}secret") == "Use water."
    assert answer_text(f"{quote}{REPLY_MARK}\n{quote}secret") == ""


def test_without_a_mark_all_of_it_is_said_but_for_reply_addresses() -> None:
    said = f"Use water.\nOn Sunday <support+{TAG.upper()}@desk.test> wrote:"
    assert answer_text(said) == "Use water.\nOn Sunday <support@desk.test> wrote:"


def test_a_file_with_a_reply_address_is_known() -> None:
    assert has_agent_token(f"Reply-To: <support+{TAG}@desk.test>".encode())
    assert not has_agent_token(f"support+{TAG[:24]}@desk.test {TAG}".encode())
