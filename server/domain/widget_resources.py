"""The JSON shapes that the widget is answered with: what a visitor may know."""

from __future__ import annotations

from uuid import UUID

from server.domain.events import Status
from server.domain.resources import LastMessage, Resource


class WidgetInbox(Resource, frozen=True, kw_only=True):
    """What a visitor may know of an inbox."""

    id: UUID
    name: str
    greeting: str
    accent_color: str
    sneak_peek: bool
    online: bool


class WidgetRoom(Resource, frozen=True, kw_only=True):
    """A conversation of the visitor's."""

    room: str
    subject: str
    status: Status
    public_seq: int
    last_message: LastMessage | None


class WidgetCustomer(Resource, frozen=True, kw_only=True):
    """Who the visitor is, as far as they told."""

    name: str | None
    email: str | None


class WidgetSession(Resource, frozen=True, kw_only=True):
    """A visit: its token opens `/ws`."""

    token: str
    visitor_id: UUID
    customer: WidgetCustomer
    inbox: WidgetInbox
    rooms: list[WidgetRoom]
