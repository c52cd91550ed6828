"""Fetches one folder for as long as it runs: new mails, then wait, then again; reconnects with pauses.

Owns the cursor. Mails and cursor move in one transaction, so that the cursor never passes a mail that is
not kept; a folder that is numbered anew (UIDVALIDITY) is read from its beginning, and the key of a mail
makes what was there before harmless. Looks at every `poll_seconds` even while the server promises to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence

import aioimaplib
import structlog
from prometheus_client import Gauge

from connectors.imap.comparison import compare, is_due
from connectors.imap.mailbox import Mailbox, MailboxError
from connectors.imap.source import Source
from server.clock import new_id, now
from server.store import mailboxes, mails
from server.store.lease import AWAY
from server.store.mails import NewMail, Place
from server.store.pool import Store

_MAX_BATCH = 200
_MAX_BATCH_BYTES = 16_000_000
_LISTED = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_log = structlog.get_logger("parley.imap")
_behind = Gauge("parley_imap_waiting_mails", "Mails seen in mailboxes and not fetched yet.")


class Poller:
    """One folder of one inbox. `fetched` is called when mails were kept."""

    def __init__(
        self,
        store: Store,
        source: Source,
        *,
        poll_seconds: float,
        max_bytes: int,
        fetched: Callable[[], None],
    ) -> None:
        self._store = store
        self._source = source
        self._folder = source.folder
        self._poll_seconds = poll_seconds
        self._max_bytes = max_bytes
        self._fetched = fetched
        self._pause = _FIRST_PAUSE

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            _end_if_cancelled()
            try:
                await self._visit()
            except (*AWAY, aioimaplib.AioImapException, MailboxError) as error:
                self._source.forget_token()
                await self._note(error)
                await asyncio.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    async def _visit(self) -> None:
        """One connection, until it breaks."""
        mailbox = await Mailbox.open(await self._source.account())
        try:
            async with self._store.write(self._folder.workspace_id) as db:
                last, compared_at = await mailboxes.open_folder(db, self._folder, mailbox.uidvalidity)
            await self._move_leftovers(mailbox, last)
            while True:
                _end_if_cancelled()
                last = await self._catch_up(mailbox, last)
                self._pause = _FIRST_PAUSE
                if is_due(compared_at, now()):
                    compared_at = now()
                    await self._import(mailbox, await compare(self._store, self._folder, mailbox, last), last)
                await mailbox.wait_for_change(self._poll_seconds)
        finally:
            await mailbox.close()

    async def _catch_up(self, mailbox: Mailbox, last: int) -> int:
        """Fetch all above `last`; returns the new last."""
        waiting = await mailbox.list_uids(last)
        await self._import(mailbox, waiting, last)
        if not waiting:
            await self._keep(mailbox.uidvalidity, {}, last, 0)
        return max(last, *waiting) if waiting else last

    async def _import(self, mailbox: Mailbox, uids: Sequence[int], last: int) -> None:
        """Fetch these, in their order, and keep them, batch by batch."""
        left = len(uids)
        _behind.inc(left)
        try:
            for start in range(0, len(uids), _LISTED):
                sizes = await mailbox.fetch_sizes(uids[start : start + _LISTED])
                for batch in _batches(sizes, self._max_bytes):
                    found = await self._fetch(mailbox, batch)
                    _behind.dec(len(batch))
                    left -= len(batch)
                    last = max(last, batch[-1])
                    await self._keep(mailbox.uidvalidity, found, last, left)
                    await self._finish(mailbox, batch)
        finally:
            _behind.dec(left)

    async def _fetch(self, mailbox: Mailbox, batch: Sequence[int]) -> dict[int, bytes]:
        """The mails of a batch. One that the server does not give is a mail that says so and blocks none."""
        try:
            return await mailbox.fetch(batch, self._max_bytes)
        except MailboxError as error:
            if len(batch) == 1:
                return {batch[0]: _not_fetched(self._folder.mailbox, batch[0], error)}
        found: dict[int, bytes] = {}
        for uid in batch:
            found |= await self._fetch(mailbox, [uid])
        return found

    async def _keep(self, uidvalidity: int, found: dict[int, bytes], last: int, waiting: int) -> None:
        """Mails and cursor in one commit."""
        workspace_id, inbox_id = self._folder.workspace_id, self._folder.inbox_id
        ids = sorted(new_id() for _ in found)  # their order is that in which mails are taken in
        new = [
            NewMail(
                workspace_id,
                own_id,
                inbox_id,
                "imap",
                raw,
                place=Place(self._folder.mailbox, uidvalidity, uid),
            )
            for own_id, (uid, raw) in zip(ids, sorted(found.items()), strict=True)
        ]
        async with self._store.write(workspace_id) as db:
            if new:
                await mails.add_mails(db, workspace_id, new)
            await mailboxes.advance(db, self._folder, last, len(new), waiting)
        if new:
            self._fetched()

    async def _finish(self, mailbox: Mailbox, uids: Sequence[int]) -> None:
        """Flag or move what is kept, where the inbox asks for it."""
        if self._source.after_import is not None:
            await mailbox.finish(uids, self._source.after_import)

    async def _move_leftovers(self, mailbox: Mailbox, last: int) -> None:
        """Move what was kept and not moved: the connection broke between the two."""
        after = self._source.after_import
        if after is None or after.move_to is None or not last:
            return
        there = await mailbox.list_uids(0, last)
        for start in range(0, len(there), _LISTED):
            part = there[start : start + _LISTED]
            async with self._store.read(self._folder.workspace_id) as db:
                missing = await mailboxes.find_missing(db, self._folder, mailbox.uidvalidity, part)
            await mailbox.finish(sorted(set(part) - set(missing)), after)

    async def _note(self, error: BaseException) -> None:
        """Let an admin see why the folder is not read."""
        text = str(error) or type(error).__name__
        _log.warning("mailbox_failed", inbox_id=str(self._folder.inbox_id), error=type(error).__name__)
        try:
            async with self._store.write(self._folder.workspace_id) as db:
                await mailboxes.fail(db, self._folder, text)
        except AWAY as away:
            _log.debug("mailbox_error_not_noted", error=repr(away))


def _batches(sizes: dict[int, int], max_bytes: int) -> Iterator[Sequence[int]]:
    """Ascending numbers in groups that are neither too many nor too large to fetch at once."""
    batch: list[int] = []
    held = 0
    for uid in sorted(sizes):
        size = min(sizes[uid], max_bytes)
        if batch and (len(batch) >= _MAX_BATCH or held + size > _MAX_BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(uid)
        held += size
    if batch:
        yield batch


def _not_fetched(mailbox: str, uid: int, error: MailboxError) -> bytes:
    text = f"The server does not give mail {uid} of {mailbox}: {error}"
    return f"Subject: A mail that could not be fetched\r\n\r\n{text}\r\n".encode()


def _end_if_cancelled() -> None:
    """A cancellation is told once, and `asyncio.wait_for` may swallow it when its work ends just then."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
