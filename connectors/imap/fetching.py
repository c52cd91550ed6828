"""Keeps one poller running for each inbox that fetches a mailbox, and follows the inboxes' settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from connectors.imap.mailbox import Account
from connectors.imap.poller import Poller
from server.settings import Settings
from server.store import mailboxes
from server.store.inboxes import find_door
from server.store.lease import AWAY, held
from server.store.mailboxes import Fetched
from server.store.pool import Connection, Store
from server.store.vault import Vault

_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger("parley.imap")


class Fetching:
    """`run` until cancelled. A poller that ends by a fault of ours is logged and begins again.

    Of all processes one at a time fetches, so that a cursor has one owner.
    """

    def __init__(self, settings: Settings, store: Store, vault: Vault, fetched: Callable[[], None]) -> None:
        self._settings = settings
        self._store = store
        self._vault = vault
        self._fetched = fetched
        self._pollers: dict[Fetched, asyncio.Task[None]] = {}

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
                    self._stop(self._pollers.keys())

    async def _follow(self, group: asyncio.TaskGroup, db: Connection) -> None:
        """Start pollers that are missing and stop those whose inbox is gone or was changed."""
        wanted = set(await mailboxes.list_fetched(db))
        ended = {fetched for fetched, task in self._pollers.items() if task.done()}
        self._stop((self._pollers.keys() - wanted) | ended)
        for fetched in wanted - self._pollers.keys():
            self._pollers[fetched] = group.create_task(self._guarded(fetched))

    def _stop(self, which: Iterable[Fetched]) -> None:
        for fetched in list(which):
            self._pollers.pop(fetched).cancel()

    async def _guarded(self, fetched: Fetched) -> None:
        """A fault in one poller ends that poller alone, until the next look."""
        try:
            poller = await self._poller(fetched)
            if poller is not None:
                await poller.run()
        except Exception:  # noqa: BLE001 (logged with its traceback; the next look starts it again)
            _log.exception("poller_ended", inbox_id=str(fetched.inbox_id))

    async def _poller(self, fetched: Fetched) -> Poller | None:
        door = await find_door(self._store, fetched.inbox_id)
        if door is None or door.settings.imap is None:
            return None
        imap = door.settings.imap
        account = Account(
            imap.host,
            imap.port,
            imap.security,
            imap.username,
            self._vault.open_secrets(door.secrets).imap_password or "",
            imap.folder or "INBOX",
        )
        return Poller(
            self._store,
            fetched.workspace_id,
            fetched.inbox_id,
            account,
            poll_seconds=self._settings.imap_poll_seconds,
            max_bytes=self._settings.max_mail_bytes,
            fetched=self._fetched,
        )


def _stand_by() -> None:
    _log.debug("another_process_fetches")
