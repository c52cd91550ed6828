"""Sends what is queued: each inbox by itself, so that a relay that stalls delays no other.

Exactly once as far as SMTP allows: a mail is marked as sent after the relay's 250; if we die between the
two, the relay gets it again with the same Message-ID. A 4xx is tried again with growing pauses for three
days, a 5xx fails at once, and what failed says so on its ticket. When the relay itself is away, the inbox's
other mails wait too, each trying its turn, so that one mail that a relay chokes on blocks nothing for good.
Nothing is handed over that somebody else has claimed meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import anyio
import msgspec
import structlog
from prometheus_client import Counter

from connectors.fetch.fetch import Fetcher
from connectors.outgoing.accounts import Accounts
from connectors.outgoing.errors import Fault, Refused, SendError, send_error
from connectors.outgoing.handing import Handing, Letter
from connectors.outgoing.holding import LEASE, holding
from connectors.outgoing.letter import people_of
from connectors.outgoing.notice import addressed
from connectors.outgoing.relay import PATIENT, Connection, Patience
from connectors.outgoing.telling import Telling
from server.clock import new_id, now
from server.handle import Handle
from server.store import notices, outgoing
from server.store.blobs import Blobs
from server.store.lease import AWAY
from server.store.notices import Notice
from server.store.outgoing import Bounced, Queued, Reply
from server.store.pool import Connection as Db
from server.store.pool import Store
from server.store.vault import Vault

_MAX_BATCH = 50
_MAX_INBOXES = 200  # tasks that mostly wait; a stalled one ends with its patience
_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 200.0
_FINISH_SECONDS = 2.0
_T = TypeVar("_T")
_GIVE_UP = timedelta(days=3)
_log = structlog.get_logger("parley.outgoing")
_sent = Counter("parley_mails_sent_total", "Replies by mail, by what became of them.", ["outcome"])


class Notifying(msgspec.Struct, frozen=True):
    """What a sender of letters to agents needs: where the console is, how many an agent gets in an hour."""

    desk_url: str
    max_an_hour: int


class Sender:
    """Runs until cancelled; `wake` says that something was queued, else it looks once a second.

    With `notifying` it sends the letters to agents, else the replies: neither is in the other's way.
    """

    def __init__(
        self,
        store: Store,
        handle: Handle,
        blobs: Blobs,
        vault: Vault,
        token_secret: bytes,
        relay_url: str | None,
        patience: Patience = PATIENT,
        fetcher: Fetcher | None = None,
        notifying: Notifying | None = None,
    ) -> None:
        self._store = store
        self._telling = Telling(handle)
        self.patience = patience
        accounts = Accounts(store, vault, fetcher or Fetcher())
        self._notifying = notifying
        desk_url = "" if notifying is None else notifying.desk_url
        self._handing = Handing(accounts, blobs, vault, token_secret, relay_url, desk_url)
        self._woken = asyncio.Event()
        self._busy: set[UUID] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ending = False
        self._claimant = new_id()

    def wake(self) -> None:
        self._woken.set()

    async def finish(self) -> None:
        """Begin nothing more, let what is being handed over arrive, for a moment, and give the rest back."""
        self._ending = True
        with anyio.move_on_after(_FINISH_SECONDS):
            await self._idle.wait()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for inbox_id, batch in (await self._claim()).items():
                    self._busy.add(inbox_id)
                    self._idle.clear()
                    group.create_task(self._serve(inbox_id, batch))
                with anyio.move_on_after(_POLL_SECONDS):
                    await self._woken.wait()

    async def _claim(self) -> dict[UUID, list[Queued]]:
        if self._ending or len(self._busy) >= _MAX_INBOXES:
            return {}
        try:
            async with self._store.across() as db:
                claimed = await outgoing.claim(
                    db,
                    _MAX_BATCH,
                    LEASE,
                    list(self._busy),
                    self._claimant,
                    to_agents=self._notifying is not None,
                )
        except AWAY as error:
            _log.debug("outgoing_waits", error=repr(error))
            return {}
        batches: dict[UUID, list[Queued]] = {}
        for queued in claimed:
            batches.setdefault(queued.inbox_id, []).append(queued)
        return batches

    async def _serve(self, inbox_id: UUID, batch: Sequence[Queued]) -> None:
        """Send one inbox's batch over one connection; what there is no relay or no time for is given back."""
        connection = Connection(self.patience)
        wait = timedelta(0)
        try:
            async with holding(self._store, batch):
                for queued in batch:
                    if wait or self._ending:
                        async with self._store.write(queued.workspace_id) as db:
                            await outgoing.give_back(db, queued, wait)
                    else:
                        wait = await self._send(queued, connection)
        except AWAY as error:
            _log.warning("outgoing_interrupted", inbox_id=str(inbox_id), error=repr(error))
        except Exception:  # noqa: BLE001 (logged with its traceback; what was claimed comes back after the lease)
            _log.exception("outgoing_failed", inbox_id=str(inbox_id))
        finally:
            await connection.close()
            self._busy.discard(inbox_id)
            if not self._busy:
                self._idle.set()
            self._woken.set()

    async def _send(self, queued: Queued, connection: Connection) -> timedelta:
        """Send one; says how long the inbox's other mails should wait, which is nothing when all is well."""
        begun = await self._patiently(queued, self._begin)
        if begun is None:
            return timedelta(0)
        reply, bounced = begun
        try:
            if reply is None:
                raise Refused("Its ticket or inbox is gone")
            refused = await self._handing.hand_over(queued, reply, connection)
        except Exception as caught:  # noqa: BLE001 (every kind of failure of a relay ends here, and is told)
            error = send_error(caught)
            if isinstance(error, Fault):
                _log.exception("reply_not_written", interaction_id=str(queued.interaction_id))
            if error.relay_wide:
                connection.drop()
            return await self._failed(queued, reply, error)
        _sent.labels("sent").inc()
        if isinstance(reply, Notice):
            notice = reply
            await self._patiently(queued, lambda db, row: notices.mark_sent(db, row, notice))
            return timedelta(0)
        await self._patiently(queued, outgoing.mark_sent)
        if refused:
            await self._telling.partly(queued, refused)
        await self._telling.bounced(queued, bounced)
        return timedelta(0)

    async def _failed(self, queued: Queued, reply: Letter | None, error: SendError) -> timedelta:
        """Later again, or given up and told on the ticket."""
        age = now() - (queued.created_at if reply is None else reply.queued_at)
        _log.warning(
            "reply_not_sent",
            interaction_id=str(queued.interaction_id),
            attempt=queued.attempts,
            permanent=error.permanent,
            error=type(error).__name__,
        )
        if error.permanent or age >= _GIVE_UP:
            _sent.labels("failed").inc()
            await self._telling.failed(queued, reply, error)
            await self._patiently(queued, lambda db, row: outgoing.mark_failed(db, row, str(error)))
            return timedelta(0)
        _sent.labels("postponed").inc()
        if error.telling:
            await self._telling.waiting(queued, reply, error)
        after = pause(queued.attempts)
        await self._patiently(queued, lambda db, row: outgoing.mark_retry(db, row, str(error), after))
        return pause(min(queued.attempts, 4)) if error.relay_wide else timedelta(0)

    async def _begin(self, db: Db, queued: Queued) -> tuple[Letter | None, list[Bounced]] | None:
        if self._notifying is None:
            return await _begin_reply(db, queued)
        notice = await notices.begin(db, queued, LEASE, self._notifying.max_an_hour)
        if notice is None:
            return None
        await outgoing.note_people(db, queued, addressed(notice))
        return notice, []

    async def _patiently(self, queued: Queued, work: Callable[[Db, Queued], Awaitable[_T]]) -> _T:
        """Do something with a reply's rows, waiting out an outage: what was sent must be marked."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                async with self._store.write(queued.workspace_id) as db:
                    return await work(db, queued)
            except AWAY:
                if time.monotonic() > ends:
                    raise
                await asyncio.sleep(_POLL_SECONDS)


async def _begin_reply(db: Db, queued: Queued) -> tuple[Reply | None, list[Bounced]] | None:
    """What to send, and which of its readers mail came back from; who it goes to is written down.

    None when it is somebody else's by now.
    """
    if not await outgoing.hold(db, [queued], LEASE):
        return None
    reply = await outgoing.fetch_reply(db, queued)
    if reply is None:
        return None, []
    people = people_of(reply)
    await outgoing.note_people(db, queued, people)
    readers = [person.email for person in (*people.to, *people.cc)]
    return reply, await outgoing.find_bounced(db, queued.workspace_id, readers)


def pause(attempts: int) -> timedelta:
    """How long until the next attempt: 10 s, 20 s, 40 s … at most an hour."""
    return timedelta(seconds=min(3600, 10 * 2 ** min(attempts - 1, 10)))
