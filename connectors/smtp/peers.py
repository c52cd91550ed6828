"""Who is connected, and how much each may do: relays that the operator trusts, and everybody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from server.rates import Rate

MAX_CONNECTIONS = 1500
MAX_OF_RELAY = 600
MAX_OF_STRANGER = 20


class Peers:
    """Counts connections and mails by address."""

    def __init__(
        self, trusted: Sequence[IPv4Network | IPv6Network], stranger_rate: str, relay_rate: str
    ) -> None:
        self._trusted = trusted
        self._strangers = Rate(stranger_rate)
        self._relays = Rate(relay_rate)
        self._open: Counter[str] = Counter()

    def is_relay(self, address: str) -> bool:
        """Whether the operator named it (PARLEY_TRUSTED_RELAYS)."""
        try:
            known = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(known, "ipv4_mapped", None)
        return any((mapped or known) in network for network in self._trusted)

    def enter(self, address: str) -> bool:
        """Count a connection; False when it is one too many, and then it does not count."""
        most = MAX_OF_RELAY if self.is_relay(address) else MAX_OF_STRANGER
        if self._open[address] >= most or self._open.total() >= MAX_CONNECTIONS:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

    def may_send(self, address: str, *, trusted: bool) -> bool:
        """Count a mail; False when it comes too soon."""
        rate = self._relays if trusted else self._strangers
        return not rate.hit(address)
