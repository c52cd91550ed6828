"""A consumer of the log: an agent's message to a customer of a mail inbox becomes a mail to be sent, once.

What the desk says to a customer by itself (an automatic answer) leaves in the same way, marked as such.

The Message-ID is made from ticket and seq, so an event that is told twice names the same mail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from server.store import outgoing
from server.store.log import Entry
from server.store.pool import Store

# What was said longer ago is history (an import, a consumer that was off): sending it now would surprise.
MAX_AGE = timedelta(days=5)

_WRITERS = ("agent", "system")


class Queueing:
    """Give `on_events` to a consumer of the log; `queued` is called when there is something to send."""

    def __init__(self, store: Store, hostname: str, queued: Callable[[], None]) -> None:
        self._store = store
        self._hostname = hostname
        self._queued = queued

    async def on_events(self, entries: Sequence[Entry]) -> None:
        """Queue what leaves by mail; repeating it is harmless."""
        messages: dict[UUID, list[tuple[UUID, int, str]]] = {}
        for entry in entries:
            if entry.type == "interaction_added" and entry.actor_type in _WRITERS and entry.public_seq:
                message_id = f"{entry.ticket_id.hex}.{entry.seq}@{self._hostname}"
                messages.setdefault(entry.workspace_id, []).append((entry.ticket_id, entry.seq, message_id))
        for workspace_id, said in messages.items():
            async with self._store.write(workspace_id) as db:
                await outgoing.queue(db, workspace_id, said, MAX_AGE)
        if messages:
            self._queued()
