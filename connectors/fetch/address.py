"""Which addresses are the public Internet. Pure.

The question is asked of the address that is about to be connected to, after resolving: a name proves nothing
(DNS rebinding, 0x7f000001, ::ffff:127.1 and kin are all just spellings by then).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

PORTS = frozenset({80, 443})

# What `is_global` of some Python versions lets through, and what carries an IPv4 address inside.
_CLOSED: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # RFC 6598, carriers' own
        "192.0.0.0/24",  # RFC 6890
        "192.88.99.0/24",  # RFC 7526, old 6to4 relays
        "198.18.0.0/15",  # RFC 2544, benchmarks
        "240.0.0.0/4",
        "::/96",  # RFC 4291 §2.5.5.1, IPv4 inside
        "64:ff9b:1::/48",  # RFC 8215
        "100::/64",  # RFC 6666
        "2001::/23",  # RFC 2928: Teredo and others
        "2001:db8::/32",
        "3fff::/20",  # RFC 9637
        "5f00::/16",  # RFC 9602
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_SIX_TO_FOUR = IPv6Network("2002::/16")  # RFC 3056: bits 16 to 48 are one


def is_public(text: str) -> bool:
    """Whether a numeric address may be connected to; anything else than one is not."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inside = _inside(address)
    return _is_open(address) if inside is None else _is_open(inside)


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return None


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _CLOSED if network.version == address.version)
