"""Yjs updates (format 1), read before they are merged: only what a reply is made of passes.

The library that merges cuts numbers to 32 bits, reserves memory for any count that it is told, and ends the
process by recursion on values nested some ten thousand deep. So every count is held against the bytes that
are there, and what a plain reply does not have (maps, binaries, documents in documents) is refused.
"""

from __future__ import annotations

import msgspec

from server.domain.errors import Invalid
from server.realtime.drafts.frame import Reader

ROOT = "reply"
MAX_CLIENT = 2**53 - 1
MAX_CLOCK = 2**31 - 1
MAX_VALUE_DEPTH = 8
MAX_KEY_CHARS = 100
MAX_FORMAT_CHARS = 1000
_GC, _SKIP = 0, 10
_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _KIND = 0x80, 0x40, 0x20, 0x1F
_XML_ELEMENT, _XML_TEXT = 3, 6


class Extent(msgspec.Struct):
    """What an update speaks of: from and up to which clock of each client, and up to which it deletes; how
    many pieces it is, and how many of them are types."""

    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    deletes: dict[int, int] = {}
    structs: int = 0
    types: int = 0
    has_gap: bool = False

    def follows(self, state: dict[int, int]) -> bool:
        """Whether a document of this state has what comes before it, as far as clocks tell."""
        return (
            not self.has_gap
            and all(clock <= state.get(client, 0) for client, clock in self.begins.items())
            and all(
                clock <= max(state.get(client, 0), self.ends.get(client, 0))
                for client, clock in self.deletes.items()
            )
        )

    def is_in(self, state: dict[int, int]) -> bool:
        """Whether a document of this state has all of it."""
        return all(clock <= state.get(client, 0) for client, clock in self.ends.items())


def measure(update: bytes) -> Extent:
    """Read an update from end to end; raises Invalid for all that no reply has."""
    reader = Reader(update)
    extent = Extent()
    for _ in range(_count(reader)):
        _read_client(reader, extent)
    _read_deletions(reader, extent)
    if not reader.is_done:
        raise Invalid("There is more in the update than an update")
    return extent


def parse_state(state: bytes) -> dict[int, int]:
    """A state vector: the clock of each client. Raises Invalid for anything else."""
    reader = Reader(state)
    found = {reader.number(MAX_CLIENT): reader.number(MAX_CLOCK) for _ in range(_count(reader))}
    if not reader.is_done:
        raise Invalid("There is more in the state than a state")
    return found


def _count(reader: Reader) -> int:
    """How many follow: each takes a byte at least."""
    return reader.number(len(reader.data) - reader.at)


def _read_client(reader: Reader, extent: Extent) -> None:
    structs = _count(reader)
    client, clock = reader.number(MAX_CLIENT), reader.number(MAX_CLOCK)
    extent.structs += structs
    extent.begins[client] = min(clock, extent.begins.get(client, clock))
    for _ in range(structs):
        info = reader.byte()
        kind = info & _KIND
        if kind in (_GC, _SKIP):
            length = reader.number(MAX_CLOCK)
            extent.has_gap |= kind == _SKIP
        else:
            _read_place(reader, info)
            length = _read_content(reader, kind, extent)
        clock += length
        if not length or clock > MAX_CLOCK:
            raise Invalid("A piece of the update has no length that can be")
    extent.ends[client] = max(clock, extent.ends.get(client, 0))


def _read_place(reader: Reader, info: int) -> None:
    """Between which neighbours, or else in which parent, under which key."""
    if info & _HAS_LEFT:
        _read_id(reader)
    if info & _HAS_RIGHT:
        _read_id(reader)
    if info & (_HAS_LEFT | _HAS_RIGHT):
        return
    if reader.number(1):
        if reader.text() != ROOT:
            raise Invalid(f"A draft has one root, {ROOT}")
    else:
        _read_id(reader)
    if info & _HAS_KEY and len(reader.text()) > MAX_KEY_CHARS:
        raise Invalid("A name in the update is too long")


def _read_id(reader: Reader) -> None:
    reader.number(MAX_CLIENT)
    reader.number(MAX_CLOCK)


def _read_content(reader: Reader, kind: int, extent: Extent) -> int:
    """Returns how many clock ticks it takes."""
    match kind:
        case 1:  # deleted
            return reader.number(MAX_CLOCK)
        case 4:  # text, counted in UTF-16
            text = reader.text()
            return len(text) + sum(sign > "\uffff" for sign in text)
        case 6:  # format of a text
            if len(reader.text()) > MAX_KEY_CHARS or len(reader.text()) > MAX_FORMAT_CHARS:
                raise Invalid("A format in the update is too long")
            return 1
        case 7:  # element or text
            return _read_type(reader, extent)
        case 8:  # values
            values = _count(reader)
            for _ in range(values):
                _read_value(reader, MAX_VALUE_DEPTH)
            return values
        case _:
            raise Invalid("The update has what no reply has")


def _read_type(reader: Reader, extent: Extent) -> int:
    extent.types += 1
    kind = reader.number(0x7F)
    if kind == _XML_ELEMENT:
        if len(reader.text()) > MAX_KEY_CHARS:
            raise Invalid("A name in the update is too long")
    elif kind != _XML_TEXT:
        raise Invalid("The update has what no reply has")
    return 1


def _read_value(reader: Reader, depth: int) -> None:
    if not depth:
        raise Invalid("A value in the update is nested too deep")
    match reader.byte():
        case 127 | 126 | 121 | 120:  # undefined, null, false, true
            pass
        case 125:  # an integer
            _read_integer(reader)
        case 124 | 123 | 122 as number:  # of 4, 8 and 8 bytes
            reader.take(4 if number == 124 else 8)
        case 119:
            reader.text()
        case 118:
            for _ in range(_count(reader)):
                reader.text()
                _read_value(reader, depth - 1)
        case 117:
            for _ in range(_count(reader)):
                _read_value(reader, depth - 1)
        case _:
            raise Invalid("The update has what no reply has")


def _read_integer(reader: Reader) -> None:
    for _ in range(10):
        if reader.byte() < 0x80:
            return
    raise Invalid("A number in the update is too large")


def _read_deletions(reader: Reader, extent: Extent) -> None:
    for _ in range(_count(reader)):
        client = reader.number(MAX_CLIENT)
        for _ in range(_count(reader)):
            clock, length = reader.number(MAX_CLOCK), reader.number(MAX_CLOCK)
            extent.structs += 1
            if clock + length > MAX_CLOCK:
                raise Invalid("The update deletes what cannot be")
            extent.deletes[client] = max(clock + length, extent.deletes.get(client, 0))
