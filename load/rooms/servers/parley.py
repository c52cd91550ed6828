"""Parley's own rooms without storage: the product's sockets, frames, rooms and audiences, over a writer that
numbers and acknowledges at once.

What stands in for storage: tokens that name their owner, tickets that begin empty, availability not kept.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import NoReturn
from uuid import UUID

import anyio
import msgspec
import structlog
import uvloop
from starlette.applications import Starlette

from load.rooms.names import agent_of, ticket_of
from load.rooms.servers.listening import listen
from server.clock import now
from server.domain.commands import AddInteraction, Envelope
from server.domain.desk import Desk, Inbox
from server.domain.errors import Unavailable
from server.domain.events import InteractionAdded, Recorded
from server.domain.identity import Agent, Customer
from server.domain.interaction import Interaction
from server.domain.links import AttachmentLinks
from server.domain.ticket import Ticket
from server.handle import Handle, Outcome
from server.handle.lane import Answer
from server.http_server import make_server, serve
from server.queries.credentials import TOKEN_PREFIX, Credential, Credentials
from server.realtime.availability import Availability
from server.realtime.bus.local import LocalBus
from server.realtime.joining import History
from server.realtime.live import Live
from server.realtime.membership import Listener, Told
from server.realtime.ticket_room import TicketRoom
from server.run import COLLECT_AFTER
from server.settings import Settings
from server.store.pool import Store

WORKSPACE, INBOX = UUID(int=1), UUID(int=2)
KEY = bytes(32)
_BEGAN = now()


class Nowhere(Store):
    """Storage that is always away."""

    def __init__(self) -> None:
        self.dsn = ""

    def read(self, workspace_id: UUID) -> NoReturn:
        raise Unavailable

    def write(self, workspace_id: UUID, *, by_key: bool = False) -> NoReturn:
        raise Unavailable


class Named(Credentials):
    """Takes a token's word for it: `parley_NUMBER` is an agent, anything else the number of a visitor."""

    async def find_token(self, secret: str) -> Credential:
        agent_id = agent_of(int(secret.removeprefix(TOKEN_PREFIX)))
        return Credential("token", agent_id, Agent(WORKSPACE, agent_id, "Alice", "agent", frozenset({INBOX})))

    async def find_visit(self, secret: str) -> Credential:
        visitor_id = ticket_of(int(secret))
        return Credential("visit", visitor_id, Customer(WORKSPACE, visitor_id, "Vic", visitor_id, INBOX))


class Numbering(Handle):
    """Numbers what is said and answers at once; keeps nothing but the numbers."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        inboxes = {INBOX: Inbox(INBOX, "Chat", "chat")}
        self.desks[WORKSPACE] = Desk(WORKSPACE, 1, inboxes=inboxes)
        self._tickets: dict[UUID, Ticket] = {}

    def ticket(self, ticket_id: UUID) -> Ticket:
        """A ticket of the visitor who has its id."""
        if (known := self._tickets.get(ticket_id)) is not None:
            return known
        who = ticket_id
        return Ticket(
            WORKSPACE, who, 1, INBOX, "chat", who, who, "open", "normal", None, None, (), 0, 0, _BEGAN, _BEGAN
        )

    def submit_soon(
        self, envelope: Envelope, answer: Callable[[Answer], None], *, in_order: bool = False
    ) -> None:
        """Commit it nowhere."""
        actor, command, at = envelope.actor, envelope.command, now()
        assert isinstance(command, AddInteraction)
        new, before = command.interaction, self.ticket(command.ticket_id)
        seq, public_seq = before.seq + 1, before.public_seq + 1
        ticket = msgspec.structs.replace(before, seq=seq, public_seq=public_seq, updated_at=at)
        self._tickets[ticket.id] = ticket
        added = InteractionAdded(new.id, new.type)
        record = Recorded(ticket.id, seq, public_seq, at, actor.type, actor.id, added)
        said = Interaction(
            new.id, ticket.id, seq, public_seq, actor.type, actor.id, actor.name, new.type, new.content, None,
            at, client_id=new.client_id,
        )  # fmt: skip
        outcome = Outcome(ticket, "", seq, public_seq, (record,), said, actor_name=actor.name)
        self._tell([outcome])
        answer(outcome)


class Empty(History):
    """Tickets as the writer numbers them, in which nothing was said before."""

    def __init__(self, handle: Numbering) -> None:
        super().__init__(Nowhere(), lambda _: "")
        self._handle = handle

    async def look(self, room: TicketRoom) -> Ticket:
        ticket = self._handle.ticket(room.ticket_id)
        room.begin(ticket.scope, ticket.seq, ticket.public_seq, {})
        return ticket

    async def page(self, room: TicketRoom, since: int, *, public: bool) -> list[Told]:
        return []


class Unkept(Availability):
    """Counts who is connected, and keeps nothing."""

    async def arrive(self, agent: Agent, connection: Listener) -> None:
        self._connected.setdefault((agent.workspace_id, agent.id), set()).add(connection)

    def depart(self, agent: Agent, connection: Listener) -> None:
        self._connected.pop((agent.workspace_id, agent.id), None)

    async def run(self) -> None:
        await anyio.sleep_forever()


def make_live() -> Live:
    """The live side of a process that has no storage."""
    store = Nowhere()
    handle = Numbering(store)
    settings = Settings(
        rate_widget_messages="100000000/minute",
        rate_widget_sessions_ip="1000000/minute",
        max_connections=30_000,
    )
    live = Live(settings, store, handle, Named(store, KEY), AttachmentLinks(KEY), LocalBus())
    live.rooms._history = Empty(handle)
    live.rooms.availability = Unkept(store, WORKSPACE, lambda *_: None)
    return live


async def main() -> None:
    """Until killed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    live = make_live()
    server = make_server(Starlette(), live, drain_seconds=1)
    async with anyio.create_task_group() as group:
        group.start_soon(live.run)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)  # as `parley run` does
        await serve(server, listen())


if __name__ == "__main__":
    uvloop.run(main())
