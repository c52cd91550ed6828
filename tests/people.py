"""The people of every test: Alice and Bob of one team, Charlie of another workspace, Carla and Vic.

Alice is an admin, Bob an agent of the chat inbox and the mail inbox, Lou a light agent, Olga an agent without
any inbox. Charlie administers another workspace and must never see anything of this one.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec

from server.clock import new_id
from server.domain.commands import NewInteraction, OpenTicket
from server.domain.events import Priority
from server.domain.identity import Agent, Customer, System
from server.domain.sla.plain import plain_promises
from server.domain.sla.policy import Conditions
from server.store.pool import Store
from server.store.sla_policies import Written, add_policy


class Desk(msgspec.Struct):
    """A workspace with people in it."""

    workspace_id: UUID
    chat: UUID
    mail: UUID
    team: UUID
    alice: Agent
    bob: Agent
    lou: Agent
    olga: Agent
    carla: Customer
    vic: Customer
    other_workspace_id: UUID
    charlie: Agent

    @property
    def system(self) -> System:
        return System(self.workspace_id)


async def settle(store: Store, mail_address: str = "support@example.test") -> Desk:
    """Everybody in their place."""
    workspace_id, other = new_id(), new_id()
    chat, mail, team = new_id(), new_id(), new_id()
    inboxes = frozenset({chat, mail})
    alice = Agent(workspace_id, new_id(), "Alice", "admin", inboxes)
    bob = Agent(workspace_id, new_id(), "Bob", "agent", inboxes)
    lou = Agent(workspace_id, new_id(), "Lou", "light_agent", inboxes)
    olga = Agent(workspace_id, new_id(), "Olga", "agent")
    charlie = Agent(other, new_id(), "Charlie", "admin")
    carla, vic_id, visitor = new_id(), new_id(), new_id()
    async with store.write(workspace_id) as db:
        await _workspace(db, workspace_id, "Ours", [alice, bob, lou, olga])
        await db.execute(
            "INSERT INTO inboxes (workspace_id, id, name, channel, address) VALUES "
            "($1, $2, 'Website', 'chat', NULL), ($1, $3, 'Support', 'email', $4)",
            workspace_id, chat, mail, mail_address,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, 'First line')", workspace_id, team
        )
        for agent in (alice, bob, lou):
            for inbox in (chat, mail):
                await db.execute(
                    "INSERT INTO inbox_members VALUES ($1, $2, $3)", workspace_id, inbox, agent.id
                )
        for agent in (alice, bob):
            await db.execute("INSERT INTO team_members VALUES ($1, $2, $3)", workspace_id, team, agent.id)
        await db.execute(
            "INSERT INTO customers (workspace_id, id, name, email) VALUES "
            "($1, $2, 'Carla', 'carla@customer.test'), ($1, $3, 'Vic', NULL)",
            workspace_id, carla, vic_id,
        )  # fmt: skip
        await db.execute(
            "INSERT INTO visitors (workspace_id, id, inbox_id, customer_id) VALUES ($1, $2, $3, $4)",
            workspace_id, visitor, chat, vic_id,
        )  # fmt: skip
    async with store.write(other) as db:
        await _workspace(db, other, "Theirs", [charlie])
    return Desk(
        workspace_id,
        chat,
        mail,
        team,
        alice,
        bob,
        lou,
        olga,
        Customer(workspace_id, carla, "Carla"),
        Customer(workspace_id, vic_id, "Vic", visitor, chat),
        other,
        charlie,
    )


async def _workspace(db: asyncpg.Connection, workspace_id: UUID, name: str, agents: list[Agent]) -> None:
    await db.execute("INSERT INTO workspaces (id, name) VALUES ($1, $2)", workspace_id, name)
    for agent in agents:
        await db.execute(
            "INSERT INTO agents (workspace_id, id, name, email, role) VALUES ($1, $2, $3, $4, $5)",
            workspace_id, agent.id, agent.name, f"{agent.name.lower()}@desk.test", agent.role,
        )  # fmt: skip


def says(content: str, client_id: str | None = None, kind: str = "message") -> NewInteraction:
    """Something to say."""
    return NewInteraction(new_id(), kind, content, client_id=client_id)  # type: ignore[arg-type]


def opening(desk: Desk, content: str = "Where is my order?", **more: object) -> OpenTicket:
    """Vic writes in the widget for the first time."""
    vic = desk.vic
    given: dict[str, object] = {
        "ticket_id": new_id(),
        "inbox_id": desk.chat,
        "channel": "chat",
        "customer_id": vic.id,
        "subject": content[:80],
        "first": says(content),
        "visitor_id": vic.visitor_id,
    }
    return OpenTicket(**{**given, **more})  # type: ignore[arg-type]


async def promise(
    store: Store,
    desk: Desk,
    priority: Priority = "normal",
    *,
    first_response: timedelta | None = None,
    resolution: timedelta | None = None,
    next_response: timedelta | None = None,
    warned: bool = True,
) -> UUID:
    """From now on this is promised to tickets of this priority; returns the policy's id."""
    policy_id = new_id()
    promises = plain_promises(policy_id, first_response, resolution, next_response=next_response)
    if not warned:
        promises = tuple(msgspec.structs.replace(one, steps=()) for one in promises)
    written = Written(priority, "", True, Conditions(priorities=(priority,)), promises)
    async with store.write(desk.workspace_id) as db:
        await add_policy(db, desk.workspace_id, policy_id, written)
    return policy_id
