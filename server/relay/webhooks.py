"""Outgoing webhooks as a consumer of the log: what endpoints want to hear becomes deliveries, once each.

A body is made here and for good: ids and facts of the event, never what was said. Its id is made from
endpoint and event, so an event that is told twice is one delivery. An endpoint whose queue is full is given
up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from uuid import UUID, uuid5

import msgspec
import structlog

from server.domain.events import SlaEscalated
from server.domain.sla.policy import CallWebhook
from server.domain.webhook_resources import WebhookActor, WebhookBody, WebhookData, WebhookTicket
from server.relay.notifications import Told
from server.store import escalations, webhooks
from server.store.log import Entry
from server.store.pool import Connection, Store
from server.store.webhooks import Listener, NewDelivery

CONSUMER = "webhooks"
KINDS = frozenset(
    {
        "sla_warned",
        "sla_breached",
        "sla_escalated",
        "ticket_opened",
        "status_changed",
        "ticket_assigned",
        "interaction_added",
    }
)
MAX_WAITING = 100_000  # deliveries of one endpoint
Call = tuple[UUID, int, UUID]  # ticket, seq, webhook
FULL = "It takes less than there is to tell"

_log = structlog.get_logger("parley.webhooks")


class Webhooks:
    """Give `handle` to a consumer of the log; `queued` is called when there is something to deliver."""

    def __init__(self, store: Store, queued: Callable[[], None], told: Told) -> None:
        self._store = store
        self._queued = queued
        self._told = told

    async def handle(self, entries: Sequence[Entry]) -> None:
        """Queue what is to be told of `entries`; repeating it is harmless. Raises Unavailable."""
        by_workspace: defaultdict[UUID, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.type in KINDS:
                by_workspace[entry.workspace_id].append(entry)
        for workspace_id, found in by_workspace.items():
            async with self._store.read(workspace_id) as db:
                listeners = await webhooks.list_active(db, workspace_id)
            if listeners:
                await self._queue(workspace_id, found, listeners)

    async def _queue(self, workspace_id: UUID, found: Sequence[Entry], listeners: Sequence[Listener]) -> None:
        told: set[UUID] = set()
        async with self._store.write(workspace_id, by_key=True) as db:
            tickets = await webhooks.list_tickets(db, workspace_id, {entry.ticket_id for entry in found})
            called = await _called(db, workspace_id, found)
            deliveries = [new for entry in found for new in _deliveries(entry, listeners, called, tickets)]
            if not deliveries:
                return
            await webhooks.queue(db, workspace_id, deliveries)
            waiting = {new.webhook_id for new in deliveries}
            for webhook_id in await webhooks.list_full(db, workspace_id, waiting, MAX_WAITING):
                _log.warning("webhook_given_up", webhook_id=str(webhook_id), reason=FULL)
                told |= await webhooks.give_up(db, workspace_id, webhook_id, FULL)
        self._queued()
        if told:
            self._told(workspace_id, told)


async def _called(db: Connection, workspace_id: UUID, found: Sequence[Entry]) -> set[Call]:
    """Which webhooks are called by a step that has come."""
    events = [(entry, entry.event()) for entry in found if entry.type == "sla_escalated"]
    escalated = [(entry, event) for entry, event in events if isinstance(event, SlaEscalated)]
    steps = await escalations.list_actions(db, workspace_id, [event for _, event in escalated])
    return {
        (entry.ticket_id, entry.seq, action.webhook_id)
        for entry, event in escalated
        for action in steps.get(event.step, ())
        if isinstance(action, CallWebhook)
    }


def _deliveries(
    entry: Entry,
    listeners: Sequence[Listener],
    called: Collection[Call],
    tickets: Mapping[UUID, WebhookTicket],
) -> Iterator[NewDelivery]:
    wanted = [
        one
        for one in listeners
        if (entry.type in one.kinds or (entry.ticket_id, entry.seq, one.id) in called)
        and entry.at >= one.created_at
    ]
    if not wanted or entry.ticket_id not in tickets:
        return
    body = msgspec.json.encode(body_of(entry, tickets[entry.ticket_id])).decode()
    for listener in wanted:
        named = uuid5(listener.id, f"{entry.ticket_id}:{entry.seq}")
        yield NewDelivery(named, listener.id, entry.ticket_id, entry.seq, entry.type, body)


def body_of(entry: Entry, ticket: WebhookTicket) -> WebhookBody:
    """What is told of an event. Pure; raises ValidationError for what is no event."""
    facts = msgspec.to_builtins(entry.event())
    del facts["type"]
    actor = WebhookActor(type=entry.actor_type, id=entry.actor_id)
    data = WebhookData(ticket=ticket, seq=entry.seq, actor=actor, facts=facts)
    return WebhookBody(type=entry.type, timestamp=entry.at, data=data)
