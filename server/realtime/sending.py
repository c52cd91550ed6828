"""From a `send` frame to the command it means. Pure but for fresh ids."""

from __future__ import annotations

import hashlib
from uuid import UUID

from server.clock import new_id
from server.domain.commands import AddInteraction, CommandKey, Envelope, NewInteraction, OpenTicket
from server.domain.errors import Invalid, NotFound, TooLarge
from server.domain.identity import Actor, Customer
from server.domain.interaction import MAX_CONTENT_BYTES
from server.realtime.frames import Send, parse_room

MAX_SUBJECT_CHARS = 80


def envelope(actor: Actor, frame: Send, ticket_id: UUID | None = None) -> Envelope:
    """The command behind a `send`: in a ticket's room something is said, in an inbox's a ticket is opened.

    `ticket_id` is the room's, for who is in it: most messages, whose room's name need not be read again.
    Raises a Refusal for what cannot be stored or names no room.
    """
    kind, room_id = ("ticket", ticket_id) if ticket_id else parse_room(frame.room) or ("agents", None)
    if room_id is None:
        raise NotFound("There is no such room")
    _check_content(frame)
    said = NewInteraction(
        new_id(), frame.type, frame.content, attachment_ids=frame.attachment_ids, client_id=frame.id
    )
    if kind == "ticket":
        return Envelope(actor, AddInteraction(room_id, said, frame.draft))
    if not isinstance(actor, Customer):
        raise NotFound("Agents open tickets by the API")
    if frame.type != "message" or frame.draft is not None:
        raise NotFound
    command = OpenTicket(
        new_id(),
        room_id,
        "chat",
        actor.id,
        _subject(frame.content),
        said,
        actor.visitor_id,
    )
    scope = f"chat:{actor.visitor_id or actor.id}"
    return Envelope(actor, command, CommandKey(scope, frame.id, _fingerprint(frame)))


def _check_content(frame: Send) -> None:
    if not frame.content.strip() and not frame.attachment_ids:
        raise Invalid("There is nothing to send", pointer="/content")
    try:
        size = len(frame.content.encode())
    except UnicodeEncodeError:
        raise Invalid("The text has half of a surrogate pair", pointer="/content") from None
    if size > MAX_CONTENT_BYTES:
        raise TooLarge(f"A message has at most {MAX_CONTENT_BYTES} bytes")
    if "\0" in frame.content or "\0" in frame.id:
        raise Invalid("The text has a NUL character", pointer="/content")


def _subject(content: str) -> str:
    """The first line that says something, cut where a list would cut it."""
    line = next((line.strip() for line in content.splitlines() if line.strip()), "") or "Attachment"
    return line if len(line) <= MAX_SUBJECT_CHARS else line[: MAX_SUBJECT_CHARS - 1].rstrip() + "…"


def _fingerprint(frame: Send) -> bytes:
    parts = (frame.room, frame.content, *map(str, frame.attachment_ids))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=16).digest()
