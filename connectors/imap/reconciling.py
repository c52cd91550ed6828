"""`parley admin reconcile-mailboxes`: compares every fetched folder with its server, now."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aioimaplib
import msgspec

from connectors.fetch.fetch import Fetcher
from connectors.imap.comparison import compare
from connectors.imap.mailbox import Mailbox, MailboxError
from connectors.imap.source import Source, list_sources
from server.store import mailboxes
from server.store.lease import AWAY
from server.store.mailboxes import Fetched
from server.store.pool import Store
from server.store.vault import Vault


class Compared(msgspec.Struct, frozen=True):
    """What was found in a folder: mails there that were passed over, or why it could not be read."""

    mailbox: str
    missing: int
    error: str | None = None


async def reconcile(store: Store, vault: Vault, fetcher: Fetcher | None = None) -> AsyncIterator[Compared]:
    """Each folder of each inbox in turn; fetches nothing (the mail role does, in the next night)."""
    fetcher = fetcher or Fetcher()
    async with store.across() as db:
        inboxes = await mailboxes.list_fetched(db)
    for fetched in inboxes:
        for source in await _sources(store, vault, fetcher, fetched):
            yield source if isinstance(source, Compared) else await _compare(store, source)


async def _sources(
    store: Store, vault: Vault, fetcher: Fetcher, fetched: Fetched
) -> list[Source] | list[Compared]:
    try:
        return await list_sources(store, vault, fetcher, fetched)
    except MailboxError as error:
        return [Compared(f"inbox {fetched.inbox_id}", 0, str(error))]


async def _compare(store: Store, source: Source) -> Compared:
    folder = source.folder
    try:
        mailbox = await Mailbox.open(await source.account())
        try:
            async with store.read(folder.workspace_id) as db:
                last = await mailboxes.find_last(db, folder, mailbox.uidvalidity)
            if last is None:
                return Compared(folder.mailbox, 0, "it was not fetched yet, or is numbered anew")
            return Compared(folder.mailbox, len(await compare(store, folder, mailbox, last)))
        finally:
            await mailbox.close()
    except (*AWAY, aioimaplib.AioImapException, MailboxError) as error:
        return Compared(folder.mailbox, 0, str(error) or type(error).__name__)
