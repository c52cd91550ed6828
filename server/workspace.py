"""Making a workspace: the first one when Parley starts for the first time, others by an operator."""

from __future__ import annotations

import secrets
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain import resources
from server.domain.errors import Conflict
from server.http.passwords import Passwords
from server.settings import Settings
from server.store import agents, inboxes, webhooks, workspaces
from server.store.pool import Store
from server.store.vault import Secrets, Vault


class NewWorkspace(msgspec.Struct, frozen=True):
    """A workspace that was just made; `password` is known here only, and None when it was given."""

    workspace_id: UUID
    admin_email: str
    password: str | None


async def make_first(store: Store, vault: Vault, settings: Settings) -> NewWorkspace | None:
    """The workspace, its admin, a chat inbox and a mail inbox; None when there is a workspace already."""
    if await workspaces.list_workspaces(store):
        return None
    given = settings.admin_password
    try:
        return await make_workspace(
            store,
            vault,
            settings.workspace_name,
            settings.admin_email,
            None if given is None else given.get_secret_value(),
            settings.inbox_address,
        )
    except Conflict:
        if await workspaces.list_workspaces(store):
            return None  # another role started at the same moment, and the inbox's address lets one win
        raise


async def make_workspace(
    store: Store,
    vault: Vault,
    name: str,
    admin_email: str,
    password: str | None,
    inbox_address: str | None,
) -> NewWorkspace:
    """A workspace with one admin who reaches its inboxes, all in one transaction.

    Raises Conflict when the inbox's address belongs to another workspace.
    """
    chosen = password or secrets.token_urlsafe(12)
    hashed = await Passwords().hash(chosen)
    workspace_id, admin_id = new_id(), new_id()
    async with store.write(workspace_id) as db:
        await workspaces.add_workspace(db, workspace_id, name)
        await agents.add_agent(db, workspace_id, admin_id, "Admin", admin_email, "admin", hashed)
        chat = resources.InboxSettings(greeting="Hello! How can we help?")
        wanted: list[tuple[str, str, str | None, resources.InboxSettings]] = [
            ("Website chat", "chat", None, chat)
        ]
        if inbox_address is not None:
            wanted.append(("Support mail", "email", inbox_address, resources.InboxSettings()))
        for inbox_name, channel, address, settings in wanted:
            inbox_id, sealed = new_id(), vault.seal_secrets(Secrets())
            await inboxes.add_inbox(
                db, workspace_id, inbox_id, inbox_name, channel, address, settings, sealed
            )
            await inboxes.set_members(db, workspace_id, inbox_id, [admin_id])
    return NewWorkspace(workspace_id, admin_email, None if password else chosen)


async def seal_again(store: Store, vault: Vault) -> None:
    """After a change of the secret key: seal anew what the old one sealed; harmless to repeat."""
    for workspace in await workspaces.list_workspaces(store):
        async with store.write(workspace.id) as db:
            await inboxes.reseal(db, workspace.id, vault.seal_again)
            await webhooks.reseal(db, workspace.id, vault.seal_again)
