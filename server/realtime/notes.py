"""Notes: what processes tell each other about rooms, as MessagePack.

A closed union. Events are finished frames, already rendered for both audiences; everything else is a whole
passing state of one process, or of one person there, and replaces what that process said before.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from server.domain.resources import AgentStatus
from server.realtime.frames import Member
from server.realtime.membership import Told


class _Note(msgspec.Struct, frozen=True, array_like=True, tag_field="kind"):
    """A note is a tagged array."""


class EventsTold(_Note, frozen=True, tag="events"):
    """These happened in a ticket, in this order."""

    told: tuple[Told, ...]


class PresenceOf(_Note, frozen=True, tag="presence"):
    """Who is in a room by this process; in a large one `members` are some of `total`."""

    members: tuple[Member, ...]
    total: int


class TypingBy(_Note, frozen=True, tag="typing"):
    """Somebody composes, or no longer; `text` is a visitor's sneak peek."""

    who: Member
    on: bool
    text: str | None = None


class ReadBy(_Note, frozen=True, tag="read"):
    """Somebody has read up to `seq` of their own numbering."""

    who: Member
    seq: int


class ViewingOf(_Note, frozen=True, tag="viewing"):
    """Which agents have a ticket of this list open by this process, and who composes in it."""

    ticket_id: UUID
    members: tuple[Member, ...]
    typing: tuple[Member, ...]


class StatusOf(_Note, frozen=True, tag="status"):
    """An agent's availability has changed."""

    agent_id: UUID
    status: AgentStatus


class DraftChanged(_Note, frozen=True, tag="draft"):
    """A shared draft has changed; what the payload means is the drafts' own business."""

    generation: int
    payload: bytes


class Ask(_Note, frozen=True, tag="ask"):
    """The first member of a room came in here: tell me your states of it."""


Note = EventsTold | PresenceOf | TypingBy | ReadBy | ViewingOf | StatusOf | DraftChanged | Ask


class Posted(msgspec.Struct, frozen=True, array_like=True):
    """A note with the process that sends it, and its room."""

    process: UUID
    workspace_id: UUID
    room: str
    note: Note


_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")
_decoder = msgspec.msgpack.Decoder(Posted)


def encode_note(posted: Posted) -> bytes:
    """A note as it travels."""
    return _encoder.encode(posted)


def is_from(data: bytes, process: UUID) -> bool:
    """Whether a process sent this note, without decoding it: what comes first is an array of four and its id,
    both with their heads. Redis tells a sender what it sent."""
    return data[3:19] == process.bytes


def decode_note(data: bytes) -> Posted:
    """The note in what was heard; raises msgspec.DecodeError (or ValidationError) for anything else."""
    return _decoder.decode(data)
