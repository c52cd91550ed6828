"""The JSON shapes of the desk: what HTTP answers with, and what live frames carry.

Bounds of what comes in stand with the operations that take it; here is only what goes out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from server.domain.events import Channel, InteractionType, Priority, Status, TargetName
from server.domain.identity import ActorType, Role

T = TypeVar("T")

AgentStatus = Literal["online", "away", "offline"]
InboxChannel = Literal["chat", "email", "api"]
Security = Literal["none", "starttls", "tls"]
ServerAuth = Literal["password", "xoauth2"]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a JSON shape."""


class CustomerBrief(Resource, frozen=True, kw_only=True):
    """Whose ticket it is."""

    id: UUID
    name: str
    email: str | None


class SlaTarget(Resource, frozen=True, kw_only=True):
    """One promise of a ticket, as its countdown needs it."""

    target: TargetName
    policy_id: UUID
    started_at: Instant
    due_at: Instant
    warned_at: Instant | None
    met_at: Instant | None
    breached_at: Instant | None
    paused: bool


class LastMessage(Resource, frozen=True, kw_only=True):
    """The beginning of what was said last."""

    content: str
    author_type: ActorType
    created_at: Instant


class Ticket(Resource, frozen=True, kw_only=True):
    """A ticket as an agent sees it; `unread` is about the agent who asks."""

    id: UUID
    number: int
    subject: str
    description: str
    status: Status
    status_reason_id: UUID | None
    status_reason: str | None
    priority: Priority
    assignee_id: UUID | None
    team_id: UUID | None
    customer_id: UUID
    customer: CustomerBrief
    inbox_id: UUID
    channel_source: Channel
    tags: list[str]
    sla: list[SlaTarget]
    seq: int
    last_message: LastMessage | None
    unread: bool
    created_at: Instant
    updated_at: Instant


class TicketDetail(Ticket, frozen=True, kw_only=True):
    """One ticket, with who takes part in it by mail beside its customer."""

    participants: list[CustomerBrief]


class Attachment(Resource, frozen=True, kw_only=True):
    """A file; `url` is signed and soon expires, `mime_type` is what the content is served as."""

    id: UUID
    interaction_id: UUID | None
    filename: str
    url: str
    mime_type: str
    size_bytes: int
    uploaded_by: UUID | None
    created_at: Instant


class Interaction(Resource, frozen=True, kw_only=True):
    """Something said in a ticket; for a customer, `seq` is the public one."""

    id: UUID
    ticket_id: UUID
    seq: int
    author_id: UUID | None
    author_type: ActorType
    author_name: str
    type: InteractionType
    content: str
    content_html: str | None
    created_at: Instant
    attachment_ids: list[UUID]
    attachments: list[Attachment]


class Who(Resource, frozen=True, kw_only=True):
    """Somebody who acts."""

    type: ActorType
    id: UUID | None
    name: str


class TimelineEvent(Resource, frozen=True, kw_only=True):
    """An event as the timeline shows it; the shape of `data` depends on `type`."""

    seq: int
    type: str
    at: Instant
    actor: Who
    data: dict[str, Any]


class Customer(Resource, frozen=True, kw_only=True):
    """A person who asks."""

    id: UUID
    name: str
    email: str | None
    company: str | None
    contact_info: dict[str, str]
    tier: str | None
    language: str | None
    custom_fields: dict[str, str]
    created_at: Instant
    updated_at: Instant
    tickets_count: int


class CustomerAddress(Resource, frozen=True, kw_only=True):
    """An address that mail was sent to, or a further one; `bounce` is why mail to it came back, if it did."""

    email: str
    bounced_at: Instant | None
    bounce: str | None


class CustomerDetail(Customer, frozen=True, kw_only=True):
    """One customer, with what is known of their addresses."""

    addresses: list[CustomerAddress]


class Agent(Resource, frozen=True, kw_only=True):
    """A member of staff."""

    id: UUID
    name: str
    email: str
    roles: list[Role]
    status: AgentStatus
    team_ids: list[UUID]
    inbox_ids: list[UUID]
    active: bool
    last_active_at: Instant | None
    created_at: Instant


class Team(Resource, frozen=True, kw_only=True):
    """A group of agents."""

    id: UUID
    name: str
    agent_ids: list[UUID]
    created_at: Instant


class Tag(Resource, frozen=True, kw_only=True):
    """A word on tickets."""

    id: UUID
    name: str
    tickets_count: int


