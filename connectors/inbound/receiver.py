"""Keeps raw mails: several in one transaction, each acknowledged after the commit that holds it.

`store` returns when the bytes are committed and raises Unavailable when they are not; nothing looks into
them here. What waits is bounded in bytes: beyond that it refuses at once, and the sender keeps its mail.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from server.domain.errors import Unavailable
from server.store import mails
from server.store.lease import AWAY
from server.store.mails import NewMail
from server.store.pool import Store

_MAX_BATCH = 200
_MAX_BATCH_BYTES = 16_000_000
_MAX_WAITING_BYTES = 256_000_000
_LARGE_BYTES = 1_000_000
_log = structlog.get_logger("parley.mail")

Entry = tuple[NewMail, asyncio.Future[None]]


class _Queue:
    """What waits for one writer."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.filled = asyncio.Event()

    def put(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.filled.set()

    def take(self) -> list[Entry]:
        """What waits, in the order it came, up to the size of a batch; one that is larger goes alone."""
        size = count = 0
        for mail, _ in self.entries[:_MAX_BATCH]:
            size += len(mail.raw)
            if count and size > _MAX_BATCH_BYTES:
                break
            count += 1
        batch, self.entries = self.entries[:count], self.entries[count:]
        if not self.entries:
            self.filled.clear()
        return batch


class Receiver:
    """The one place where mail becomes durable. `run` must be running; `arrived` is called after commits.

    While a batch commits the next one gathers. Large mails have a writer of their own and hold up no other.
    """

    def __init__(self, store: Store, arrived: Callable[[], None]) -> None:
        self._store = store
        self._arrived = arrived
        self._small, self._large = _Queue(), _Queue()
        self._waiting_bytes = 0

    async def store(self, new: Sequence[NewMail]) -> None:
        """Keep mails; returns after the commit of all. Raises Unavailable when any was not kept."""
        size = sum(len(mail.raw) for mail in new)
        if self._waiting_bytes and self._waiting_bytes + size > _MAX_WAITING_BYTES:
            raise Unavailable("Too much mail waits to be kept")
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in new]
        self._waiting_bytes += size
        for entry in zip(new, futures, strict=True):
            (self._large if len(entry[0].raw) > _LARGE_BYTES else self._small).put(entry)
        results = await asyncio.gather(*futures, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def run(self) -> None:
        """Write until cancelled; what waits then is refused."""
        try:
            async with asyncio.TaskGroup() as group:
                for queue in (self._small, self._large):
                    group.create_task(self._write(queue))
        finally:
            for queue in (self._small, self._large):
                _answer(queue.entries, Unavailable("The desk is closing"))
                queue.entries.clear()

    async def _write(self, queue: _Queue) -> None:
        while True:
            await queue.filled.wait()
            await self._keep(queue.take())
            self._arrived()

    async def _keep(self, batch: list[Entry]) -> None:
        self._waiting_bytes -= sum(len(mail.raw) for mail, _ in batch)
        workspaces: dict[UUID, list[Entry]] = {}
        for entry in batch:
            workspaces.setdefault(entry[0].workspace_id, []).append(entry)
        try:
            for workspace_id, entries in workspaces.items():
                await self._commit(workspace_id, entries)
        except asyncio.CancelledError:
            _answer(batch, Unavailable("The desk is closing"))
            raise

    async def _commit(self, workspace_id: UUID, entries: list[Entry]) -> None:
        """One transaction; when it fails for another reason than an outage, each mail gets one of its own."""
        try:
            await self._add(workspace_id, [mail for mail, _ in entries])
        except AWAY as error:
            _log.warning("mail_not_kept", mails=len(entries), error=repr(error))
            _answer(entries, Unavailable("Storage is away"))
        except Exception as error:  # noqa: BLE001 (told to who sent it, and logged)
            if len(entries) == 1:
                _log.exception("mail_not_kept", mail_id=str(entries[0][0].id))
                _answer(entries, error)
                return
            for entry in entries:
                await self._commit(workspace_id, [entry])
        else:
            _answer(entries, None)

    async def _add(self, workspace_id: UUID, new: Sequence[NewMail]) -> None:
        if any(len(mail.raw) > _LARGE_BYTES for mail in new):
            async with self._store.write(workspace_id) as db:
                await mails.add_mails(db, workspace_id, new)
        else:
            async with self._store.across() as db:  # one statement is a transaction: one round trip
                await mails.add_mails(db, workspace_id, new)


def _answer(entries: Sequence[Entry], error: Exception | None) -> None:
    for _, future in entries:
        if future.done():
            continue  # its sender has hung up
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
