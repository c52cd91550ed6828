"""DNS for checking senders: bounded in time, remembered as long as an answer says. Blocks: for threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

import dns.exception
import dns.nameserver
import dns.rdata
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

MAX_REMEMBERED = 10_000
MAX_REMEMBER_SECONDS = 3600.0
_NEGATIVE_SECONDS = 60.0
_MAX_SILENCE = 5  # time-outs in a row; then nobody is asked for a while: mail must not wait for a dead server
_REST_SECONDS = 30.0


class LookupFailed(Exception):
    """DNS gave no answer in time: another time it may."""


class Lookup(Protocol):
    """Asks DNS for records of a name; an empty list for none, LookupFailed for no answer."""

    def __call__(self, name: str, kind: str, /) -> list[str]: ...


class Resolver:
    """Looks names up, of TXT, A, AAAA, MX (`"10 host"`), PTR and CNAME; safe to share between threads."""

    def __init__(self, servers: Sequence[tuple[str, int]] = (), seconds: float = 3.0) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.resolver.Resolver(configure=False)  # every look-up fails
        if servers:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers]
        self._resolver.lifetime = seconds
        self._known: dict[tuple[str, str], tuple[float, list[str]]] = {}
        self._lock = threading.Lock()
        self._silence = 0
        self._rests_until = 0.0

    def __call__(self, name: str, kind: str, /) -> list[str]:
        key = (name.rstrip(".").lower(), kind)
        with self._lock:
            until, found = self._known.get(key, (0.0, []))
        if until > time.monotonic():
            return found
        if self._rests_until > time.monotonic():
            raise LookupFailed("DNS does not answer")
        seconds, found = self._ask(*key)
        with self._lock:
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[key] = (time.monotonic() + seconds, found)
        return found

    def _ask(self, name: str, kind: str) -> tuple[float, list[str]]:
        try:
            answer = self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            self._silence = 0
            return _NEGATIVE_SECONDS, []
        except dns.resolver.LifetimeTimeout as wrong:
            self._silence += 1
            if self._silence >= _MAX_SILENCE:
                self._rests_until = time.monotonic() + _REST_SECONDS
            raise LookupFailed(f"{kind} {name}: no answer in time") from wrong
        except (dns.exception.DNSException, UnicodeError, OSError) as wrong:
            raise LookupFailed(f"{kind} {name}: {type(wrong).__name__}") from wrong
        self._silence = 0
        if answer.rrset is None:
            return _NEGATIVE_SECONDS, []
        seconds = min(max(answer.rrset.ttl, 1), MAX_REMEMBER_SECONDS)
        return seconds, [_text(record) for record in answer.rrset]


def _text(record: dns.rdata.Rdata) -> str:
    """TXT as one string of its pieces (RFC 7208 §3.3); anything else as DNS writes it."""
    if isinstance(record, TXT):
        return b"".join(record.strings).decode("ascii", "replace")
    return record.to_text().rstrip(".")
