"""The mail role of a process: listener, processor, pollers and sender, wired and run together.

    office = PostOffice(settings, store, handle, blobs, vault, secret_key)
    await office.open()                  # binds the SMTP port; OSError when it is taken
    tasks.start_soon(office.run)         # until cancelled
    Consumer(store, bell, "outgoing mail", office.on_events)   # queues replies from the log
    State(receive_mail=office.receive_posted, …)               # the HTTP webhook keeps mail
    await office.close()                 # first at shutdown: no new mail; then cancel `run`

A process with the web role only runs a `Receiver` of its own for the webhook (`receiver.run`).
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from connectors.authentication.checking import Checking
from connectors.imap import Fetching
from connectors.inbound.processor import Processor
from connectors.inbound.receiver import Receiver
from connectors.inbound.senders import Senders
from connectors.mail.charset import mend
from connectors.outgoing import Notifying, Queueing, Sender
from connectors.smtp import Listener
from connectors.webhook import read_post
from server.clock import new_id
from server.handle import Handle
from server.intake import Answering, Intake
from server.settings import Settings
from server.store.blobs import Blobs
from server.store.mails import Envelope, NewMail
from server.store.notices import Mailing
from server.store.pool import Store
from server.store.vault import Vault


class PostedMail(Protocol):
    """A mail as the HTTP layer hands it over, its sender authenticated."""

    @property
    def workspace_id(self) -> UUID: ...
    @property
    def inbox_id(self) -> UUID: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...


class PostOffice:
    """See the module."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        handle: Handle,
        blobs: Blobs,
        vault: Vault,
        secret_key: bytes,
        previous_key: bytes | None = None,
    ) -> None:
        secret = token_secret(secret_key)
        believed = [secret] if previous_key is None else [secret, token_secret(previous_key)]
        hostname = urlsplit(settings.url).hostname or "localhost"
        relay = None if settings.smtp_relay_url is None else settings.smtp_relay_url.get_secret_value()
        answering = Answering(store, handle, settings.auto_replies_a_day)
        self._checking = Checking(settings.dns_servers, verified=settings.verify_senders)
        self.processor = Processor(
            store, Intake(store, handle, blobs, answering), Senders(store, self._checking), believed
        )
        self.receiver = Receiver(store, self.processor.wake)
        self.listener = Listener(settings, store, self.receiver)
        self.fetching = Fetching(settings, store, vault, self.processor.wake)
        self.sender = Sender(store, handle, blobs, vault, secret, relay)
        notifying = Notifying(settings.url, settings.agent_mails_an_hour)
        self.notifier = Sender(store, handle, blobs, vault, secret, relay, notifying=notifying)
        self.mailing = Mailing(
            timedelta(seconds=settings.agent_mail_seconds), hostname, relayed=relay is not None
        )
        self.on_events = Queueing(store, hostname, self.sender.wake).on_events
        self.ready = False

    async def open(self) -> None:
        """Bind the SMTP port; raises OSError when that is not possible."""
        await self.listener.open()
        self.ready = True

    async def run(self) -> None:
        """Receive, fetch, take in and send, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in (self.receiver, self.processor, self.fetching, self.sender, self.notifier):
                group.create_task(part.run())

    async def receive_posted(self, posted: PostedMail) -> None:
        """Keep a mail that came over HTTP; a Refusal says that nothing was kept."""
        mail = await asyncio.to_thread(read_post, posted.content_type, posted.body)
        envelope = Envelope(mend(mail.mail_from[:320]), tuple(mend(to[:320]) for to in mail.recipients[:100]))
        await self.receiver.store(
            [NewMail(posted.workspace_id, new_id(), posted.inbox_id, "webhook", mail.raw, envelope)]
        )

    async def close(self) -> None:
        """Take no more mail and send no more; what was acknowledged is kept already."""
        self.ready = False
        await self.listener.close()
        await asyncio.gather(self.sender.finish(), self.notifier.finish())
        self._checking.close()


def token_secret(secret_key: bytes) -> bytes:
    """The key that signs reply addresses, made from the desk's."""
    return hmac.digest(secret_key, b"parley reply addresses", "sha256")
