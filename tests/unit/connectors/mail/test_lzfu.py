"""Compressed rich text: packed here by the letter of [MS-OXRTFCP]."""

import random
import struct

from connectors.mail.lzfu import MAX_BYTES, decompress


def packed(code: bytes, size: int, kind: bytes = b"LZFu") -> bytes:
    return struct.pack("<II", len(code) + 12, size) + kind + bytes(4) + code


def test_what_was_said_is_said_again_even_while_it_is_said() -> None:
    """§3.2: `WXYZ` five times, the last four by one reference into what it writes."""
    code = b"\x41\x00\x04 WXYZ\x0d\x6e\x7d\x01\x0e\xb0"
    assert decompress(packed(code, 28)) == rb"{\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_what_was_only_stored_is_taken_as_it_is() -> None:
    assert decompress(packed(rb"{\rtf1 x}", 9, b"MELA")) == rb"{\rtf1 x}"


def test_other_bytes_are_nothing() -> None:
    assert decompress(b"") == b""
    assert decompress(packed(b"xxxx", 4, b"ZIPx")) == b""


def test_a_size_that_promises_more_than_may_be_is_cut() -> None:
    code = b"\x00{\\rtf1 x" + b"\xff" + b"\x0c\xff" * 8
    assert len(decompress(packed(code * 20_000, 0xFFFFFFFF))) <= MAX_BYTES


def test_damage_is_never_an_exception() -> None:
    chance = random.Random(7)
    for _ in range(2000):
        decompress(packed(chance.randbytes(chance.randint(0, 60)), chance.randint(0, 1 << 32 - 1)))
