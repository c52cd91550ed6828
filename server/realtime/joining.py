"""Going into rooms: the right to, what was missed, and nothing lost in between.

A joiner is a member first, holding what is told; then the history is read and sent; then what was held above
it follows. So it does not matter when exactly a commit happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from server.domain import rights
from server.domain.errors import NotFound, Refusal
from server.domain.identity import Actor
from server.domain.rights import Action, Scope
from server.domain.ticket import Ticket
from server.domain.timeline import Happening, Link
from server.realtime.frames import Joined, parse_room
from server.realtime.membership import Membership, Told, frames_of
from server.realtime.room import Room
from server.realtime.telling import tell
from server.realtime.ticket_room import TicketRoom
from server.store.desk import fetch_desk
from server.store.pool import Connection as Database
from server.store.pool import Store
from server.store.tickets import find_tickets
from server.store.timeline import MAX_PAGE, fetch_names, list_happenings, list_reads

if TYPE_CHECKING:
    from server.realtime.connection import Connection


class History:
    """A ticket's past as told frames, read in pages."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store = store
        self._link = link

    async def look(self, room: TicketRoom) -> Ticket:
        """The ticket as it is now, which its room is told of. Raises NotFound when there is none."""
        async with self._store.read(room.workspace_id) as db:
            ticket = (await find_tickets(db, room.workspace_id, [room.ticket_id])).get(room.ticket_id)
            if ticket is None:
                raise NotFound
            reads = await list_reads(db, room.workspace_id, room.ticket_id)
        positions = {str(read.reader_id): read.seq for read in reads}
        room.begin(ticket.scope, ticket.seq, ticket.public_seq, positions)
        room.raise_draft(ticket.draft_generation)
        return ticket

    async def page(self, room: TicketRoom, since: int, *, public: bool) -> list[Told]:
        """Up to a page of what happened after `since`."""
        async with self._store.read(room.workspace_id) as db:
            found = await list_happenings(db, room.workspace_id, room.ticket_id, since, public=public)
            return await self._told(db, room, found)

    async def _told(self, db: Database, room: TicketRoom, found: Sequence[Happening]) -> list[Told]:
        names = await fetch_names(db, room.workspace_id, found)
        return [tell(room.name, happening, names, self._link) for happening in found]

    async def fill(self, room: TicketRoom) -> None:
        """Tell the room what its process has not heard of, from the ticket itself."""
        while room.tail is not None and room.members:
            page = await self.page(room, room.tail, public=False)
            room.receive(page)
            if len(page) < MAX_PAGE:
                return


def room_scope(workspace_id: UUID, name: str) -> tuple[Action, Scope] | None:
    """What the right to a list room is, or None when there can be no such room."""
    parsed = parse_room(name)
    match parsed:
        case ("inbox", inbox_id):
            return Action.READ_DESK, Scope(workspace_id, inbox_id)
        case ("agents", None):
            return Action.READ_DESK, Scope(workspace_id)
        case _:
            return None


def may_stay(actor: Actor, room: Room) -> bool:
    """Whether somebody whose rights have changed may still be in a room."""
    try:
        if isinstance(room, TicketRoom):
            if room.scope is not None:
                rights.check(actor, Action.READ_TICKET, room.scope)
        elif (needed := room_scope(room.workspace_id, room.name)) is not None:
            rights.check(actor, *needed)
    except Refusal:
        return False
    return True


def enter(connection: Connection, room: TicketRoom, membership: Membership, since: int) -> bool:
    """Let a joiner in from memory: what they missed, then everything. False when memory is too short."""
    public = membership.public
    missed = room.remembered(since, public=public)
    if missed is None:
        return False
    newest = since + len(missed)
    _welcome(connection, room, membership, newest)
    for frame in frames_of(missed, public=public):
        connection.send(frame)
    membership.release(newest)
    return True


def _welcome(connection: Connection, room: TicketRoom, membership: Membership, newest: int) -> None:
    """From here on they are told what passes; what happened follows."""
    room.admit(membership)
    connection.tell(room.joined(newest, membership))
    for typing in room.typing_for(membership):
        connection.tell(typing)


async def enter_slowly(
    connection: Connection, room: TicketRoom, membership: Membership, since: int, history: History
) -> None:
    """Let a joiner in from Postgres, page by page, and catch up with what was told meanwhile.

    Ends early when they left, or came anew. Raises NotFound for what they may not see.
    """
    ticket = await history.look(room)
    rights.check(connection.actor, Action.READ_TICKET, ticket.scope)
    if not room.has(membership):
        return
    public = membership.public
    newest = max(ticket.public_seq, room.public_tail) if public else max(ticket.seq, room.tail or 0)
    _welcome(connection, room, membership, newest)
    seen = min(since, newest)
    while True:
        page = await history.page(room, seen, public=public)
        # Whoever leaves, or loses the right, in the middle of a long history hears no more of it.
        await connection.send_all(f for f in frames_of(page, public=public) if room.has(membership))
        if not room.has(membership):
            return
        seen = max((told.seen_by(public=public)[0] for told in page), default=seen)
        if len(page) < MAX_PAGE:
            break
    membership.release(seen)


async def enter_list(
    connection: Connection, room: Room, membership: Membership, inbox_id: UUID, store: Store
) -> None:
    """Let an agent watch an inbox that is there. Raises NotFound for one that is not."""
    async with store.read(room.workspace_id) as db:
        desk = await fetch_desk(db, room.workspace_id)
    if inbox_id not in desk.inboxes:
        raise NotFound
    rights.check(connection.actor, Action.READ_DESK, Scope(room.workspace_id, inbox_id))
    if room.has(membership):
        enter_freely(connection, room, membership)


def enter_freely(connection: Connection, room: Room, membership: Membership) -> None:
    """Let an agent into a list room; they fetch the list after this."""
    room.admit(membership)
    connection.tell(Joined(room.name, 0, room.presence(public=False).members))
    membership.release(0)
