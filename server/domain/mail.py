"""What is kept of a mail beside its text: who it names, whether a machine wrote it, what proves who did."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from server.domain.authentication import Authentication
from server.domain.inbound import InboundMessage, Person

MAX_PEOPLE = 50
MAX_NAME_CHARS = 200


class AgentToken(msgspec.Struct, frozen=True):
    """What an agent's reply address says: the end of the agent's id, their ticket, and its last day."""

    reference: str
    number: int
    last_day: date


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """The row's `head`. `auto` says why no machine may answer; `forged` that it is not from whom it says."""

    sender: Person = Person("", "")
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    date: datetime | None = None
    auto: str | None = None
    authentication: Authentication = Authentication()
    forged: bool = False


def head_of(message: InboundMessage, authentication: Authentication, *, forged: bool) -> Head:
    """What is kept of a mail; long lists and names are cut."""
    return Head(
        _brief(message.sender),
        tuple(_brief(person) for person in message.to[:MAX_PEOPLE]),
        tuple(_brief(person) for person in message.cc[:MAX_PEOPLE]),
        message.date,
        message.auto,
        authentication,
        forged,
    )


def is_machine(message: InboundMessage) -> bool:
    """Whether no person wrote it to us alone: it opens nothing again, starts no clock and gets no answer."""
    return message.mail_class != "human" or message.auto is not None


def _brief(person: Person) -> Person:
    return Person(person.name[:MAX_NAME_CHARS], person.email[:320])
