"""Removes what has had its day: uploads never sent, keys, sessions, visits that said nothing, old deliveries.

`run` goes through all workspaces once an hour; every step is bounded, may be repeated and may be
done by two processes at once.
"""

from datetime import timedelta
from uuid import UUID

import anyio
import structlog
from anyio import to_thread

from server.domain.errors import Unavailable
from server.http.state import State
from server.store import attachments, credentials, idempotency, visitors, webhooks
from server.store.workspaces import list_workspaces

PERIOD_SECONDS = 3600.0
DELIVERIES_KEPT = timedelta(days=30)
MAX_TURNS = 100  # of some hundred rows each

_log = structlog.get_logger("parley.sweep")


async def run(state: State) -> None:
    """Sweep until cancelled; an outage ends the turn, not the sweeper."""
    while True:
        try:
            await sweep(state)
        except Unavailable:
            _log.warning("nothing was swept: storage is away")
        await anyio.sleep(PERIOD_SECONDS)


async def sweep(state: State) -> None:
    """Go through all workspaces once."""
    for workspace in await list_workspaces(state.store):
        await _sweep_uploads(state, workspace.id)
        async with state.store.write(workspace.id) as db:
            await credentials.sweep_sessions(db, workspace.id)
            await idempotency.sweep(db, workspace.id)
            await visitors.sweep(db, workspace.id)
        await _sweep_deliveries(state, workspace.id)


async def _sweep_deliveries(state: State, workspace_id: UUID) -> None:
    """What outgoing webhooks were told long ago."""
    for _ in range(MAX_TURNS):
        async with state.store.write(workspace_id) as db:
            if not await webhooks.sweep(db, workspace_id, DELIVERIES_KEPT):
                return


async def _sweep_uploads(state: State, workspace_id: UUID) -> None:
    """First the rows, then the bytes that no row points to any more."""
    for _ in range(MAX_TURNS):
        async with state.store.write(workspace_id) as db:
            keys = await attachments.sweep(db, workspace_id)
        if not keys:
            return
        async with state.store.read(workspace_id) as db:
            used = await attachments.list_used_keys(db, workspace_id, keys)
        for key in set(keys) - used:
            await to_thread.run_sync(state.blobs.remove, workspace_id, key)
        _log.info("unsent uploads removed", files=len(keys))
