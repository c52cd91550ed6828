"""Keeps a poller running for each folder that an inbox fetches, and follows the inboxes' settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from connectors.fetch.fetch import Fetcher
from connectors.imap.mailbox import MailboxError
from connectors.imap.poller import Poller
from connectors.imap.source import Source, list_sources
from server.settings import Settings
from server.store import mailboxes
from server.store.lease import AWAY, held
from server.store.mailboxes import Fetched, Folder
from server.store.pool import Connection, Store
from server.store.vault import Vault

_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger("parley.imap")


class Fetching:
    """`run` until cancelled. A poller that ends by a fault of ours is logged and begins again.

    Of all processes one at a time fetches, so that a cursor has one owner.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        vault: Vault,
        fetched: Callable[[], None],
        fetcher: Fetcher | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._vault = vault
        self._fetched = fetched
        self._fetcher = fetcher or Fetcher()
        self._inboxes: dict[Fetched, asyncio.Task[None]] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    async with held(self._store, "mailboxes", _stand_by) as db:
                        while True:
                            await self._follow(group, db)
                            await asyncio.sleep(_LOOK_SECONDS)
                except AWAY as error:
                    _log.warning("fetching_waits", error=repr(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                finally:
                    self._stop(self._inboxes.keys())

    async def _follow(self, group: asyncio.TaskGroup, db: Connection) -> None:
        """Begin with inboxes that are missing and stop those that are gone or were changed."""
        wanted = set(await mailboxes.list_fetched(db))
        ended = {fetched for fetched, task in self._inboxes.items() if task.done()}
        self._stop((self._inboxes.keys() - wanted) | ended)
        for fetched in wanted - self._inboxes.keys():
            self._inboxes[fetched] = group.create_task(self._fetch_all(fetched))

    def _stop(self, which: Iterable[Fetched]) -> None:
        for fetched in list(which):
            self._inboxes.pop(fetched).cancel()

    async def _fetch_all(self, fetched: Fetched) -> None:
        """All folders of an inbox at once; ends, until the next look, when its settings do not do."""
        try:
            sources = await list_sources(self._store, self._vault, self._fetcher, fetched)
            async with self._store.write(fetched.workspace_id) as db:
                names = [source.folder.folder for source in sources]
                await mailboxes.forget_others(db, fetched.workspace_id, fetched.inbox_id, names)
        except MailboxError as error:
            await self._tell(fetched, error)
            return
        except AWAY as error:
            _log.debug("inbox_not_read", inbox_id=str(fetched.inbox_id), error=repr(error))
            return
        async with asyncio.TaskGroup() as group:
            for source in sources:
                group.create_task(self._guarded(source))

    async def _guarded(self, source: Source) -> None:
        """A fault in one folder's poller stops that folder alone, for a moment."""
        while True:
            try:
                await self._poller(source).run()
            except Exception:  # noqa: BLE001 (logged with its traceback; then begun again)
                _log.exception("poller_ended", inbox_id=str(source.folder.inbox_id))
            await asyncio.sleep(_LOOK_SECONDS)

    def _poller(self, source: Source) -> Poller:
        return Poller(
            self._store,
            source,
            poll_seconds=self._settings.imap_poll_seconds,
            max_bytes=self._settings.max_mail_bytes,
            fetched=self._fetched,
        )

    async def _tell(self, fetched: Fetched, error: MailboxError) -> None:
        """Let an admin see what is wrong with the settings."""
        folder = Folder(fetched.workspace_id, fetched.inbox_id, "INBOX", "")
        try:
            async with self._store.write(fetched.workspace_id) as db:
                await mailboxes.fail(db, folder, str(error))
        except AWAY as away:
            _log.debug("mailbox_error_not_noted", error=repr(away))


def _stand_by() -> None:
    _log.debug("another_process_fetches")
