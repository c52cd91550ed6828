"""Inboxes: where conversations come in, and what each channel needs. Secrets go in and stay in."""

import asyncio
import secrets
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from server.clock import new_id
from server.domain.errors import Invalid, NotFound
from server.domain.resources import Inbox, InboxChannel, InboxSettings, InboxToken, Page
from server.domain.rights import Action, sees_inbox
from server.http.call import Call
from server.http.inbox_form import DkimChange, SettingsChange
from server.http.inbox_settings import merge
from server.http.inputs import ById, Email, Id, Ids, Name
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.http.signing_key import new_key
from server.queries.credentials import digest_of
from server.queries.tickets import visible_to
from server.store import inboxes
from server.store.pool import Connection
from server.store.vault import Secrets


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
        db,
        call.workspace_id,
        inbox_id,
        body.name,
        body.channel,
        body.address,
        settings,
        sealed,
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
        db, call.workspace_id, path.id, name, address, settings, vault.seal_secrets(kept)
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


async def _with_key(change: SettingsChange, kept: Secrets) -> SettingsChange:
    """The change with a key to sign mail with, the one that is kept or a new one, where it gives none."""
    dkim = change.dkim
    if not isinstance(dkim, DkimChange) or dkim.key is not UNSET:
        return change
    key = kept.dkim_key or await asyncio.to_thread(new_key)
    return msgspec.structs.replace(change, dkim=msgspec.structs.replace(dkim, key=key))


async def _fetch(call: Call, db: Connection, inbox_id: Id) -> Inbox:
    found = await inboxes.find_inbox(db, call.workspace_id, inbox_id)
    if found is None or not sees_inbox(call.agent, inbox_id):
        raise NotFound
    return found


OPERATIONS = (list_inboxes, add, read, change, remove, rotate_token)
