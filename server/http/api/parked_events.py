"""Events that a reader of the log (search, notifications, webhooks, …) could not digest."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from server.domain.errors import Conflict, NotFound
from server.domain.parked_resources import Obstacle, ParkedEvent
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, ShortName
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import parked_events
from server.store.pool import Connection

_OBSTACLES: dict[Obstacle, str] = {
    "event_gone": "The event is not kept any more: there is nothing to tell",
    "consumer_off": "Nobody of this name reads the log of this desk",
}


class ParkedQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which parked events: all, or those of one reader."""

    consumer: ShortName | None = None


@operation("GET", "/parked-events", Action.MANAGE_DESK, {200: Page[ParkedEvent]})
async def list_parked(call: Call, db: Connection, query: ParkedQuery) -> Page[ParkedEvent]:
    """List events that a reader of the log passed over, the newest first."""
    part = slice_of(query, parked_events.LISTING.sorts, "-at")
    chosen = {"consumer": query.consumer}
    rows = await parked_events.list_parked(db, call.workspace_id, chosen, part)
    shape = partial(parked_events.shape, consumers=call.state.consumers)
    return page_of(rows, part, shape, call.path, call.query_string)


@operation("POST", "/parked-events/{id}/retry", Action.MANAGE_DESK, {202: ParkedEvent})
async def retry(call: Call, db: Connection, path: ById) -> ParkedEvent:
    """Tell a parked event without an `obstacle` to its reader again, soon; it is gone when that went well."""
    found = await parked_events.find_parked(db, call.workspace_id, path.id, call.state.consumers)
    if found is None:
        raise NotFound
    if found.obstacle is not None:
        raise Conflict(_OBSTACLES[found.obstacle])
    await parked_events.ask(db, call.workspace_id, path.id)
    return replace(found, retrying=True)


OPERATIONS = (list_parked, retry)
