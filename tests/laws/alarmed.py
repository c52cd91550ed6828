"""The stream and the watchdog, side by side: what alarms hold that heard the log, and what Postgres says."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.domain.events import SlaEvent, decode_event
from server.domain.log import PARTITIONS
from server.store.armed import list_overdue, pages_of_armed
from server.store.pool import Store
from server.streams.alarms import Alarm, Alarms


async def heard(store: Store, workspace_id: UUID) -> Alarms:
    """The alarms of a stream that followed the whole log."""
    alarms = Alarms(range(PARTITIONS))
    async with store.read(workspace_id) as db:
        rows = await db.fetch("SELECT ticket_id, data FROM events ORDER BY ticket_id, seq")
    for row in rows:
        event = decode_event(row["data"])
        if isinstance(event, SlaEvent):
            alarms.hear(workspace_id, row["ticket_id"], event)
    return alarms


async def agree(store: Store, workspace_id: UUID, now: datetime) -> None:
    """The watchdog sees what the stream holds, and finds overdue what the stream would ring for."""
    alarms = await heard(store, workspace_id)
    async with store.across() as db:
        pages = [page async for page in pages_of_armed(db, range(PARTITIONS))]
        overdue = await list_overdue(db, now, 1000)
    ours = [row for page in pages for row in page if row.workspace_id == workspace_id]
    armed = {Alarm(row.workspace_id, row.ticket_id, row.target): row.next_at for row in ours}
    assert {alarm: alarms.get(alarm) for alarm in armed} == armed
    assert len(alarms) == len(armed)
    late = {(row.ticket_id, row.target, row.next_at) for row in overdue if row.workspace_id == workspace_id}
    due = [(alarm.ticket_id, alarm.target, at) for alarm, at in alarms.take_due(now.timestamp(), 1000)]
    assert [at for _, _, at in due] == sorted(at for _, _, at in due)
    assert {one for one in due if one[2] < now} == {one for one in late if one[2] < now}
