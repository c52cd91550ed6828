"""The JSON shapes of mail as agents and admins look at it: a mail, a fetched mailbox, a trial of settings."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from server.domain.authentication import Result, Source
from server.domain.inbound import MailClass
from server.domain.resources import Instant, Resource

Direction = Literal["in", "out"]
MailState = Literal["received", "done", "parked", "queued", "sent", "failed"]


class MailPerson(Resource, frozen=True, kw_only=True):
    """A name and an address, as a header gives them."""

    name: str
    email: str


class MailAuthentication(Resource, frozen=True, kw_only=True):
    """What SPF, DKIM and DMARC said, and who asked them."""

    spf: Result
    dkim: Result
    dmarc: Result
    source: Source | None


class MailInfo(Resource, frozen=True, kw_only=True):
    """A mail that came or left, without its text; what leaves has the id of its interaction.

    `date` is what the mail says, `at` when we got or queued it. `received` waits to be taken in, `done` was.
    `auto` says why a mail is a machine's, `defects` what was wrong with it.
    """

    id: UUID
    direction: Direction
    inbox_id: UUID
    ticket_id: UUID | None
    interaction_id: UUID | None
    from_: MailPerson = msgspec.field(name="from")
    to: list[MailPerson]
    cc: list[MailPerson]
    date: Instant | None
    at: Instant
    class_: MailClass | None = msgspec.field(name="class")
    auto: str | None
    defects: list[str]
    authentication: MailAuthentication
    forged: bool
    verified_sender: bool
    state: MailState
    attempts: int
    error: str | None
    size_bytes: int | None
    raw_url: str | None


class Mailbox(Resource, frozen=True, kw_only=True):
    """A folder that is fetched: how far it was read, and how it is; without `folder`, nobody has looked yet.

    `lag_seconds` is how long ago it was seen, `waiting` how many of its mails are still to come. `missing`
    is what the last comparison with the server, at `compared_at`, found there and not here.
    """

    inbox_id: UUID
    inbox_name: str
    address: str | None
    folder: str | None
    last_seen_at: Instant | None
    lag_seconds: float | None
    fetched: int
    waiting: int
    error: str | None
    error_at: Instant | None
    missing: int | None
    compared_at: Instant | None


class TrialStep(Resource, frozen=True, kw_only=True):
    """One step of a trial: what was tried, and what the other side said to it."""

    name: str
    ok: bool
    detail: str


class Trial(Resource, frozen=True, kw_only=True):
    """How a trial of settings went: its steps up to the first that failed."""

    ok: bool
    steps: list[TrialStep]


class DeskRelay(Resource, frozen=True, kw_only=True):
    """The relay of inboxes that have none of their own; null when there is none."""

    host: str | None


class ConsentPage(Resource, frozen=True, kw_only=True):
    """Where an admin gives consent, in their browser; its provider must know the address `returns_to`."""

    url: str
    returns_to: str


class Consent(Resource, frozen=True, kw_only=True):
    """Which inbox may be fetched now."""

    inbox_id: UUID


class RemoteImages(Resource, frozen=True, kw_only=True):
    """The remote images of an interaction: each address in the mail, and where we show it."""

    images: dict[str, str]
