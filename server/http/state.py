"""What the operations stand on: made once by the wiring, passed on explicitly, never changed."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from server.domain.links import AttachmentLinks, ImageLinks, RemoteImage
from server.domain.mail_resources import TrialStep
from server.domain.resources import Inbox, OAuthSettings
from server.domain.webhook_resources import WebhookAnswer
from server.handle import Handle
from server.http.askers import Askers
from server.http.limits import Limits
from server.http.passwords import Passwords
from server.http.provider_signature import Signatures
from server.queries.credentials import Credentials
from server.settings import Settings
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.vault import Secrets, Vault


class PostedMail(msgspec.Struct, frozen=True):
    """A mail that a provider posted to an inbox, and proved to be allowed to.

    The whole body of the request, and the Content-Type header that says how to read it.
    """

    workspace_id: UUID
    inbox_id: UUID
    content_type: str
    body: bytes


# Returns once the raw bytes are committed; raises a Refusal when nothing was kept.
ReceiveMail = Callable[[PostedMail], Awaitable[None]]
# What serves and what is degraded, by the name of the part: "ok", or why not.
Readiness = Callable[[], Mapping[str, str]]
# The image that a stranger's URL names, from public addresses only; raises NotFound when there is none.
FetchImage = Callable[[str], Awaitable[RemoteImage]]
# Tries an inbox's settings against their server, step by step; raises for bugs only.
TrySettings = Callable[[UUID, Inbox, Secrets], Awaitable[list[TrialStep]]]
# The refresh token for a code: settings, client secret, code, verifier, return address; raises Invalid.
TradeCode = Callable[[OAuthSettings, str, str, str, str], Awaitable[str]]

# Posts a signed ping to a URL with its sealed secret, and says what came back.
PingWebhook = Callable[[str, bytes], Awaitable[WebhookAnswer]]
# These agents of a workspace have another count of unread notifications: tell them, without waiting.
TellNotified = Callable[[UUID, Collection[UUID]], None]


class State(msgspec.Struct, frozen=True, dict=True):
    """The desk's parts."""

    settings: Settings
    store: Store
    handle: Handle
    credentials: Credentials
    links: AttachmentLinks
    image_links: ImageLinks
    vault: Vault
    blobs: Blobs
    limits: Limits
    passwords: Passwords
    receive_mail: ReceiveMail
    fetch_image: FetchImage
    trials: Mapping[Literal["imap", "smtp"], TrySettings]
    trade_code: TradeCode
    ping_webhook: PingWebhook
    notified: TellNotified
    consumers: Collection[str]  # of the log, in this desk
    readiness: Readiness
    static: Path
    visitor_key: bytes

    @cached_property
    def askers(self) -> Askers:
        """Finds customers for many tickets at once."""
        return Askers(self.store)

    @cached_property
    def signatures(self) -> Signatures:
        """Remembers which of the mail providers' signatures were used."""
        return Signatures()

    @property
    def secure(self) -> bool:
        """Whether people reach the desk over TLS."""
        return self.settings.url.startswith("https://")
