"""The partitions of the event log: a ticket's events are all in one, so that their order holds."""

from __future__ import annotations

from uuid import UUID

PARTITIONS = 8


def partition_of(ticket_id: UUID) -> int:
    """The partition of a ticket, the same everywhere and for ever (a UUIDv7's low bits are random)."""
    return ticket_id.int % PARTITIONS
