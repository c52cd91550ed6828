"""An inbox's mail settings tried out, and a provider's consent taken, for its admin: what HTTP is given."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from connectors.fetch.fetch import Fetcher
from connectors.imap.mailbox import MailboxError
from connectors.imap.oauth import trade_code
from connectors.imap.source import list_sources
from connectors.imap.trial import try_mailbox
from connectors.outgoing.accounts import Accounts
from connectors.outgoing.trial import try_relay
from server.clock import now
from server.domain.errors import Invalid
from server.domain.mail_resources import TrialStep
from server.domain.resources import Inbox, OAuthSettings
from server.store.mailboxes import Fetched
from server.store.pool import Store
from server.store.vault import Secrets, Vault


class Trials:
    """Both trials; an account with tokens gets one as fetching would, and keeps a new refresh token."""

    def __init__(self, store: Store, vault: Vault, fetcher: Fetcher) -> None:
        self._store = store
        self._vault = vault
        self._fetcher = fetcher

    async def imap(self, workspace_id: UUID, inbox: Inbox, _: Secrets) -> list[TrialStep]:
        """The mailbox that is fetched, folder by folder."""
        try:
            fetched = Fetched(workspace_id, inbox.id, now())
            sources = await list_sources(self._store, self._vault, self._fetcher, fetched)
            if not sources:
                raise MailboxError("nothing is fetched any more")
            account = await sources[0].account()
        except MailboxError as error:
            return [TrialStep(name="sign_in", ok=False, detail=str(error))]
        steps = await try_mailbox(account, [source.folder.folder for source in sources])
        return [TrialStep(name=step.name, ok=step.ok, detail=step.detail) for step in steps]

    async def smtp(self, workspace_id: UUID, inbox: Inbox, secrets: Secrets) -> list[TrialStep]:
        """The relay that mail leaves by; a token is fetched anew, since that is to be tried as well."""
        accounts = Accounts(self._store, self._vault, self._fetcher)
        token = partial(accounts.fetch_token, workspace_id, inbox.id, inbox.settings, secrets)
        return await try_relay(inbox.settings, secrets, inbox.address or "", token)

    async def consent(
        self, oauth: OAuthSettings, client_secret: str, code: str, verifier: str, redirect: str
    ) -> str:
        """The refresh token for a code; Invalid when the provider gives none."""
        try:
            return await trade_code(self._fetcher, oauth, client_secret, code, verifier, redirect)
        except MailboxError as error:
            raise Invalid(f"No consent: {error}", pointer="/code") from error
