"""Something said in a ticket, as it is stored and shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.events import InteractionType
from server.domain.identity import ActorType

MAX_CONTENT_BYTES = 64_000
MAX_CLIENT_ID_CHARS = 100
MAX_ATTACHMENTS = 20
MAX_GENERATION = 2**31 - 1  # of a ticket's drafts


class Attachment(msgspec.Struct, frozen=True):
    """A file that came with it; the bytes are in the attachment store."""

    id: UUID
    filename: str
    mime_type: str
    size_bytes: int


class Interaction(msgspec.Struct, frozen=True):
    """A message or note. `content` is plain text kept byte for byte; `content_html` is sanitised, or None."""

    id: UUID
    ticket_id: UUID
    seq: int
    public_seq: int | None
    author_type: ActorType
    author_id: UUID | None
    author_name: str
    type: InteractionType
    content: str
    content_html: str | None
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()
    client_id: str | None = None
