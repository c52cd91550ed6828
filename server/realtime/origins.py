"""Which pages may open a socket: our own, where the widget's frame is served too; and where a client is."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

MAX_KNOWN = 4096
Networks = tuple[IPv4Network | IPv6Network, ...]


def is_own(origin: str, host: str, public_url: str) -> bool:
    """Whether an Origin is this desk's: the configured one, or the host that the request itself names."""
    own = host.lower()
    return origin == public_url or (bool(own) and origin.lower() in (f"http://{own}", f"https://{own}"))


def address(peer: str, forwarded: str, trusted: Networks) -> str:
    """Where a client is: the peer, or what a trusted proxy says it forwards for (X-Forwarded-For)."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    current = peer
    while hops and _is_in(current, trusted):
        current = hops.pop()
    return current


@lru_cache(maxsize=MAX_KNOWN)
def home(address: str, trusted: Networks) -> str | None:
    """What connections are counted by: an IPv4 address, or the /64 that one customer of a provider has.

    None for this machine and for trusted proxies: many people stand behind each, or the operator's own tools.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback or any(found in network for network in trusted):
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, 64), strict=False))
    return str(found)


def _is_in(text: str, networks: Networks) -> bool:
    if not networks:
        return False
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return any(found in network for network in networks)
