"""Inboxes: configured receiving points. What is secret about one goes in sealed and stays in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain.errors import NotFound
from server.store.agents import check_agents
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("inboxes")
LISTING = Listing(
    SQL["select_inboxes"],
    "i.id",
    filters={"id": "i.id = {}", "ids": "i.id = ANY ({}::uuid[])", "channel": "i.channel = {}"},
    sorts={"name": Sort("lower(i.name)", str), "created_at": Sort("i.created_at", datetime)},
)
_DOUBLED = {"inboxes_address": ("Another inbox has this address", "/address")}


class Door(msgspec.Struct, frozen=True):
    """An inbox as those outside meet it, with what proves that they may come in."""

    workspace_id: UUID
    id: UUID
    name: str
    channel: resources.InboxChannel
    address: str | None
    settings: resources.InboxSettings
    secrets: bytes | None
    token_hash: bytes | None


def shape(row: Any) -> resources.Inbox:
    """The resource of a row."""
    return resources.Inbox(
        id=row["id"],
        name=row["name"],
        channel=row["channel"],
        address=row["address"],
        settings=settings_of(row),
        agent_ids=list(row["agent_ids"]),
        created_at=row["created_at"],
    )


def settings_of(row: Any) -> resources.InboxSettings:
    """The settings of a row."""
    return msgspec.json.decode(row["settings"], type=resources.InboxSettings)


async def list_inboxes(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of inboxes, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def find_inbox(db: Connection, workspace_id: UUID, inbox_id: UUID) -> resources.Inbox | None:
    """One inbox."""
    rows = await list_inboxes(db, workspace_id, {"id": inbox_id}, Slice("name", False, 1))
    return shape(rows[0]) if rows else None


async def lock_secrets(db: Connection, workspace_id: UUID, inbox_id: UUID) -> bytes | None:
    """Hold an inbox's row until commit and read its sealed secrets; NotFound when there is none."""
    row = await db.fetchrow(SQL["lock_inbox"], workspace_id, inbox_id)
    if row is None:
        raise NotFound
    sealed: bytes | None = row["secrets"]
    return sealed


async def add_inbox(
    db: Connection,
    workspace_id: UUID,
    inbox_id: UUID,
    name: str,
    channel: str,
    address: str | None,
    settings: resources.InboxSettings,
    secrets: bytes,
) -> None:
    """Keep a new inbox; Conflict when the address is another's."""
    written = msgspec.json.encode(settings).decode()
    with refusing(_DOUBLED):
        await db.execute(SQL["add_inbox"], workspace_id, inbox_id, name, channel, address, written, secrets)


async def change_inbox(
    db: Connection,
    workspace_id: UUID,
    inbox_id: UUID,
    name: str,
    address: str | None,
    settings: resources.InboxSettings,
    secrets: bytes,
) -> None:
    """Write an inbox anew; Conflict when the address is another's."""
    written = msgspec.json.encode(settings).decode()
    with refusing(_DOUBLED):
        await db.execute(SQL["change_inbox"], workspace_id, inbox_id, name, address, written, secrets)


async def set_members(db: Connection, workspace_id: UUID, inbox_id: UUID, agent_ids: Sequence[UUID]) -> None:
    """Make these, and no others, its members."""
    await check_agents(db, workspace_id, agent_ids)
    await db.execute(SQL["set_members"], workspace_id, inbox_id, list(agent_ids))


async def delete_inbox(db: Connection, workspace_id: UUID, inbox_id: UUID) -> None:
    """End an inbox; its tickets stay. NotFound when there is none."""
    if await db.fetchval(SQL["delete_inbox"], workspace_id, inbox_id) is None:
        raise NotFound


async def set_token(
    db: Connection, workspace_id: UUID, inbox_id: UUID, digest: bytes, secrets: bytes
) -> None:
    """Replace the secret of an inbox."""
    await db.execute(SQL["set_token"], workspace_id, inbox_id, digest, secrets)


async def is_attended(db: Connection, workspace_id: UUID, inbox_id: UUID) -> bool:
    """Whether an agent who answers in this inbox is available now."""
    attended: bool = await db.fetchval(SQL["is_attended"], workspace_id, inbox_id)
    return attended


async def find_door(store: Store, inbox_id: UUID) -> Door | None:
    """The inbox that somebody outside names, in whichever workspace it is."""
    async with store.across() as db:
        workspace_id = await db.fetchval(SQL["find_workspace"], inbox_id)
    if workspace_id is None:
        return None
    async with store.read(workspace_id) as db:
        row = await db.fetchrow(SQL["find_door"], workspace_id, inbox_id)
    if row is None:
        return None
    return Door(
        workspace_id,
        row["id"],
        row["name"],
        row["channel"],
        row["address"],
        settings_of(row),
        row["secrets"],
        row["token_hash"],
    )


async def find_default(db: Connection, workspace_id: UUID, inbox_ids: Sequence[UUID] | None) -> UUID | None:
    """Where tickets made by API go, of these inboxes (of all, when None)."""
    row = await db.fetchrow(SQL["find_default"], workspace_id, inbox_ids)
    return None if row is None else row["id"]


async def find_first_chat(db: Connection, workspace_id: UUID) -> UUID | None:
    """The oldest chat inbox."""
    row = await db.fetchrow(SQL["find_first_chat"], workspace_id)
    return None if row is None else row["id"]


async def keep_secrets(db: Connection, workspace_id: UUID, inbox_id: UUID, secrets: bytes) -> None:
    """Replace an inbox's sealed secrets, its settings being the same; hold it before (`lock_secrets`)."""
    await db.execute(SQL["keep_secrets"], workspace_id, inbox_id, secrets)


async def reseal(db: Connection, workspace_id: UUID, again: Callable[[bytes], bytes | None]) -> int:
    """Seal every inbox's secrets again, where `again` says that they need it; returns how many did."""
    rows = await db.fetch(SQL["lock_all_secrets"], workspace_id)
    changed = [(row["id"], sealed) for row in rows if (sealed := again(row["secrets"])) is not None]
    for inbox_id, sealed in changed:
        await db.execute(SQL["keep_secrets"], workspace_id, inbox_id, sealed)
    return len(changed)
