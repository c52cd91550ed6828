"""Asks where a mail comes from: the relay that is trusted by name, or DNS, in threads and within a time.

What cannot be found out in time is a `temperror`, and the mail goes on: a result is stored and shown, and
refuses nothing. Domains that nobody can own (RFC 6761) are not looked up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from connectors.authentication.resolver import Resolver
from connectors.authentication.results import read_results
from connectors.authentication.verify import Delivery, verify
from server.domain.authentication import Authentication

CHECK_SECONDS = 8.0
MAX_HEAD_BYTES = 64 * 1024
_THREADS = 8
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_NOBODYS = frozenset({"test", "example", "invalid", "localhost", "local", ""})
_LATE = Authentication(spf="temperror", dkim="temperror", dmarc="temperror", source="verified")


class Came(msgspec.Struct, frozen=True):
    """How a mail came: `relayed` by somebody who is trusted (a relay of ours, a mailbox, a provider), else
    from the `delivery`'s address itself."""

    relayed: bool
    delivery: Delivery


class Checking:
    """One for a process; close it in the end. Without `verified` only relays are heard."""

    def __init__(self, servers: Sequence[tuple[str, int]] = (), *, verified: bool = True) -> None:
        self._resolver = Resolver(servers) if verified else None
        self._everything = bool(servers)  # a server of our own knows best what there is
        self._pool = ThreadPoolExecutor(_THREADS, "senders")

    async def check(self, raw: bytes, sender: str, came: Came, trusted: str) -> Authentication:
        """What is known of a mail From `sender`; `trusted` is the relay's name, or empty. Never raises."""
        if trusted and came.relayed:
            found = read_results(header_values(raw, b"authentication-results"), trusted)
            if found is not None:
                return found
        domain = sender.rpartition("@")[2].lower()
        if self._resolver is None or not (self._everything or _can_be_owned(domain)):
            return Authentication()
        delivery = None if came.relayed else came.delivery
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                found = await loop.run_in_executor(self._pool, verify, raw, domain, delivery, self._resolver)
        except TimeoutError:
            return _LATE
        return found if delivery is not None else _without_spf(found)

    def close(self) -> None:
        """Ask nothing any more; what runs ends within its own time."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _without_spf(found: Authentication) -> Authentication:
    """Behind a relay nobody knows whether SPF would have passed, so that nothing can fail for it."""
    if found.dmarc != "fail":
        return found
    return msgspec.structs.replace(found, dmarc="none")


def _can_be_owned(domain: str) -> bool:
    return "." in domain and domain.rpartition(".")[2] not in _NOBODYS


def header_values(raw: bytes, name: bytes) -> list[str]:
    """The unfolded values of a field at the top of a mail, topmost first; `name` in lower case."""
    head = raw[:MAX_HEAD_BYTES]
    end = _END.search(head)
    lines = _FOLD.sub(b" ", head if end is None else head[: end.start()]).split(b"\n")
    prefix = name + b":"
    return [
        line[len(prefix) :].strip().decode("utf-8", "replace")
        for line in lines
        if line[: len(prefix)].lower() == prefix
    ]
