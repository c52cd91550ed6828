"""Sends what is queued: each inbox by itself, so that a relay that stalls delays no other.

Exactly once as far as SMTP allows: a mail is marked as sent after the relay's 250; if we die between the
two, the relay gets it again with the same Message-ID. A 4xx is tried again with growing pauses for three
days, a 5xx fails at once, and what failed says so on its ticket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import anyio
import structlog
from prometheus_client import Counter

from connectors.mail.compose import BadAddress, File, compose
from connectors.outgoing.errors import NoRelay, Refused, SendError, send_error
from connectors.outgoing.letter import letter
from connectors.outgoing.relay import COMMAND_SECONDS, Connection, relay_of
from server.clock import new_id, now
from server.domain.commands import AddInteraction, CommandKey, Envelope, NewInteraction
from server.domain.errors import Refusal
from server.domain.identity import System
from server.handle import Handle
from server.store import outgoing
from server.store.blobs import Blobs
from server.store.lease import AWAY
from server.store.mails import StoredFile
from server.store.outgoing import Queued, Reply
from server.store.pool import Connection as Db
from server.store.pool import Store
from server.store.vault import Vault

LEASE = timedelta(minutes=10)
_BATCH_SECONDS = 300.0  # well within the lease, so that nothing in a batch is claimed twice
_MAX_BATCH = 50
_MAX_INBOXES = 50
_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 200.0
_T = TypeVar("_T")
_GIVE_UP = timedelta(days=3)
_log = structlog.get_logger("parley.outgoing")
_sent = Counter("parley_mails_sent_total", "Replies by mail, by what became of them.", ["outcome"])


class Sender:
    """Runs until cancelled; `wake` says that something was queued, else it looks once a second."""

    def __init__(
        self,
        store: Store,
        handle: Handle,
        blobs: Blobs,
        vault: Vault,
        token_secret: bytes,
        relay_url: str | None,
    ) -> None:
        self._store = store
        self._handle = handle
        self._blobs = blobs
        self._vault = vault
        self._secret = token_secret
        self._relay_url = relay_url
        self._woken = asyncio.Event()
        self._busy: set[UUID] = set()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for inbox_id, batch in (await self._claim()).items():
                    self._busy.add(inbox_id)
                    group.create_task(self._serve(inbox_id, batch))
                with anyio.move_on_after(_POLL_SECONDS):
                    await self._woken.wait()

    async def _claim(self) -> dict[UUID, list[Queued]]:
        if len(self._busy) >= _MAX_INBOXES:
            return {}
        try:
            async with self._store.across() as db:
                claimed = await outgoing.claim(db, _MAX_BATCH, LEASE, list(self._busy))
        except AWAY as error:
            _log.debug("outgoing_waits", error=repr(error))
            return {}
        batches: dict[UUID, list[Queued]] = {}
        for queued in claimed:
            batches.setdefault(queued.inbox_id, []).append(queued)
        return batches

    async def _serve(self, inbox_id: UUID, batch: Sequence[Queued]) -> None:
        """Send one inbox's batch over one connection; what there is no time for is given back."""
        ends = time.monotonic() + _BATCH_SECONDS
        connection = Connection()
        try:
            for queued in batch:
                if time.monotonic() > ends:
                    async with self._store.write(queued.workspace_id) as db:
                        await outgoing.give_back(db, queued)
                else:
                    await self._send(queued, connection)
        except AWAY as error:
            _log.warning("outgoing_interrupted", inbox_id=str(inbox_id), error=repr(error))
        except Exception:  # noqa: BLE001 (logged with its traceback; what was claimed comes back after the lease)
            _log.exception("outgoing_failed", inbox_id=str(inbox_id))
        finally:
            self._busy.discard(inbox_id)
            await connection.close()
            self._woken.set()

    async def _send(self, queued: Queued, connection: Connection) -> None:
        reply = await self._patiently(queued, outgoing.fetch_reply)
        try:
            if reply is None:
                raise Refused("Its ticket or inbox is gone")
            await self._hand_over(queued, reply, connection)
        except Exception as error:  # noqa: BLE001 (every kind of failure of a relay ends here, and is told)
            await self._failed(queued, send_error(error))
            return
        _sent.labels("sent").inc()
        await self._patiently(queued, outgoing.mark_sent)

    async def _hand_over(self, queued: Queued, reply: Reply, connection: Connection) -> None:
        relay = relay_of(
            reply.settings.smtp,
            self._vault.open_secrets(reply.secrets).smtp_password,
            self._relay_url,
        )
        files = [await asyncio.to_thread(self._load, queued.workspace_id, file) for file in reply.files]
        try:
            mail = letter(reply, queued.workspace_id, queued.message_id, files, self._secret)
            raw = await asyncio.to_thread(compose, mail)
        except BadAddress as error:
            raise Refused(f"The customer's address cannot be used: {error}") from error
        if mail.to.email.endswith(".invalid"):
            raise Refused("The customer has no address")
        client = await connection.to(relay, mail.sender.email.rpartition("@")[2])
        plain = f"{mail.sender.email}{mail.to.email}".isascii()
        async with asyncio.timeout(COMMAND_SECONDS * 3):
            await client.sendmail(
                mail.sender.email, [mail.to.email], raw, mail_options=[] if plain else ["SMTPUTF8"]
            )

    def _load(self, workspace_id: UUID, file: StoredFile) -> File:
        data = b"".join(self._blobs.read(workspace_id, file.content_key, 0, file.size_bytes))
        return File(file.filename, file.mime_type, data)

    async def _failed(self, queued: Queued, error: SendError) -> None:
        """Later again, or given up and told on the ticket."""
        age = now() - queued.created_at
        _log.warning(
            "reply_not_sent",
            interaction_id=str(queued.interaction_id),
            attempt=queued.attempts,
            permanent=error.permanent,
            error=type(error).__name__,
        )
        if not error.permanent and age < _GIVE_UP:
            _sent.labels("postponed").inc()
            after = pause(queued.attempts)
            await self._patiently(queued, lambda db, row: outgoing.mark_retry(db, row, str(error), after))
            return
        _sent.labels("failed").inc()
        await self._tell(queued, error)
        await self._patiently(queued, lambda db, row: outgoing.mark_failed(db, row, str(error)))

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

    async def _tell(self, queued: Queued, error: SendError) -> None:
        """A note on the ticket; one for all replies where the inbox has no relay at all."""
        about = queued.ticket_id if isinstance(error, NoRelay) else queued.interaction_id
        text = f"A reply could not be sent by mail: {error}"
        note = AddInteraction(queued.ticket_id, NewInteraction(new_id(), "note", text))
        key = CommandKey("mail-failed", str(about), about.bytes)
        try:
            await self._handle.submit(Envelope(System(queued.workspace_id), note, key))
        except AWAY:
            raise
        except Refusal as refusal:
            _log.warning("failure_not_told", ticket_id=str(queued.ticket_id), code=refusal.code)


def pause(attempts: int) -> timedelta:
    """How long until the next attempt: 10 s, 20 s, 40 s … at most an hour."""
    return timedelta(seconds=min(3600, 10 * 2 ** min(attempts - 1, 10)))
