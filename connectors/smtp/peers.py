"""Who is connected, and how much each may do: relays that the operator trusts, and everybody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from server.rates import Rate

MAX_CONNECTIONS = 1500
MAX_OF_RELAY = 600
MAX_OF_STRANGER = 20
_MAX_KNOWN = 10_000


class Peers:
    """Counts connections, mails and failed sign-ins by address; of IPv6, a /64 is one."""

    def __init__(
        self,
        trusted: Sequence[IPv4Network | IPv6Network],
        stranger_rate: str,
        relay_rate: str,
        sign_in_rate: str,
    ) -> None:
        self._trusted = trusted
        self._failures = Rate(sign_in_rate)
        self._strangers = Rate(stranger_rate)
        self._relays = Rate(relay_rate)
        self._open: Counter[str] = Counter()
        self._count = 0
        self._known: dict[str, bool] = {}

    def is_relay(self, address: str) -> bool:
        """Whether the operator named it (PARLEY_TRUSTED_RELAYS)."""
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            known = self._known[address] = _is_within(address, self._trusted)
        return known

    def may_try(self, address: str) -> bool:
        """Whether somebody may try a password now."""
        return not self._failures.wait(origin(address))

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        self._failures.count_one(origin(address))

    def enter(self, address: str) -> bool:
        """Count a connection; False when it is one too many, and then it does not count."""
        most = MAX_OF_RELAY if self.is_relay(address) else MAX_OF_STRANGER
        key = origin(address)
        if self._open[key] >= most or self._count >= MAX_CONNECTIONS:
            return False
        self._open[key] += 1
        self._count += 1
        return True

    def leave(self, address: str) -> None:
        key = origin(address)
        self._count -= 1
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    def may_send(self, address: str, *, trusted: bool) -> bool:
        """Count a mail; False when it comes too soon."""
        rate = self._relays if trusted else self._strangers
        return not rate.hit(origin(address))


def _is_within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    plain = getattr(known, "ipv4_mapped", None) or known
    return any(plain in network for network in networks)


@lru_cache(maxsize=10_000)
def origin(address: str) -> str:
    """What limits are kept by: an address, or the IPv6 network that one customer of a provider has."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
