"""What the asking agent is notified of, and what of it they have read."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from server.domain.errors import NotFound
from server.domain.notification_resources import (
    Notification,
    NotificationPage,
    NotificationSettings,
    Unread,
)
from server.domain.rights import Action
from server.http.call import Call
from server.http.inputs import ById
from server.http.operation import operation
from server.http.page import PageQuery, page_of, slice_of
from server.store import notifications
from server.store.pool import Connection


class NotificationsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which notifications: all, or those that are unread, or not."""

    unread: Annotated[bool, Meta(description="Only what is unread, or only what was read")] | None = None


class NotificationSettingsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one wants to hear of things."""

    mail: bool


@operation("GET", "/notifications", Action.OWN_ACCOUNT, {200: NotificationPage})
async def list_notifications(call: Call, db: Connection, query: NotificationsQuery) -> NotificationPage:
    """List one's own notifications, the newest first; `unread` counts all that are unread.

    The newest thousand are kept. What is about a ticket that one may not see any more is left out.
    """
    part, agent_id = slice_of(query, notifications.LISTING.sorts, "-at"), call.agent.id
    chosen = {"unread": query.unread}
    rows = await notifications.list_notifications(db, call.workspace_id, agent_id, chosen, part)
    counts = await notifications.count_unread(db, call.workspace_id, [agent_id])
    page = page_of(rows, part, notifications.shape, call.path, call.query_string)
    return NotificationPage(data=page.data, meta=page.meta, links=page.links, unread=counts[agent_id].unread)


@operation("PUT", "/notifications/{id}/read", Action.OWN_ACCOUNT, {200: Notification})
async def mark_read(call: Call, path: ById) -> Notification:
    """Mark a notification as read; one's other windows hear of it."""
    workspace_id, agent_id = call.workspace_id, call.agent.id
    async with call.state.store.write(workspace_id) as db:
        if not await notifications.mark_read(db, workspace_id, agent_id, path.id):
            raise NotFound
        found = await notifications.find_notification(db, workspace_id, agent_id, path.id)
    if found is None:
        raise NotFound
    call.state.notified(workspace_id, [agent_id])
    return found


@operation("POST", "/notifications/read", Action.OWN_ACCOUNT, {200: Unread})
async def mark_all_read(call: Call) -> Unread:
    """Mark all of one's notifications as read; one's other windows hear of it."""
    workspace_id, agent_id = call.workspace_id, call.agent.id
    async with call.state.store.write(workspace_id) as db:
        await notifications.mark_all_read(db, workspace_id, agent_id)
        counts = await notifications.count_unread(db, workspace_id, [agent_id])
    call.state.notified(workspace_id, [agent_id])
    return Unread(unread=counts[agent_id].unread)


@operation("GET", "/notifications/settings", Action.OWN_ACCOUNT, {200: NotificationSettings})
async def read_settings(call: Call, db: Connection) -> NotificationSettings:
    """Say whether one is mailed what one does not read in the console."""
    mail = await notifications.fetch_by_mail(db, call.workspace_id, call.agent.id)
    return NotificationSettings(mail=mail)


@operation("PUT", "/notifications/settings", Action.OWN_ACCOUNT, {200: NotificationSettings})
async def change_settings(
    call: Call, db: Connection, body: NotificationSettingsChange
) -> NotificationSettings:
    """Choose whether one is mailed what one does not read in the console."""
    await notifications.set_by_mail(db, call.workspace_id, call.agent.id, mail=body.mail)
    return NotificationSettings(mail=body.mail)


OPERATIONS = (list_notifications, mark_read, mark_all_read, read_settings, change_settings)
