"""The header of a proxy: whole, cut anywhere, longer than it says, and not one at all."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from connectors.smtp.proxy import MAX_BYTES, BadHeader, Header, read_header

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")


def header(client: str = "192.0.2.7", command: int = 0x21, family: int = 0, more: bytes = b"") -> bytes:
    source = ip_address(client).packed
    target = ip_address("192.0.2.1" if len(source) == 4 else "2001:db8::1").packed
    addresses = source + target + b"\x10\x00\x00\x19" + more
    chosen = family or (0x11 if len(source) == 4 else 0x21)
    return SIGNATURE + bytes([command, chosen]) + len(addresses).to_bytes(2, "big") + addresses


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (header(), "192.0.2.7"),
        (header("2001:db8::7"), "2001:db8::7"),
        (header("::ffff:192.0.2.7"), "192.0.2.7"),
        (header(more=b"\x04\x00\x01x"), "192.0.2.7"),
        (header(command=0x20), None),
        (SIGNATURE + b"\x21\x00\x00\x00", None),
    ],
)
def test_a_header_names_the_client_and_ends_where_it_says(data: bytes, address: str | None) -> None:
    assert read_header(data + b"EHLO x\r\n") == Header(address, len(data))


def test_a_header_that_is_not_whole_is_waited_for() -> None:
    data = header()
    assert [read_header(data[:length]) for length in range(len(data))] == [None] * len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO x\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n",
        SIGNATURE[:-1] + b"x",
        header(command=0x22),
        header(command=0x11),
        header(family=0x12),
        header(family=0x31),
        SIGNATURE + b"\x21\x11\x00\x04abcd",
        SIGNATURE + b"\x21\x21\x00\x0c" + b"x" * 12,
        SIGNATURE + b"\x21\x11" + MAX_BYTES.to_bytes(2, "big"),
        SIGNATURE + b"\x20\x00\xff\xff",
    ],
    ids=repr,
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BadHeader):
        read_header(data)
