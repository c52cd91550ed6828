"""Who somebody is, by the secret that they show: a session's cookie, an API token, a visit.

An answer is remembered for two seconds, in a bounded table, so that a busy token costs no query
for each request and a lost right is lost everywhere within five.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.identity import Agent, Customer
from server.queries.visitor_token import Visit, verify_visit, visitor_key
from server.queries.visits import Visits
from server.store import credentials
from server.store.pool import Store

REMEMBERED_SECONDS = 2.0
MAX_REMEMBERED = 10_000
TOKEN_PREFIX = "parley_"  # noqa: S105 (no secret: it tells a leaked token apart)


class Credential(msgspec.Struct, frozen=True):
    """Who was found, and by what."""

    kind: Literal["session", "token", "visit"]
    id: UUID
    actor: Agent | Customer
    csrf_token: str | None = None


class Credentials:
    """Looks secrets up and remembers what they stand for, for a moment."""

    def __init__(
        self,
        store: Store,
        secret_key: bytes,
        previous_key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._visits = Visits(store)
        self._visitor_keys = [visitor_key(key) for key in (secret_key, previous_key) if key is not None]
        self._clock = clock
        self._remembered: dict[bytes, tuple[float, Credential | None]] = {}
        self._looking: dict[bytes, asyncio.Task[Credential | None]] = {}

    async def find_session(self, secret: str) -> Credential | None:
        """The agent behind a session's cookie."""
        return await self._find(b"session", secret, self._fetch_session)

    async def find_token(self, secret: str) -> Credential | None:
        """The agent behind an API token."""
        return await self._find(b"token", secret, self._fetch_token)

    async def find_visit(self, secret: str) -> Credential | None:
        """The customer behind a visitor's token."""
        visit = self.verify_visit(secret)
        if visit is None:
            return None
        key, now = b"visit" + visit.workspace_id.bytes + visit.visitor_id.bytes, self._clock()
        known = self._remembered.get(key)
        if known is not None and known[0] > now:
            return known[1]
        found = await self._visits.find(visit)
        credential = None if found is None else Credential("visit", visit.visitor_id, found)
        self._remember(key, now, credential)
        return credential

    def verify_visit(self, secret: str) -> Visit | None:
        """The visit that a token names, signed by our key or the one before."""
        visits = (verify_visit(key, secret, time.time()) for key in self._visitor_keys)
        return next((visit for visit in visits if visit is not None), None)

    def forget(self) -> None:
        """Ask the database again: called where this process itself takes a right away."""
        self._remembered.clear()
        self._looking.clear()

    async def _find(
        self, kind: bytes, secret: str, fetch: Callable[[str], Awaitable[Credential | None]]
    ) -> Credential | None:
        key = kind + digest_of(secret)
        now = self._clock()
        known = self._remembered.get(key)
        if known is not None and known[0] > now:
            return known[1]
        looking = self._looking.get(key)
        if looking is None:  # one look-up for all who ask at the same time
            looking = asyncio.create_task(self._look(key, fetch(secret), now))
            self._looking[key] = looking
            looking.add_done_callback(lambda done: self._looked(key, done))
        return await asyncio.shield(looking)

    def _looked(self, key: bytes, done: asyncio.Task[Credential | None]) -> None:
        if self._looking.get(key) is done:
            del self._looking[key]
        if not done.cancelled():
            done.exception()  # told to those who ask; perhaps nobody does any more

    async def _look(self, key: bytes, fetched: Awaitable[Credential | None], now: float) -> Credential | None:
        found = await fetched
        self._remember(key, now, found)
        return found

    def _remember(self, key: bytes, now: float, found: Credential | None) -> None:
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()  # dearer than an eviction, and rare enough to be simple
        # From before the query, so that the two seconds include it.
        self._remembered[key] = (now + REMEMBERED_SECONDS, found)

    async def _fetch_session(self, secret: str) -> Credential | None:
        found = await credentials.find_session(self._store, digest_of(secret))
        return await self._of_agent("session", found)

    async def _fetch_token(self, secret: str) -> Credential | None:
        found = await credentials.find_api_token(self._store, digest_of(secret))
        credential = await self._of_agent("token", found)
        if credential is not None:
            workspace_id = credential.actor.workspace_id
            async with self._store.write(workspace_id) as db:
                await credentials.touch_token(db, workspace_id, credential.id)
        return credential

    async def _of_agent(
        self, kind: Literal["session", "token"], found: credentials.Found | None
    ) -> Credential | None:
        if found is None:
            return None
        async with self._store.read(found.workspace_id) as db:
            agent = await credentials.find_agent(db, found.workspace_id, found.agent_id)
        if agent is None:
            return None
        return Credential(kind, found.id, agent, found.csrf_token)


def cookie_name(*, secure: bool) -> str:
    """The session's cookie; `__Host-` binds it to this very host, and works over TLS only."""
    return "__Host-parley" if secure else "parley"


def find_cookie(header: str, name: str) -> str | None:
    """A cookie's value in a Cookie header, the first of that name (RFC 6265 §5.4: the closest path's).

    What stands beside it is other programs' and may look like anything.
    """
    for pair in header.split(";"):
        key, found, value = pair.partition("=")
        if found and key.strip() == name:
            return value.strip()
    return None


def digest_of(secret: str) -> bytes:
    """What is stored of a secret that we made ourselves."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
