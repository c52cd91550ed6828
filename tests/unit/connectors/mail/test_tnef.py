"""winmail.dat: built here by the letter of [MS-OXTNEF]; a second reader judges what was built."""

import random
import struct

import tnefparse

from connectors.mail.tnef import PackedFile, is_tnef, unpack


def attribute(level: int, identity: int, value: bytes) -> bytes:
    head = struct.pack("<BII", level, identity, len(value))
    return head + value + struct.pack("<H", sum(value) & 0xFFFF)


def padded(value: bytes) -> bytes:
    return struct.pack("<I", len(value)) + value + bytes(-len(value) % 4)


def properties(*pieces: bytes) -> bytes:
    return struct.pack("<I", len(pieces)) + b"".join(pieces)


def text16(number: int, text: str) -> bytes:
    return struct.pack("<HHI", 0x1F, number, 1) + padded((text + "\0").encode("utf-16-le"))


def named(kind: int, name: str, value: bytes) -> bytes:
    return (
        struct.pack("<HH", kind, 0x8001)
        + bytes(16)
        + struct.pack("<I", 1)
        + padded(name.encode("utf-16-le"))
        + value
    )


def tnef(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


REN = attribute(2, 0x00069002, bytes(14))
MAIL = tnef(
    attribute(1, 0x00089006, struct.pack("<I", 0x10000)),
    attribute(1, 0x00069007, struct.pack("<II", 1252, 0)),
    attribute(1, 0x0002800C, "Grüße aus Wien\r\n\0".encode("cp1252")),
    attribute(
        1,
        0x00069003,
        properties(
            struct.pack("<HHI", 0x03, 0x0017, 1),
            named(0x0B, "Reminder", struct.pack("<I", 1)),
            struct.pack("<HHI", 0x102, 0x1013, 1) + padded(b"<p>Gr&uuml;&szlig;e</p>"),
        ),
    ),
    REN,
    attribute(2, 0x00018010, b"RECHNU~1.PDF\0"),
    attribute(2, 0x0006800F, b"%PDF-1.7 the bill"),
    attribute(
        2, 0x00069005, properties(text16(0x3707, "Rechnung März.pdf"), text16(0x370E, "application/pdf"))
    ),
    REN,
    attribute(2, 0x00018010, b"logo.png\0"),
    attribute(2, 0x0006800F, b"\x89PNG"),
    attribute(2, 0x00069005, properties(text16(0x3712, "<logo@wien>"))),
)


def test_text_html_and_files_come_out() -> None:
    packed = unpack(MAIL)
    assert packed.whole
    assert packed.text == "Grüße aus Wien\r\n"
    assert packed.html == b"<p>Gr&uuml;&szlig;e</p>"
    assert packed.files == [
        PackedFile("Rechnung März.pdf", "application/pdf", None, b"%PDF-1.7 the bill"),
        PackedFile("logo.png", "", "logo@wien", b"\x89PNG"),
    ]


def test_another_reader_finds_the_same_files() -> None:
    judge = tnefparse.TNEF(MAIL)
    assert [bytes(each.data) for each in judge.attachments] == [each.data for each in unpack(MAIL).files]
    assert judge.attachments[0].long_filename() == "Rechnung März.pdf"


def test_what_is_cut_off_keeps_what_came_before() -> None:
    packed = unpack(MAIL[:-40])
    assert not packed.whole
    assert packed.files[0].data == b"%PDF-1.7 the bill"


def test_other_bytes_are_nothing() -> None:
    assert not is_tnef(b"PK\x03\x04")
    assert not unpack(b"PK\x03\x04").whole


def test_damage_is_never_an_exception() -> None:
    chance = random.Random(7)
    for _ in range(3000):
        damaged = bytearray(MAIL)
        for _ in range(chance.randint(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        unpack(bytes(damaged))
        unpack(MAIL[:6] + chance.randbytes(chance.randint(0, 200)))


def test_counts_that_promise_more_than_there_is_end_quickly() -> None:
    liar = struct.pack("<HHI", 0x1F, 0x3707, 0xFFFFFFFF) + padded(b"")
    packed = unpack(tnef(REN, attribute(2, 0x00069005, struct.pack("<I", 0xFFFFFFFF) + liar)))
    assert not packed.whole
