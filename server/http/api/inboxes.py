"""Inboxes: where conversations come in, and what each channel needs. Secrets go in and stay in."""

import asyncio
import secrets
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.clock import new_id
from server.domain.errors import Invalid, NotFound
from server.domain.resources import (
    AutoReply,
    DkimSettings,
    ImapSettings,
    Inbox,
    InboxChannel,
    InboxSettings,
    InboxToken,
    Page,
    Security,
    ServerAuth,
    SmtpSettings,
)
from server.domain.rights import Action, sees_inbox
from server.http.call import Call
from server.http.inputs import ById, Email, Id, Ids, Line, Name, Text
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.http.signing_key import new_key, public_record
from server.queries.credentials import digest_of
from server.queries.tickets import visible_to
from server.store import inboxes
from server.store.pool import Connection
from server.store.vault import Secrets

Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
Secret = Annotated[str, Meta(max_length=1024, pattern=r"^[^\u0000\r\n]*$")]
Folder = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f]+$")]
Flag = Annotated[str, Meta(max_length=64, pattern=r"^\\?[A-Za-z0-9$_.-]+$")]
TokenUrl = Annotated[str, Meta(max_length=500, pattern=r"^https://[A-Za-z0-9._-]+(:[0-9]{1,5})?/[!-~]*$")]
AuthorizeUrl = Annotated[
    str, Meta(max_length=500, pattern=r"^$|^https://[A-Za-z0-9._-]+(:[0-9]{1,5})?/[!\u0024-\u003e\u0040-~]*$")
]
Color = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
Origin = Annotated[
    str, Meta(max_length=300, pattern=r"^https?://[a-z0-9._-]+(:[0-9]{1,5})?$", description="An origin")
]
DnsName = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=253,
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
    ),
]
Selector = Annotated[
    str, Meta(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$")
]
Pem = Annotated[str, Meta(max_length=10_000, pattern=r"^[\u0020-\u007e\r\n]*$")]
Template = Annotated[
    str, Meta(max_length=5_000, pattern=r"^$|^[^\u0000]*\{\{[ \t]{0,3}reply[ \t]{0,3}\}\}[^\u0000]*$")
]
Copies = Annotated[list[Email], Meta(max_length=5)]
Origins = Annotated[list[Origin], Meta(max_length=50)]


class SmtpChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The relay that mail leaves by. A password that is left out stays.

    `xoauth2` signs in with a token of the account that the mailbox is fetched with.
    """

    host: Host
    port: Port = 587
    username: Line = ""
    security: Security = "starttls"
    password: Secret | UnsetType = UNSET
    auth: ServerAuth = "password"


class OAuthChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where access tokens come from, and where consent is asked for. A secret that is left out stays."""

    token_url: TokenUrl
    client_id: Line
    scope: Line = ""
    authorize_url: AuthorizeUrl = ""
    client_secret: Secret | UnsetType = UNSET
    refresh_token: Secret | UnsetType = UNSET


class AfterImportChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens on the server to a mail that was fetched."""

    move_to: Folder | None = None
    flag: Flag | None = None


class ImapChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mailbox that is fetched. A password that is left out stays."""

    host: Host
    port: Port = 993
    username: Line = ""
    security: Security = "tls"
    folder: Line = "INBOX"
    folders: Annotated[list[Folder], Meta(max_length=19, description="Further folders")] = []
    password: Secret | UnsetType = UNSET
    auth: ServerAuth = "password"
    oauth: OAuthChange | None = None
    after_import: AfterImportChange | None = None


class DkimChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How mail that leaves is signed. A key (RSA, PEM) that is left out stays, or is made."""

    domain: DnsName
    selector: Selector
    key: Pem | UnsetType = UNSET


class AutoReplyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What who writes for the first time is told at once."""

    enabled: bool = True
    text: Text = ""


class SettingsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of any channel; what is left out stays, null takes a mailbox, a relay or signing away.

    Signature and template may say `{{agent_name}}`, `{{customer_name}}`, `{{inbox_name}}` and
    `{{ticket_number}}`, the template says where the `{{reply}}` goes; anything else in braces stays as it is.
    An answer to a closed ticket opens it again or begins another, by `closed_reply`; `authserv_id` names the
    relay whose Authentication-Results are believed. Passwords and `webhook_signing_key` (a mail
    provider's) are never read back.
    """

    greeting: Text | UnsetType = UNSET
    accent_color: Color | UnsetType = UNSET
    allowed_origins: Origins | UnsetType = UNSET
    identified_only: bool | UnsetType = UNSET
    sneak_peek: bool | UnsetType = UNSET
    signature: Text | UnsetType = UNSET
    template: Template | UnsetType = UNSET
    quote: bool | UnsetType = UNSET
    bcc: Copies | UnsetType = UNSET
    dkim: DkimChange | None | UnsetType = UNSET
    webhook_signing_key: Secret | None | UnsetType = UNSET
    closed_reply: Literal["reopen", "new"] | UnsetType = UNSET
    auto_reply: AutoReplyChange | None | UnsetType = UNSET
    authserv_id: Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$")] | UnsetType = UNSET
    smtp: SmtpChange | None | UnsetType = UNSET
    imap: ImapChange | None | UnsetType = UNSET
    catch_all: bool | UnsetType = UNSET


class InboxesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which inboxes, in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    channel: InboxChannel | None = None


class NewInbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An inbox to be; mail needs an address, and nothing else has one."""

    name: Name
    channel: InboxChannel
    address: Email | None = None
    settings: SettingsChange = SettingsChange()
    agent_ids: Ids = []


class InboxChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | UnsetType = UNSET
    address: Email | UnsetType = UNSET
    settings: SettingsChange = SettingsChange()
    agent_ids: Ids | UnsetType = UNSET


@operation("GET", "/inboxes", Action.READ_DESK, {200: Page[Inbox]})
async def list_inboxes(call: Call, db: Connection, query: InboxesQuery) -> Page[Inbox]:
    """List inboxes, those that the asking agent is a member of; an admin sees all."""
    part = slice_of(query, inboxes.LISTING.sorts, query.sort)
    filters = {"channel": query.channel, "ids": visible_to(call.agent)}
    rows = await inboxes.list_inboxes(db, call.workspace_id, filters, part)
    return page_of(rows, part, inboxes.shape, call.path, call.query_string)


@operation("POST", "/inboxes", Action.MANAGE_DESK, {201: Inbox}, tagged=True)
async def add(call: Call, db: Connection, body: NewInbox) -> Inbox:
    """Make an inbox."""
    if (body.channel == "email") != (body.address is not None):
        raise Invalid("A mail inbox has an address, and no other has", pointer="/address")
    change = await _with_key(body.settings, Secrets())
    settings, kept = merge(InboxSettings(), Secrets(), change)
    inbox_id, sealed = new_id(), call.state.vault.seal_secrets(kept)
    await inboxes.add_inbox(
        db, call.workspace_id, inbox_id, body.name, body.channel, body.address, _checked(settings), sealed
    )
    await inboxes.set_members(db, call.workspace_id, inbox_id, body.agent_ids)
    return await _fetch(call, db, inbox_id)


@operation("GET", "/inboxes/{id}", Action.READ_DESK, {200: Inbox}, tagged=True)
async def read(call: Call, db: Connection, path: ById) -> Inbox:
    """Read an inbox."""
    return await _fetch(call, db, path.id)


@operation("PATCH", "/inboxes/{id}", Action.MANAGE_DESK, {200: Inbox}, tagged=True, refusals=("conflict",))
async def change(call: Call, db: Connection, path: ById, body: InboxChange) -> Inbox:
    """Change an inbox."""
    sealed = await inboxes.lock_secrets(db, call.workspace_id, path.id)
    now = await _fetch(call, db, path.id)
    call.require_match(now)
    address = now.address
    if body.address is not UNSET:
        if now.channel != "email":
            raise Invalid("Only a mail inbox has an address", pointer="/address")
        address = body.address
    vault = call.state.vault
    before = vault.open_secrets(sealed)
    settings, kept = merge(now.settings, before, await _with_key(body.settings, before))
    name = now.name if body.name is UNSET else body.name
    await inboxes.change_inbox(
        db, call.workspace_id, path.id, name, address, _checked(settings), vault.seal_secrets(kept)
    )
    if body.agent_ids is not UNSET:
        await inboxes.set_members(db, call.workspace_id, path.id, body.agent_ids)
    call.state.credentials.forget()
    return await _fetch(call, db, path.id)


@operation("DELETE", "/inboxes/{id}", Action.MANAGE_DESK, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an inbox: it takes in nothing more, its tickets stay."""
    await inboxes.lock_secrets(db, call.workspace_id, path.id)
    call.require_match(await _fetch(call, db, path.id))
    await inboxes.delete_inbox(db, call.workspace_id, path.id)
    call.state.credentials.forget()


@operation("POST", "/inboxes/{id}/token", Action.MANAGE_DESK, {200: InboxToken})
async def rotate_token(call: Call, db: Connection, path: ById) -> InboxToken:
    """Make an inbox's secret anew, and show it this once.

    A site signs its visitors' identities with it (JWT, HS256), a mail provider proves itself with
    it at the webhook. The one before ends at once.
    """
    vault = call.state.vault
    sealed = await inboxes.lock_secrets(db, call.workspace_id, path.id)
    token = secrets.token_urlsafe(32)
    kept = msgspec.structs.replace(vault.open_secrets(sealed), token=token)
    await inboxes.set_token(db, call.workspace_id, path.id, digest_of(token), vault.seal_secrets(kept))
    return InboxToken(token=token)


def merge(now: InboxSettings, kept: Secrets, change: SettingsChange) -> tuple[InboxSettings, Secrets]:
    """Settings and secrets after a change; Invalid when they cannot go together. Pure."""
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    secret = {}
    if "webhook_signing_key" in given:
        secret["signing_key"] = given.pop("webhook_signing_key")
    for name, kind in (("smtp", SmtpSettings), ("imap", ImapSettings)):
        mailbox = given.get(name, UNSET)
        if mailbox is None:
            secret |= {key: None for key in msgspec.structs.asdict(kept) if key.startswith(f"{name}_")}
        elif mailbox is not UNSET:
            given[name] = msgspec.convert(mailbox, kind, from_attributes=True)
            if mailbox.password is not UNSET:
                secret[f"{name}_password"] = mailbox.password
            secret |= _oauth_secrets(mailbox)
    if isinstance(dkim := given.get("dkim"), DkimChange):
        secret["dkim_key"] = dkim.key
        given["dkim"] = DkimSettings(
            domain=dkim.domain,
            selector=dkim.selector,
            host=f"{dkim.selector}._domainkey.{dkim.domain}",
            record=public_record(dkim.key or "", "/settings/dkim/key"),
        )
    elif "dkim" in given:
        secret["dkim_key"] = None
    if isinstance(reply := given.get("auto_reply"), AutoReplyChange):
        given["auto_reply"] = msgspec.convert(reply, AutoReply, from_attributes=True)
    after = msgspec.structs.replace(now, **given)
    _check_sign_in(after)
    return after, msgspec.structs.replace(kept, **secret)


def _check_sign_in(settings: InboxSettings) -> None:
    """A relay that wants tokens needs an account that gives them, and a name to sign in with."""
    smtp, imap = settings.smtp, settings.imap
    if smtp is None or smtp.auth != "xoauth2":
        return
    if imap is None or imap.auth != "xoauth2" or imap.oauth is None:
        raise Invalid("The inbox fetches with no account that gives tokens", pointer="/settings/smtp/auth")
    if not smtp.username:
        raise Invalid("A token is good for a user: name one", pointer="/settings/smtp/username")


def _checked(settings: InboxSettings) -> InboxSettings:
    """The settings; Invalid for a mailbox whose mails would come again and again."""
    if (imap := settings.imap) is None:
        return settings
    fetched = [_folder(name) for name in (imap.folder or "INBOX", *imap.folders)]
    if len(set(fetched)) < len(fetched):
        raise Invalid("A folder is here twice", pointer="/settings/imap/folders")
    if imap.after_import and imap.after_import.move_to and _folder(imap.after_import.move_to) in fetched:
        raise Invalid("This folder is fetched itself", pointer="/settings/imap/after_import/move_to")
    return settings


def _folder(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name  # RFC 3501 §5.1


async def _with_key(change: SettingsChange, kept: Secrets) -> SettingsChange:
    """The change with a key to sign mail with, the one that is kept or a new one, where it gives none."""
    dkim = change.dkim
    if not isinstance(dkim, DkimChange) or dkim.key is not UNSET:
        return change
    key = kept.dkim_key or await asyncio.to_thread(new_key)
    return msgspec.structs.replace(change, dkim=msgspec.structs.replace(dkim, key=key))


def _oauth_secrets(mailbox: SmtpChange | ImapChange) -> dict[str, str]:
    """What a mailbox's token server is asked with, as far as it is given."""
    oauth = mailbox.oauth if isinstance(mailbox, ImapChange) else None
    if oauth is None:
        return {}
    given = {"imap_client_secret": oauth.client_secret, "imap_refresh_token": oauth.refresh_token}
    return {name: value for name, value in given.items() if value is not UNSET}


async def _fetch(call: Call, db: Connection, inbox_id: Id) -> Inbox:
    found = await inboxes.find_inbox(db, call.workspace_id, inbox_id)
    if found is None or not sees_inbox(call.agent, inbox_id):
        raise NotFound
    return found


OPERATIONS = (list_inboxes, add, read, change, remove, rotate_token)
