"""The golden corpus: each mail is named after what it tries, its expected values stand beside it.

A `.json` names only what its mail is about; `defects` is how many there must be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.mail.parse import parse
from server.domain.inbound import InboundMessage, Person

MAILS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))


def people(given: tuple[Person, ...]) -> list[list[str]]:
    return [[person.name, person.email] for person in given]


def shown(message: InboundMessage, field: str) -> Any:
    """A field in the form that JSON has for it."""
    match field:
        case "sender":
            return [message.sender.name, message.sender.email]
        case "to" | "cc" | "reply_to":
            return people(getattr(message, field))
        case "attachments":
            return [[a.name, a.type, a.size, a.content_id] for a in message.attachments]
        case "references":
            return list(message.references)
        case "date":
            return message.date and message.date.isoformat()
        case "bounce":
            return message.bounce and [
                message.bounce.recipient,
                message.bounce.status,
                message.bounce.diagnostic or None,
            ]
        case "defects":
            return len(message.defects)
        case _:
            return getattr(message, field)


def test_the_corpus_is_large_enough() -> None:
    assert len(MAILS) >= 150


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_mail_is_read_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    message = parse(path.read_bytes())
    assert {field: shown(message, field) for field in expected} == expected
