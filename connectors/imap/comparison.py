"""What is on the server and was never kept: the nightly proof that nothing was passed over."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from connectors.imap.mailbox import Mailbox
from server.store import mailboxes
from server.store.mailboxes import Folder
from server.store.pool import Store

_AT_HOUR = 3
_PART = 10_000
_log = structlog.get_logger("parley.imap")
_missing = Gauge("parley_imap_missing_mails", "Mails that the last comparison missed.", ["inbox"])


def is_due(compared_at: datetime | None, now: datetime) -> bool:
    """Whether a night has begun since (03:00 UTC). Pure."""
    night = now.replace(hour=_AT_HOUR, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    return compared_at is None or compared_at < night


async def compare(store: Store, folder: Folder, mailbox: Mailbox, last_uid: int) -> list[int]:
    """The numbers up to `last_uid` that the server has and we have not; their count is noted and told."""
    there = await mailbox.list_uids(0, last_uid) if last_uid else []
    missing: list[int] = []
    for start in range(0, len(there), _PART):
        async with store.read(folder.workspace_id) as db:
            part = there[start : start + _PART]
            missing += await mailboxes.find_missing(db, folder, mailbox.uidvalidity, part)
    async with store.write(folder.workspace_id) as db:
        await mailboxes.note_compared(db, folder, len(missing))
    _missing.labels(str(folder.inbox_id)).set(len(missing))
    log = _log.warning if missing else _log.info
    log("mailbox_compared", inbox_id=str(folder.inbox_id), on_server=len(there), missing=len(missing))
    return missing
