"""Which pages may open a socket: our own, where the widget's frame is served too; and where a client is."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address

from websockets.datastructures import Headers, MultipleValuesError


def is_own(origin: str, host: str, public_url: str) -> bool:
    """Whether an Origin is this desk's: the configured one, or the host that the request itself names."""
    own = host.lower()
    return origin == public_url or (bool(own) and origin.lower() in (f"http://{own}", f"https://{own}"))


def header(headers: Headers, name: str) -> str:
    """A header that stands once, or nothing: what stands twice is not believed."""
    try:
        return headers.get(name, "") or ""
    except MultipleValuesError:
        return ""


def address(peer: str, headers: Headers, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """Where a client is: the peer, or what a trusted proxy says it forwards for."""
    hops = [hop.strip() for hop in header(headers, "X-Forwarded-For").split(",") if hop.strip()]
    current = peer
    while hops and _is_in(current, trusted):
        current = hops.pop()
    return current


def _is_in(text: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return any(found in network for network in networks)
