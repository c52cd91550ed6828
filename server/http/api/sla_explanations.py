"""Why a ticket's clocks stand where they stand."""

from anyio import to_thread

from server import clock
from server.domain import rights
from server.domain.errors import NotFound
from server.domain.explanation_resources import TicketSla
from server.domain.rights import Action
from server.domain.sla.explain import explain
from server.http.call import Call
from server.http.inputs import ById
from server.http.operation import operation
from server.queries import explained
from server.queries.tickets import find_scope
from server.store.pool import Connection


@operation("GET", "/tickets/{id}/sla", Action.READ_TICKET_INTERNALS, {200: TicketSla})
async def read(call: Call, db: Connection, path: ById) -> TicketSla:
    """Explain the clocks of a ticket: when each ran, stood still or was outside business hours, and why.

    Every run of every target, from its start to its end or to now, with what rang, what is still to ring,
    and each change of the rules by which it is measured.
    """
    scope = await find_scope(db, call.workspace_id, path.id)
    if scope is None:
        raise NotFound
    rights.check(call.actor, Action.READ_TICKET_INTERNALS, scope)
    material = await explained.gather(db, call.workspace_id, path.id)
    now = clock.now()

    def told() -> TicketSla:
        runs = explain(call.workspace_id, material.records, material.terms, now)
        return explained.shape(path.id, runs, material, now)

    return await to_thread.run_sync(told)


OPERATIONS = (read,)
