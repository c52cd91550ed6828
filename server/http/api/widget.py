"""The widget's side: a visitor starts a visit, uploads files, and ends it.

No cookie is ever read here: a visitor is known by their token alone.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from server import clock
from server.domain.errors import NotFound, Unauthorized
from server.domain.resources import Attachment
from server.domain.rights import Action
from server.domain.widget_resources import WidgetCustomer, WidgetInbox, WidgetRoom, WidgetSession
from server.http.api.attachments import VISITOR_QUOTA, VISITORS_QUOTA, keep_upload
from server.http.call import Call
from server.http.cors import check_visitor_origin
from server.http.inputs import Id
from server.http.limits import check
from server.http.operation import Answer, Audience, operation
from server.http.visitor_identity import Identity, verify_identity
from server.queries.tickets import list_rooms
from server.queries.visitor_token import Visit, sign_visit
from server.store import customers, visitors
from server.store.customers import Known
from server.store.inboxes import Door, find_door, is_attended
from server.store.pool import Connection
from server.store.visitors import Visitor

Token = Annotated[str, Meta(min_length=1, max_length=4096)]


class NewVisit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where, who as far as the site vouches for it, and an earlier visit to go on with."""

    inbox_id: Id
    identity: Token | None = None
    token: Token | None = None


@operation(
    "POST",
    "/widget/sessions",
    None,
    {201: WidgetSession},
    audience=Audience.ANYONE,
    shared=True,
    refusals=("unauthorized", "not_permitted", "not_found"),
)
async def start(call: Call, body: NewVisit) -> Answer:
    """Start a visit, or go on with one.

    `identity` is a JWT (HS256, `exp` and `sub` required, `name` and `email` taken) by the inbox's
    secret. A visit that began with an identity goes on only with the same one again.
    """
    door = await find_door(call.state.store, body.inbox_id)
    if door is None or door.channel != "chat":
        raise NotFound
    check_visitor_origin(call, door)
    check(call.state.limits.widget_sessions, call.ip)
    identity = _identity(call, door, body)
    async with call.state.store.write(door.workspace_id) as db:
        visitor, known = await _visitor(call, db, door, identity, body.token)
        rooms = await list_rooms(db, door.workspace_id, visitor, door.id)
        online = await is_attended(db, door.workspace_id, door.id)
    token = sign_visit(call.state.visitor_key, Visit(door.workspace_id, visitor.id), clock.now())
    return Answer(201, _shape(door, visitor, known, rooms, token, online=online))


def _identity(call: Call, door: Door, body: NewVisit) -> Identity | None:
    if body.identity is None:
        if door.settings.identified_only:
            raise Unauthorized("This inbox is for people whom the site vouches for")
        return None
    secret = call.state.vault.open_secrets(door.secrets).token
    identity = verify_identity(secret, body.identity)
    if identity is None:
        raise Unauthorized("The identity does not hold")
    return identity


async def _visitor(
    call: Call, db: Connection, door: Door, identity: Identity | None, token: str | None
) -> tuple[Visitor, Known]:
    """The visit to go on with, or a new one."""
    workspace_id = door.workspace_id
    known = None
    if identity is not None:
        known = await visitors.find_or_add_identified(
            db, workspace_id, door.id, identity.external_id, identity.name, identity.email
        )
    earlier = await _earlier(call, db, door, token)
    if earlier is not None:
        same = not earlier.verified if known is None else earlier.customer_id == known.id
        if same:
            who = known or await customers.find_known(db, workspace_id, earlier.customer_id)
            if who is not None:
                return earlier, who
        await visitors.end_visitor(db, workspace_id, earlier.id)
        call.state.credentials.forget()
    if known is None:
        customer_id = await customers.add_customer(db, workspace_id, "", None, {})
        known = Known(customer_id, "", None)
    visitor = await visitors.add_visitor(db, workspace_id, door.id, known.id, verified=identity is not None)
    return visitor, known


async def _earlier(call: Call, db: Connection, door: Door, token: str | None) -> Visitor | None:
    visit = None if token is None else call.state.credentials.verify_visit(token)
    if visit is None or visit.workspace_id != door.workspace_id:
        return None
    return await visitors.find_visitor(db, door.workspace_id, visit.visitor_id, door.id)


def _shape(
    door: Door, visitor: Visitor, known: Known, rooms: list[WidgetRoom], token: str, *, online: bool
) -> WidgetSession:
    return WidgetSession(
        token=token,
        visitor_id=visitor.id,
        customer=WidgetCustomer(name=known.name or None, email=known.email),
        inbox=_inbox(door, online=online),
        rooms=rooms,
    )


def _inbox(door: Door, *, online: bool) -> WidgetInbox:
    settings = door.settings
    return WidgetInbox(
        id=door.id,
        name=door.name,
        greeting=settings.greeting,
        accent_color=settings.accent_color,
        sneak_peek=settings.sneak_peek,
        online=online,
    )


@operation("GET", "/widget/inbox", None, {200: WidgetInbox}, audience=Audience.WIDGET)
async def look(call: Call) -> Answer:
    """Look at the inbox again: whether somebody is there to answer changes."""
    door = await _checked_door(call, call.visitor.inbox_id)
    async with call.state.store.read(door.workspace_id) as db:
        online = await is_attended(db, door.workspace_id, door.id)
    return Answer(200, _inbox(door, online=online))


@operation(
    "POST",
    "/widget/attachments",
    Action.UPLOAD,
    {201: Attachment},
    audience=Audience.WIDGET,
    timeout_seconds=600,
    takes_upload=True,
)
async def upload(call: Call) -> Answer:
    """Upload a file, to be sent with a message.

    The form has one part, `file`. What is not sent within a day is removed.
    """
    await _checked_door(call, call.visitor.inbox_id)
    return await keep_upload(call, call.visitor.id, "customer", VISITOR_QUOTA, VISITORS_QUOTA)


@operation("DELETE", "/widget/sessions", None, {204: None}, audience=Audience.WIDGET)
async def end(call: Call) -> Answer:
    """End the visit: on a shared computer, whoever comes next sees nothing of it."""
    visitor = call.visitor
    await _checked_door(call, visitor.inbox_id)
    if visitor.visitor_id is not None:
        async with call.state.store.write(visitor.workspace_id) as db:
            await visitors.end_visitor(db, visitor.workspace_id, visitor.visitor_id)
    call.state.credentials.forget()
    return Answer(204)


async def _checked_door(call: Call, inbox_id: UUID | None) -> Door:
    """The visitor's inbox, if the page that asks may carry it."""
    door = None if inbox_id is None else await find_door(call.state.store, inbox_id)
    if door is None:
        raise NotFound
    check_visitor_origin(call, door)
    return door


OPERATIONS = (start, look, upload, end)
