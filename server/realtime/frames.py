"""The live protocol's frames: JSON text, one object each, `op` first.

What comes in is a closed union, decoded and checked in one go; what goes out is encoded once, however many
receive it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from server.domain.events import InteractionType
from server.domain.identity import ActorType
from server.domain.interaction import MAX_ATTACHMENTS, MAX_CLIENT_ID_CHARS, MAX_GENERATION
from server.domain.resources import AgentStatus, TimelineEvent
from server.ids import quick_id

VERSION = 1
MAX_RESUMED_ROOMS = 200
MAX_PEEK_CHARS = 1000
MAX_NAMES = 16_384  # remembered; some 5 MB

RoomName = Annotated[str, msgspec.Meta(max_length=60)]
Seq = Annotated[int, msgspec.Meta(ge=0)]


class _Frame(msgspec.Struct, frozen=True, tag_field="op"):
    """A frame is a tagged struct; its tag is its `op`."""


class Hello(_Frame, frozen=True, tag="hello"):
    """The first frame: who I am, and which rooms I was in."""

    v: int
    token: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    resume: Annotated[dict[RoomName, Seq], msgspec.Meta(max_length=MAX_RESUMED_ROOMS)] = {}


class Join(_Frame, frozen=True, tag="join"):
    """Let me into a room, and tell me what I have missed since `since`."""

    room: RoomName
    since: Seq = 0


class Leave(_Frame, frozen=True, tag="leave"):
    """I am going out of a room."""

    room: RoomName


class Send(_Frame, frozen=True, tag="send"):
    """Say something; `id` is mine, and a repeat of it gets the first ack again.

    `draft` says that this is the shared draft of that generation: of two who send it, one does.
    """

    room: RoomName
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CLIENT_ID_CHARS)]
    content: str = ""
    type: InteractionType = "message"
    attachment_ids: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=MAX_ATTACHMENTS)] = ()
    draft: Annotated[int, msgspec.Meta(ge=1, le=MAX_GENERATION)] | None = None


class Typing(_Frame, frozen=True, tag="typing"):
    """I am composing, or no longer; `text` is a visitor's sneak peek."""

    room: RoomName
    on: bool
    text: Annotated[str, msgspec.Meta(max_length=MAX_PEEK_CHARS)] | None = None


class Read(_Frame, frozen=True, tag="read"):
    """I have read up to here."""

    room: RoomName
    seq: Seq


class Status(_Frame, frozen=True, tag="status"):
    """I am available, away, or not here."""

    status: AgentStatus


class Ping(_Frame, frozen=True, tag="ping"):
    """Are you there?"""


ClientFrame = Hello | Join | Leave | Send | Typing | Read | Status | Ping


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who is here; customers see agents without an id."""

    type: ActorType
    id: UUID | None
    name: str
    status: AgentStatus | None = None


class Welcome(_Frame, frozen=True, tag="welcome"):
    """You are in; send something at least every `heartbeat_seconds`, or answer pings."""

    session: UUID
    heartbeat_seconds: int
    me: Member


class Joined(_Frame, frozen=True, tag="joined"):
    """You are in a room whose newest event is `seq`; what you missed follows.

    An agent is told the generation of a ticket's shared draft.
    """

    room: str
    seq: int
    presence: list[Member]
    reads: dict[str, int] = {}
    draft: int | msgspec.UnsetType = msgspec.UNSET


class Event(_Frame, frozen=True, tag="event"):
    """Something happened in a ticket's room."""

    room: str
    seq: int
    type: str
    at: Any
    actor: Any
    data: Any


class Ack(_Frame, frozen=True, tag="ack"):
    """What you sent is committed, in this room, as this event."""

    id: str
    room: str
    seq: int


class Refused(_Frame, frozen=True, tag="refused", omit_defaults=True):
    """No; `retry` says whether sending the same again may succeed."""

    code: str
    detail: str
    retry: bool
    id: str | None = None
    room: str | None = None
    retry_after_ms: int | None = None


class TicketRow(_Frame, frozen=True, tag="ticket"):
    """A ticket of a list as it is now; keep the one with the higher `seq`."""

    room: str
    ticket: Any


class Presence(_Frame, frozen=True, tag="presence", omit_defaults=True):
    """Everybody who is in a room; in a large one some of them, and how many there are."""

    room: str
    members: list[Member]
    total: int | None = None


class Viewing(_Frame, frozen=True, tag="viewing"):
    """Which agents have a ticket of a list open, and who composes in it; nobody, when `members` is empty."""

    room: str
    ticket_id: UUID
    members: list[Member]
    typing: list[Member]


class TypingNow(_Frame, frozen=True, tag="typing", omit_defaults=True):
    """Somebody is composing, or no longer."""

    room: str
    who: Member
    on: bool
    text: str | None = None


class ReadUpTo(_Frame, frozen=True, tag="read"):
    """Somebody has read up to here."""

    room: str
    who: Member
    seq: int


class Draft(_Frame, frozen=True, tag="draft"):
    """Which generation the ticket's shared draft has now: what was drafted before it is sent."""

    room: str
    generation: int


class Notified(_Frame, frozen=True, tag="notified"):
    """How many notifications you have not read, and the newest of all; fetch them by HTTP."""

    unread: int
    newest: UUID | None


class Pong(_Frame, frozen=True, tag="pong"):
    """I am."""


class Bye(_Frame, frozen=True, tag="bye"):
    """This connection ends; come back after about `retry_after_ms`."""

    reason: str
    retry_after_ms: int


ServerFrame = (
    Welcome
    | Joined
    | Event
    | Ack
    | Refused
    | TicketRow
    | Presence
    | Viewing
    | TypingNow
    | ReadUpTo
    | Draft
    | Notified
    | Pong
    | Bye
)
RoomKind = Literal["ticket", "inbox", "agents"]

_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def parse_frame(payload: bytes) -> ClientFrame:
    """The frame in a text message; raises msgspec.DecodeError or ValidationError for anything else."""
    frame: ClientFrame = _decoder.decode(payload)
    return frame


def encode_frame(frame: ServerFrame) -> bytes:
    """The frame as the payload of a text message."""
    return _encoder.encode(frame)


def event_frame(room: str, event: TimelineEvent) -> bytes:
    """An event of a ticket, for everybody of one audience."""
    return _encoder.encode(Event(room, event.seq, event.type, event.at, event.actor, event.data))


# Reading and writing ids was a tenth of what a message cost: the rooms of the day are remembered.
@lru_cache(MAX_NAMES)
def ticket_room(ticket_id: UUID) -> str:
    """The name of a ticket's room."""
    return f"ticket:{ticket_id}"


@lru_cache(MAX_NAMES)
def parse_room(name: str) -> tuple[RoomKind, UUID | None] | None:
    """A room's kind and id, or None when there can be no such room."""
    if name == "agents":
        return ("agents", None)
    kind, _, text = name.partition(":")
    if kind not in ("ticket", "inbox") or len(text) != 36:
        return None
    try:
        found = quick_id(text)
    except ValueError:
        return None
    # One spelling a room: two names for one room would be two rooms.
    return ("ticket" if kind == "ticket" else "inbox", found) if str(found) == text else None
