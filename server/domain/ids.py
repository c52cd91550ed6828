"""Ids: UUIDv7, so that rows made one after the other lie beside each other in an index (RFC 9562 §5.7)."""

from __future__ import annotations

from uuid import UUID

_VERSION = 7 << 76
_VARIANT = 2 << 62


def uuid7(unix_milliseconds: int, random_bits: int) -> UUID:
    """The UUIDv7 of an instant and 74 or more random bits; both are given, so that this stays pure."""
    return UUID(bytes=uuid7_bytes(unix_milliseconds, random_bits))


def uuid7_bytes(unix_milliseconds: int, random_bits: int) -> bytes:
    """The same as its sixteen bytes."""
    random_a = (random_bits >> 62) & 0xFFF
    random_b = random_bits & ((1 << 62) - 1)
    whole = (unix_milliseconds & ((1 << 48) - 1)) << 80 | _VERSION | random_a << 64 | _VARIANT | random_b
    return whole.to_bytes(16, "big")


def parse_id(text: str) -> UUID | None:
    """The id in `text`, or None: what is not an id names nothing, it is not an error."""
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
