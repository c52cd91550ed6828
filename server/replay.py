"""`parley replay`: a ticket's life from its events, as they were written."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from server.domain.errors import NotFound
from server.domain.events import Recorded
from server.domain.ids import parse_id
from server.domain.timeline import event_type
from server.store import fold
from server.store.pool import Connection, Store
from server.store.workspaces import list_workspaces


async def replay(store: Store, ticket: str, tell: Callable[[str], None]) -> bool:
    """Print every event of a ticket, named by id or number; NotFound when there is none."""
    for workspace in await list_workspaces(store):
        async with store.read(workspace.id) as db:
            ticket_id = await _find(db, workspace.id, ticket)
            records = [] if ticket_id is None else await fold.list_records(db, workspace.id, ticket_id)
        if records:
            tell(f"ticket {ticket_id} of workspace {workspace.name}")
            for record in records:
                tell(_line(record))
            return True
    raise NotFound(f"There is no ticket {ticket}")


async def _find(db: Connection, workspace_id: UUID, ticket: str) -> UUID | None:
    if ticket.isdecimal():
        return await fold.find_by_number(db, workspace_id, int(ticket))
    return parse_id(ticket)


def _line(record: Recorded) -> str:
    data = msgspec.json.encode(msgspec.structs.asdict(record.event)).decode()
    public = "-" if record.public_seq is None else str(record.public_seq)
    who = record.actor_type if record.actor_id is None else f"{record.actor_type} {record.actor_id}"
    at = record.at.isoformat(timespec="milliseconds")
    return f"{record.seq:>5} {public:>5}  {at}  {event_type(record.event):<18} {who:<46} {data}"
