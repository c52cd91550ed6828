"""The people of mail: who we are, who takes part, whose address is dead, whom a machine has answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain.resources import InboxSettings
from server.store.pool import Connection
from server.store.statements import statements

MAX_PARTICIPANTS = 50  # of a ticket: each of them gets every answer
_MAX_REASON = 500
_SQL = statements("mail_people")
_DOTLESS = frozenset({"gmail.com", "googlemail.com", "proton.me", "protonmail.com"})  # dots say nothing there


class MailInbox(msgspec.Struct, frozen=True):
    """A mail inbox, its address in lower case."""

    id: UUID
    address: str
    settings: InboxSettings = InboxSettings()


class Own(msgspec.Struct, frozen=True):
    """Who we are: the workspace's mail inboxes, and the agents among some addresses."""

    inboxes: Mapping[UUID, MailInbox] = {}
    agents: frozenset[str] = frozenset()

    def settings_of(self, inbox_id: UUID) -> InboxSettings:
        """An inbox's settings; the usual ones when it is gone."""
        inbox = self.inboxes.get(inbox_id)
        return InboxSettings() if inbox is None else inbox.settings

    def is_inbox(self, address: str) -> bool:
        """Whether mail to it comes to us, whatever its plus part."""
        local, at, domain = address.lower().rpartition("@")
        stem = f"{local.partition('+')[0]}{at}{domain}"
        return any(inbox.address == stem for inbox in self.inboxes.values())

    def has(self, address: str) -> bool:
        """Whether it is an inbox's or an agent's."""
        return address.lower() in self.agents or self.is_inbox(address)


async def fetch_own(db: Connection, workspace_id: UUID, addresses: Iterable[str]) -> Own:
    """The workspace's mail inboxes, and which of these addresses are agents'."""
    row = await db.fetchrow(_SQL["fetch_own"], workspace_id, [one.lower() for one in addresses])
    inboxes = msgspec.json.decode(row["inboxes"] or "[]", type=list[MailInbox])
    return Own({inbox.id: inbox for inbox in inboxes}, frozenset(row["agents"]))


async def add_participants(
    db: Connection, workspace_id: UUID, ticket_id: UUID, customer_ids: Sequence[UUID], by: UUID
) -> None:
    """Let people take part in a ticket, as far as there is room; repeating it is harmless."""
    await db.execute(
        _SQL["add_participants"], workspace_id, ticket_id, list(customer_ids), by, MAX_PARTICIPANTS
    )


async def set_participants(
    db: Connection, workspace_id: UUID, ticket_id: UUID, customer_ids: Sequence[UUID], by: UUID
) -> None:
    """Let these, and no others, take part in a ticket."""
    await db.execute(_SQL["keep_participants"], workspace_id, ticket_id, list(customer_ids))
    await add_participants(db, workspace_id, ticket_id, customer_ids, by)


async def list_participants(
    db: Connection, workspace_id: UUID, ticket_id: UUID
) -> list[resources.CustomerBrief]:
    """Who takes part in a ticket beside its customer, in the order they came."""
    rows = await db.fetch(_SQL["list_participants"], workspace_id, ticket_id)
    return [resources.CustomerBrief(id=row["id"], name=row["name"], email=row["email"]) for row in rows]


async def mark_bounced(
    db: Connection, workspace_id: UUID, ticket_id: UUID, address: str, reason: str
) -> None:
    """Note that mail to an address came back; nothing, when it is nobody's in this ticket."""
    await db.execute(
        _SQL["mark_bounced"], workspace_id, ticket_id, address.lower()[:320], reason[:_MAX_REASON]
    )


async def mark_alive(db: Connection, workspace_id: UUID, addresses: Sequence[str]) -> None:
    """Note that mail came from addresses."""
    await db.execute(_SQL["mark_alive"], workspace_id, list(addresses))


async def count_automatic(db: Connection, workspace_id: UUID, customer_id: UUID, email: str) -> int:
    """How many automatic answers a customer got within a day, by whichever spelling of their address.

    Many providers bring mail for `a+b@x` to `a@x`, some mail for `a.b@x` to `ab@x`; only an address that may
    be such a spelling is looked for among all, which costs more.
    """
    local, _, domain = email.lower().rpartition("@")
    base = local.partition("+")[0] or local
    count: int = await db.fetchval(_SQL["count_automatic"], workspace_id, customer_id)
    if "+" in local or domain in _DOTLESS:
        alike: int = await db.fetchval(_SQL["count_automatic_alike"], workspace_id, f"{base}@{domain}")
        return max(count, alike)
    return count
