"""The partitions of the event log: a ticket's events are all in one, so that its order holds in every consumer."""

from __future__ import annotations

from uuid import UUID

PARTITIONS = 8


def partition_of(ticket_id: UUID) -> int:
    """The partition of a ticket, the same on every process and for ever (the low bits of a UUIDv7 are random)."""
    return ticket_id.int % PARTITIONS
