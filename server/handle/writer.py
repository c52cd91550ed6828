"""Takes every command on a ticket, spreads them over lanes, and tells the process what was committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import anyio
import structlog

from server.clock import now
from server.domain.commands import Envelope, OpenTicket
from server.domain.desk import Desk
from server.handle.lane import Answer, Lane
from server.handle.memory import Memory
from server.handle.outcome import Outcome
from server.store.pool import Store

LANES = 2  # one commits while the other's batch is decided; more would make batches smaller
Listener = Callable[[list[Outcome]], None]

_log = structlog.get_logger("parley.writer")


class Handle:
    """The one door to a ticket's history.

    `run` must be running. Listeners hear of every commit of this process, in each ticket's order, before the
    one who asked is answered; they must not block, and what they raise is logged and ends there.
    """

    def __init__(self, store: Store, lanes: int = LANES, clock: Callable[[], datetime] = now) -> None:
        self.desks: dict[UUID, Desk] = {}
        self._listeners: list[Listener] = []
        self._memory = Memory()
        self._lanes = [Lane(store, self.desks, self._memory, self._tell, clock) for _ in range(lanes)]

    async def run(self) -> None:
        """Write until cancelled."""
        async with anyio.create_task_group() as group:
            for lane in self._lanes:
                group.start_soon(lane.run)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told of commits from now on; returns the undo."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def heard(self, ticket_id: UUID, seq: int) -> None:
        """Somebody wrote a ticket up to `seq`: what this process remembers of it may be old."""
        self._memory.forget(ticket_id, before_seq=seq)

    def submit_soon(
        self, envelope: Envelope, answer: Callable[[Answer], None], *, in_order: bool = False
    ) -> None:
        """Queue a command without a task of its own; `answer` is called once with how it ended.

        With `in_order` a workspace's commands are committed in the order in which they are asked for,
        whichever tickets they are about. Raises Unavailable when the queue is full.
        """
        command = envelope.command
        # Openings lock their workspace's row until commit: in one lane they share it, in several they queue.
        of_workspace = in_order or isinstance(command, OpenTicket)
        one = envelope.workspace_id if of_workspace else command.ticket_id
        self._lanes[one.int % len(self._lanes)].put(envelope, answer)

    async def submit(self, envelope: Envelope) -> Outcome:
        """Do a command and return what became of it, committed; raises a Refusal when nothing was done.

        A repeat by the same key or client id is harmless and returns the first result.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def answer(answered: Answer) -> None:
            if future.done():
                return
            if isinstance(answered, Outcome):
                future.set_result(answered)
            else:
                future.set_exception(answered)

        self.submit_soon(envelope, answer)
        return await future

    def _tell(self, outcomes: list[Outcome]) -> None:
        if not outcomes:
            return
        for listener in self._listeners:
            try:
                listener(outcomes)
            except Exception:  # noqa: BLE001 - the commit has happened, and others must hear of it
                _log.exception("a listener failed")
