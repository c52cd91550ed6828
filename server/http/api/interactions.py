"""What is said in a ticket, and what else happened to it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from server import clock
from server.domain import rights, timeline
from server.domain.commands import AddInteraction, NewInteraction
from server.domain.errors import Invalid, NotFound, TooLarge
from server.domain.events import InteractionType
from server.domain.interaction import (
    MAX_ATTACHMENTS,
    MAX_CLIENT_ID_CHARS,
    MAX_CONTENT_BYTES,
    MAX_GENERATION,
)
from server.domain.resources import Interaction, Page, TimelineEvent
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById, Id
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.queries.tickets import find_scope
from server.store import interactions
from server.store.listing import Sort
from server.store.pool import Connection
from server.store.timeline import fetch_names, list_happenings

SORTS = {"seq": Sort("seq", int)}
Said = Annotated[
    str,
    Meta(max_length=MAX_CONTENT_BYTES, pattern=r"^[^\u0000]*$", description="text without NUL characters"),
]
ClientId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_CLIENT_ID_CHARS,
        pattern=r"^[\u0020-\u007e]*$",
        description="printable ASCII",
    ),
]
Seq = Annotated[int, Meta(ge=0, le=2**53)]
Generation = Annotated[int, Meta(ge=1, le=MAX_GENERATION)]


class EventsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which part of a ticket's history: what came after `since`."""

    since: Seq = 0


class NewMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to say: plain text, files, or both. `client_id` is the author's own id for it.

    `draft` says that this is the shared draft of that generation: it is sent once.
    """

    type: InteractionType
    content: Said
    attachment_ids: Annotated[list[Id], Meta(max_length=MAX_ATTACHMENTS)] = []
    client_id: ClientId | None = None
    draft: Generation | None = None


@operation("GET", "/tickets/{id}/interactions", Action.READ_TICKET_INTERNALS, {200: Page[Interaction]})
async def list_interactions(call: Call, db: Connection, path: ById, query: PageQuery) -> Page[Interaction]:
    """List what was said in a ticket, oldest first."""
    await _check(call, db, path.id)
    part = slice_of(query, SORTS, "seq")
    since = part.after.value if part.after is not None else 0
    assert isinstance(since, int)
    said = await interactions.list_interactions(db, call.workspace_id, path.id, since, part.size + 1)
    link = _link(call)
    return page_of(
        said,
        part,
        lambda one: timeline.interaction_resource(one, link),
        call.path,
        call.query_string,
        lambda one: (one.seq, one.id),
    )


@operation("GET", "/tickets/{id}/events", Action.READ_TICKET_INTERNALS, {200: Page[TimelineEvent]})
async def list_events(call: Call, db: Connection, path: ById, query: EventsQuery) -> Page[TimelineEvent]:
    """List what happened to a ticket, oldest first: what was said, and every change."""
    await _check(call, db, path.id)
    part = slice_of(query, SORTS, "seq")
    since = part.after.value if part.after is not None else query.since
    assert isinstance(since, int)
    found = await list_happenings(db, call.workspace_id, path.id, since, public=False, limit=part.size + 1)
    names, link = await fetch_names(db, call.workspace_id, found), _link(call)
    return page_of(
        found,
        part,
        lambda one: timeline.for_agents(one, names, link),
        call.path,
        call.query_string,
        lambda one: (one.record.seq, path.id),
    )


@operation(
    "POST",
    "/tickets/{id}/interactions",
    Action.READ_TICKET_INTERNALS,
    {201: Interaction},
    refusals=("ticket_closed", "draft_sent"),
)
async def say(call: Call, path: ById, body: NewMessage) -> Interaction:
    """Send a message to the customer, or write a note for agents.

    A repeat of `client_id` in the ticket by the same author returns the first result.
    """
    if not body.content and not body.attachment_ids:
        raise Invalid("Say something, or attach a file", pointer="/content")
    if len(body.content.encode()) > MAX_CONTENT_BYTES:
        raise TooLarge(f"A message may have {MAX_CONTENT_BYTES} bytes", pointer="/content")
    new = NewInteraction(
        clock.new_id(),
        body.type,
        body.content,
        attachment_ids=tuple(body.attachment_ids),
        client_id=body.client_id,
    )
    outcome = await call.submit(AddInteraction(path.id, new, body.draft))
    said = outcome.interaction
    if said is None:  # a repeat
        async with call.state.store.read(call.workspace_id) as db:
            (said,) = await interactions.list_interactions(
                db, call.workspace_id, outcome.ticket.id, outcome.seq - 1, 1
            )
    return timeline.interaction_resource(said, _link(call))


async def _check(call: Call, db: Connection, ticket_id: Id) -> None:
    scope = await find_scope(db, call.workspace_id, ticket_id)
    if scope is None:
        raise NotFound
    rights.check(call.actor, Action.READ_TICKET_INTERNALS, scope)


def _link(call: Call) -> timeline.Link:
    now = clock.now().timestamp()
    return lambda attachment_id: call.state.links.url(attachment_id, now)


OPERATIONS = (say, list_interactions, list_events)
