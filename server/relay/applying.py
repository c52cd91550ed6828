"""Measures open tickets by what is promised now, after policies, calendars or customers have changed.

The change itself has queued what is to be done, and counts from its own moment on, however late this is.
One process works, elected by a lease, page after page; whoever comes after it goes on where it stopped, and
to measure a ticket twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import anyio
import structlog
from prometheus_client import Counter, Gauge

from server.domain.commands import ApplyPolicies, Envelope
from server.domain.errors import Refusal, Unavailable
from server.domain.identity import System
from server.handle import Outcome
from server.relay.elected import work_elected
from server.store import applications
from server.store.applications import NOTHING, Application
from server.store.pool import Connection, Store

LEASE = "sla applications"
MAX_LISTED = 100
PAGE = 200  # tickets
IN_FLIGHT = 32  # of them at the writer: enough for its batches, few beside those who wait for an answer
_SETTLE_LOOKS, _SETTLE_SECONDS = 250, 0.02

Submit = Callable[[Envelope], Awaitable[Outcome]]

_waiting = Gauge("parley_sla_applications_waiting", "Changes whose tickets are still to be measured, to 100.")
_applied = Counter("parley_sla_applied_tickets_total", "Tickets looked at after a change.", ["result"])
_log = structlog.get_logger(__name__)


class Applying:
    """The worker of one process; `ready` once it works, or knows that another does."""

    def __init__(self, store: Store, submit: Submit) -> None:
        self.ready = False
        self._store = store
        self._submit = submit

    async def run(self) -> None:
        """Work, or stand by, until cancelled."""
        await work_elected(self._store, LEASE, self._stand_by, self.turn)

    def _stand_by(self) -> None:
        self.ready = True
        _waiting.set(0)

    async def turn(self, db: Connection) -> int:
        """Do a page of each that waits; returns how many there were. Raises what AWAY lists."""
        found = await applications.list_waiting(db, MAX_LISTED)
        _waiting.set(len(found))
        self.ready = True
        if any(one.after == NOTHING for one in found):
            await _settled(db)
        for one in found:
            await self._do_page(one)
        return len(found)

    async def _do_page(self, one: Application) -> None:
        async with self._store.read(one.workspace_id) as db:
            tickets = await applications.list_tickets(db, one, PAGE)
        free = anyio.Semaphore(IN_FLIGHT)
        failed: list[Unavailable] = []
        async with anyio.create_task_group() as tasks:
            for ticket_id in tickets:
                await free.acquire()
                tasks.start_soon(self._apply, one.workspace_id, ticket_id, free, failed)
        if failed:
            raise failed[0]
        async with self._store.write(one.workspace_id) as db:
            if len(tickets) == PAGE:
                await applications.advance(db, one, tickets[-1])
            else:
                await applications.finish(db, one)

    async def _apply(
        self, workspace_id: UUID, ticket_id: UUID, free: anyio.Semaphore, failed: list[Unavailable]
    ) -> None:
        actor = System(workspace_id, "SLA policies")
        try:
            outcome = await self._submit(Envelope(actor, ApplyPolicies(ticket_id)))
            _applied.labels("changed" if outcome.records else "same").inc()
        except Unavailable as away:
            failed.append(away)
        except Refusal as refusal:
            _applied.labels("refused").inc()
            _log.warning("sla_applying_refused", code=refusal.code, ticket_id=str(ticket_id))
        except Exception:  # noqa: BLE001 - one ticket's fault must not stop the others
            _applied.labels("failed").inc()
            _log.exception("sla_applying_failed", ticket_id=str(ticket_id))
        finally:
            free.release()


async def _settled(db: Connection) -> None:
    """Wait until nobody writes any more who began before the changes were there to be seen.

    Whoever did may have decided by the rules before, about a ticket that would not be on our list. A foreign
    transaction that does not end is not waited for: such a ticket is measured when it is touched next.
    """
    place = await applications.take_transaction(db)
    for _ in range(_SETTLE_LOOKS):
        if await applications.are_over(db, place):
            return
        await anyio.sleep(_SETTLE_SECONDS)