class SmtpSettings(Resource, frozen=True, kw_only=True):
    """The relay that an inbox's mail leaves by; the password is never read back.

    `xoauth2` signs in with a token of the account that the inbox fetches with (`imap.oauth`).
    """

    host: str
    port: int
    username: str
    security: Security
    auth: ServerAuth = "password"


class OAuthSettings(Resource, frozen=True, kw_only=True):
    """Where an access token for a mailbox comes from (RFC 6749 §6); what is secret is never read back.

    `authorize_url` is where a person gives consent, in their browser; empty where nobody can.
    """

    token_url: str
    client_id: str
    scope: str = ""
    authorize_url: str = ""


class AfterImport(Resource, frozen=True, kw_only=True):
    """What happens on the server to a mail that was fetched: it is moved, or flagged, or both."""

    move_to: str | None = None
    flag: str | None = None


class ImapSettings(Resource, frozen=True, kw_only=True):
    """The mailbox that an inbox fetches, `folder` and then `folders`; the password is never read back."""

    host: str
    port: int
    username: str
    security: Security
    folder: str
    folders: list[str] = []
    auth: ServerAuth = "password"
    oauth: OAuthSettings | None = None
    after_import: AfterImport | None = None


class DkimSettings(Resource, frozen=True, kw_only=True):
    """How mail that leaves is signed (RFC 6376); the key is never read back.

    `record` is the TXT record that `host` must have in the DNS.
    """

    domain: str
    selector: str
    host: str
    record: str


class AutoReply(Resource, frozen=True, kw_only=True):
    """What who writes for the first time is told at once."""

    enabled: bool = False
    text: str = ""


class InboxSettings(Resource, frozen=True, kw_only=True):
    """How an inbox behaves; each channel uses its own part."""

    greeting: str = ""
    accent_color: str = "#2f5fe0"
    allowed_origins: list[str] = []
    identified_only: bool = False
    sneak_peek: bool = False
    signature: str = ""
    template: str = ""
    quote: bool = False
    bcc: list[str] = []
    dkim: DkimSettings | None = None
    smtp: SmtpSettings | None = None
    imap: ImapSettings | None = None
    catch_all: bool = False
    closed_reply: Literal["reopen", "new"] = "new"
    auto_reply: AutoReply | None = None
    authserv_id: str = ""


class Inbox(Resource, frozen=True, kw_only=True):
    """One configured receiving point."""

    id: UUID
    name: str
    channel: InboxChannel
    address: str | None
    settings: InboxSettings
    agent_ids: list[UUID]
    created_at: Instant


class KnowledgeArticle(Resource, frozen=True, kw_only=True):
    """An article of the knowledge base; without `published_at` it is a draft."""

    id: UUID
    title: str
    slug: str
    content: str
    content_html: str
    category: str | None
    tags: list[str]
    author_id: UUID
    published_at: Instant | None
    last_modified_at: Instant
    view_count: int
    excerpt: str | None = None


class Category(Resource, frozen=True, kw_only=True):
    """A category of articles, with how many of them are published."""

    id: UUID
    name: str
    articles_count: int


class View(Resource, frozen=True, kw_only=True):
    """A named list of tickets and how many are in it; `query` is what `/tickets` takes."""

    id: str
    name: str
    query: str
    count: int


class Workspace(Resource, frozen=True, kw_only=True):
    """The tenant; its reports are told by the clocks of `time_zone`."""

    id: UUID
    name: str
    time_zone: str


class Session(Resource, frozen=True, kw_only=True):
    """Who is signed in, and the token that unsafe requests carry."""

    agent: Agent
    csrf_token: str
    workspace: Workspace


class ApiToken(Resource, frozen=True, kw_only=True):
    """A machine's token; the secret itself is in no answer but the first."""

    id: UUID
    name: str
    created_at: Instant
    last_used_at: Instant | None


class NewApiToken(ApiToken, frozen=True, kw_only=True):
    """A token that was just made, with its secret."""

    token: str


class InboxToken(Resource, frozen=True, kw_only=True):
    """An inbox's new secret, shown this once: it signs identities and authenticates webhooks."""

    token: str


class Meta(Resource, frozen=True, kw_only=True):
    """Whether the list goes on, and where."""

    has_more: bool
    after_cursor: str | None


class Links(Resource, frozen=True, kw_only=True):
    """The address of the next page."""

    next: str | None


class Page(Resource, Generic[T], frozen=True, kw_only=True):
    """A page of a list."""

    data: list[T]
    meta: Meta
    links: Links
