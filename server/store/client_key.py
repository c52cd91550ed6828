"""A client's id for a message as one short key: the id counts within its ticket and author, for ever."""

from __future__ import annotations

import hashlib
from uuid import UUID


def client_key(ticket_id: UUID, author_id: UUID, client_id: str) -> bytes:
    """What `interactions.client_key` holds; migration 0009 computes the same."""
    whole = ticket_id.bytes + author_id.bytes + client_id.encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).digest()[:16]
