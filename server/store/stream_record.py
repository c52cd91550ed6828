"""What a stream is told of an event: the values of the topics `parley-events` and `ticket-clocks`.

Pure. Their form is part of what other programs read from Kafka: fields are added, never changed.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.events import SlaEvent
from server.domain.identity import ActorType
from server.store.log import Entry

EVENTS = "parley-events"
CLOCKS = "ticket-clocks"
_CLOCK_PREFIX = "sla_"  # every event that changes a clock is called so, also those of later versions


class EventRecord(msgspec.Struct, frozen=True):
    """An event of the log, whole. `seq` orders a ticket's events, `offset` those of a partition.

    Who was told one twice knows it by (ticket_id, seq).
    """

    workspace_id: UUID
    ticket_id: UUID
    seq: int
    public_seq: int | None
    offset: int
    type: str
    at: datetime
    actor_type: ActorType
    actor_id: UUID | None
    data: msgspec.Raw


class ClockRecord(msgspec.Struct, frozen=True):
    """An event that changes a clock, with whose it is: all that the alarm clocks need.

    The event stays as its row holds it, so that one that this version does not know has a place still.
    """

    workspace_id: UUID
    ticket_id: UUID
    seq: int
    offset: int
    at: datetime
    written: msgspec.Raw

    def event(self) -> SlaEvent:
        """The event itself; raises msgspec.ValidationError for what this version does not know."""
        return _event_decoder.decode(self.written)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClockRecord)
_event_decoder: msgspec.json.Decoder[SlaEvent] = msgspec.json.Decoder(SlaEvent)


def changes_clock(entry: Entry) -> bool:
    """Whether an entry belongs in the topic of the clocks, too."""
    return entry.type.startswith(_CLOCK_PREFIX)


def encode_event_record(entry: Entry) -> bytes:
    """The value of an entry in the topic of all events."""
    record = EventRecord(
        entry.workspace_id,
        entry.ticket_id,
        entry.seq,
        entry.public_seq,
        entry.offset,
        entry.type,
        entry.at,
        entry.actor_type,
        entry.actor_id,
        msgspec.Raw(entry.data.encode()),
    )
    return _encoder.encode(record)


def encode_clock_record(entry: Entry) -> bytes:
    """The value of an entry in the topic of the clocks."""
    written = msgspec.Raw(entry.data.encode())
    return _encoder.encode(
        ClockRecord(entry.workspace_id, entry.ticket_id, entry.seq, entry.offset, entry.at, written)
    )


def decode_clock_record(value: bytes) -> ClockRecord:
    """The record of a value; raises msgspec.ValidationError for what is none."""
    return _decoder.decode(value)
