"""An inbox's mail settings tried out for its admin: what the HTTP layer is given of both directions."""

from __future__ import annotations

from uuid import UUID

from connectors.fetch.fetch import Fetcher
from connectors.imap.mailbox import MailboxError
from connectors.imap.source import list_sources
from connectors.imap.trial import try_mailbox
from connectors.outgoing.trial import try_relay
from server.clock import now
from server.domain.mail_resources import TrialStep
from server.domain.resources import Inbox
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

    async def smtp(self, _: UUID, inbox: Inbox, secrets: Secrets) -> list[TrialStep]:
        """The relay that mail leaves by."""
        return await try_relay(inbox.settings, secrets, inbox.address or "")
