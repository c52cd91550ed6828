"""The JSON shape of an event that a reader of the log passed over."""

from __future__ import annotations

from uuid import UUID

from server.domain.resources import Instant, Resource


class ParkedEvent(Resource, frozen=True, kw_only=True):
    """An event that `consumer` could not digest, and passed over; `retrying` when it is to be told again."""

    id: UUID
    consumer: str
    ticket_id: UUID
    ticket_number: int | None
    seq: int
    type: str | None
    reason: str
    parked_at: Instant
    retrying: bool
