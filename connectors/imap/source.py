"""What an inbox fetches, from its settings and secrets: one source for each of its folders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from connectors.fetch.fetch import Fetcher
from connectors.imap.mailbox import Account
from connectors.imap.oauth import TokenRefused, Tokens
from server.domain.resources import AfterImport, ImapSettings
from server.store import inboxes
from server.store.mailboxes import Fetched, Folder
from server.store.pool import Store
from server.store.vault import Secrets, Vault

MAX_FOLDERS = 20


class Source:
    """A folder, how to get into it, and what to do there with mails that are kept."""

    def __init__(
        self,
        folder: Folder,
        account: Account,
        after_import: AfterImport | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.folder = folder
        self.after_import = after_import
        self._account = account
        self._tokens = tokens

    async def account(self) -> Account:
        """With a password or a token that is good now; MailboxError when there is none."""
        if self._tokens is None:
            return self._account
        return msgspec.structs.replace(self._account, password=await self._tokens.fetch())

    def forget_token(self) -> None:
        """After a failure: it may have been the token."""
        if self._tokens is not None:
            self._tokens.forget()


async def list_sources(store: Store, vault: Vault, fetcher: Fetcher, fetched: Fetched) -> list[Source]:
    """The folders of an inbox, each once; none when it fetches nothing any more."""
    door = await inboxes.find_door(store, fetched.inbox_id)
    if door is None or door.settings.imap is None:
        return []
    imap, secrets = door.settings.imap, vault.open_secrets(door.secrets)
    tokens = None
    if imap.auth == "xoauth2":
        tokens = tokens_of(imap, secrets, fetcher, keeping(store, vault, fetched.workspace_id, door.id))
    sources = []
    for name in list(dict.fromkeys([imap.folder or "INBOX", *imap.folders]))[:MAX_FOLDERS]:
        account = account_of(imap, secrets, name)
        folder = Folder(fetched.workspace_id, fetched.inbox_id, name, account.name)
        sources.append(Source(folder, account, imap.after_import, tokens))
    return sources


def account_of(imap: ImapSettings, secrets: Secrets, folder: str) -> Account:
    """The account for one folder. Pure."""
    password = secrets.imap_password or ""
    return Account(imap.host, imap.port, imap.security, imap.username, password, folder, imap.auth)


def tokens_of(
    imap: ImapSettings, secrets: Secrets, fetcher: Fetcher, renewed: Callable[[str], Awaitable[None]]
) -> Tokens:
    """Where the account's tokens come from; MailboxError when the settings do not say."""
    if imap.oauth is None or not secrets.imap_refresh_token:
        raise TokenRefused("the inbox has no token server or no refresh token")
    return Tokens(fetcher, imap.oauth, secrets.imap_client_secret or "", secrets.imap_refresh_token, renewed)


def keeping(
    store: Store, vault: Vault, workspace_id: UUID, inbox_id: UUID
) -> Callable[[str], Awaitable[None]]:
    """Keeps a new refresh token, sealed, without touching the settings."""

    async def keep(refresh_token: str) -> None:
        async with store.write(workspace_id) as db:
            secrets = vault.open_secrets(await inboxes.lock_secrets(db, workspace_id, inbox_id))
            sealed = vault.seal_secrets(msgspec.structs.replace(secrets, imap_refresh_token=refresh_token))
            await inboxes.keep_secrets(db, workspace_id, inbox_id, sealed)

    return keep
