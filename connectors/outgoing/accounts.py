"""Access tokens for relays that take no password: of the account that the inbox fetches with.

One for each inbox, kept for as long as the token server says; made anew when its settings or its refresh
token are others by now, so that a consent that was given again counts with the next mail.
"""

from __future__ import annotations

from uuid import UUID

from connectors.fetch.fetch import Fetcher
from connectors.imap.mailbox import MailboxError
from connectors.imap.oauth import TokenRefused, Tokens
from connectors.imap.source import keeping, tokens_of
from connectors.outgoing.errors import Away, NeedsAdmin
from server.domain.resources import InboxSettings, OAuthSettings
from server.store.pool import Store
from server.store.vault import Secrets, Vault

_MAX_KEPT = 1000
_Known = tuple[OAuthSettings | None, str | None, str | None]


class Accounts:
    """Those of all inboxes that this process sends for."""

    def __init__(self, store: Store, vault: Vault, fetcher: Fetcher) -> None:
        self._store = store
        self._vault = vault
        self._fetcher = fetcher
        self._tokens: dict[UUID, tuple[_Known, Tokens]] = {}

    async def fetch_token(
        self, workspace_id: UUID, inbox_id: UUID, settings: InboxSettings, secrets: Secrets
    ) -> str:
        """A token that is good now; NeedsAdmin when the account gives none, Away when nobody answers."""
        try:
            return await self._tokens_of(workspace_id, inbox_id, settings, secrets).fetch()
        except TokenRefused as error:
            raise NeedsAdmin(f"The inbox's account lets us in no more, connect it again: {error}") from error
        except MailboxError as error:
            raise Away(str(error)) from error

    def forget_token(self, inbox_id: UUID) -> None:
        """The relay refused it: another one next time."""
        if inbox_id in self._tokens:
            self._tokens[inbox_id][1].forget()

    def _tokens_of(
        self, workspace_id: UUID, inbox_id: UUID, settings: InboxSettings, secrets: Secrets
    ) -> Tokens:
        imap = settings.imap
        if imap is None:
            raise NeedsAdmin("The relay wants a token, and the inbox fetches with no account that gives one")
        known = (imap.oauth, secrets.imap_client_secret, secrets.imap_refresh_token)
        kept = self._tokens.get(inbox_id)
        if kept is not None and kept[0] == known:
            return kept[1]
        renewed = keeping(self._store, self._vault, workspace_id, inbox_id)
        tokens = tokens_of(imap, secrets, self._fetcher, renewed)
        if len(self._tokens) >= _MAX_KEPT:
            self._tokens.clear()  # costs one question each, no more
        self._tokens[inbox_id] = known, tokens
        return tokens
