"""The header that a proxy sends before its client's words: PROXY protocol, version 2, binary. Pure.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt §2.2. Only TCP over IPv4 and IPv6 is taken; what
follows the addresses (TLVs) is skipped.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

MAX_BYTES = 2048
_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_FIXED = 16
_LOCAL, _PROXIED = 0x20, 0x21
_UNSPECIFIED, _TCP4, _TCP6 = 0x00, 0x11, 0x21
_ADDRESS_BYTES = {_TCP4: 12, _TCP6: 36}


class BadHeader(Exception):
    """Not such a header: whoever sent it is no proxy of ours."""


class Header(NamedTuple):
    """The client's address, None when the proxy speaks for itself, and how many bytes the header has."""

    address: str | None
    length: int


def read_header(data: bytes) -> Header | None:
    """The header that `data` begins with; None when it is not whole yet. Raises BadHeader."""
    if not data.startswith(_SIGNATURE[: len(data)]):
        raise BadHeader
    if len(data) < _FIXED:
        return None
    command, family = data[12], data[13]
    length = _FIXED + int.from_bytes(data[14:16], "big")
    if length > MAX_BYTES or command not in (_LOCAL, _PROXIED):
        raise BadHeader
    if command == _PROXIED and family not in (_UNSPECIFIED, _TCP4, _TCP6):
        raise BadHeader
    if command == _PROXIED and length < _FIXED + _ADDRESS_BYTES.get(family, 0):
        raise BadHeader
    if len(data) < length:
        return None
    if command == _LOCAL or family == _UNSPECIFIED:
        return Header(None, length)
    if family == _TCP4:
        return Header(str(IPv4Address(data[16:20])), length)
    return Header(_plain(IPv6Address(data[16:32])), length)


def _plain(address: IPv6Address) -> str:
    return str(address.ipv4_mapped or address)
