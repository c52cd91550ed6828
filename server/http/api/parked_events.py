"""Events that a reader of the log (search, notifications, webhooks, …) could not digest."""

from __future__ import annotations

from server.domain.errors import NotFound
from server.domain.parked_resources import ParkedEvent
from server.domain.resources import Page
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, ShortName
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import parked_events
from server.store.pool import Connection


class ParkedQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which parked events: all, or those of one reader."""

    consumer: ShortName | None = None


@operation("GET", "/parked-events", Action.MANAGE_DESK, {200: Page[ParkedEvent]})
async def list_parked(call: Call, db: Connection, query: ParkedQuery) -> Page[ParkedEvent]:
    """List events that a reader of the log passed over, the newest first."""
    part = slice_of(query, parked_events.LISTING.sorts, "-at")
    chosen = {"consumer": query.consumer}
    rows = await parked_events.list_parked(db, call.workspace_id, chosen, part)
    return page_of(rows, part, parked_events.shape, call.path, call.query_string)


@operation("POST", "/parked-events/{id}/retry", Action.MANAGE_DESK, {202: ParkedEvent})
async def retry(call: Call, db: Connection, path: ById) -> ParkedEvent:
    """Tell a parked event to its reader again, soon; it is gone when that went well."""
    if not await parked_events.ask(db, call.workspace_id, path.id):
        raise NotFound
    found = await parked_events.find_parked(db, call.workspace_id, path.id)
    if found is None:
        raise NotFound
    return found


OPERATIONS = (list_parked, retry)
