"""The JSON shape of an event that a reader of the log passed over."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from server.domain.resources import Instant, Resource

# The event itself is not kept any more; or nobody of this name reads the log of this desk (Kafka is switched
# off, or an earlier version called it so).
Obstacle = Literal["event_gone", "consumer_off"]


class ParkedEvent(Resource, frozen=True, kw_only=True):
    """An event that `consumer` could not digest, and passed over; `retrying` when it is to be told again.

    `obstacle` says why it cannot be.
    """

    id: UUID
    consumer: str
    ticket_id: UUID
    ticket_number: int | None
    seq: int
    type: str | None
    reason: str
    parked_at: Instant
    retrying: bool
    obstacle: Obstacle | None
