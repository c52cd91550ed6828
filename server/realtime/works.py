"""What connections need Postgres for: bounded in number and in time, each failure told to its connection.

Plain asyncio tasks, whose deadlines one timer looks after: a cancel scope and a timer for each would be most
of what it costs to open a connection.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import anyio
import structlog

from server.domain.errors import Refusal, Unavailable

MAX_WORKS = 2000
WORK_SECONDS = 60.0  # a long history over a slow line
LOOK_SECONDS = 1.0

_log = structlog.get_logger("parley.live")
Work = Coroutine[Any, Any, None]


class Worker(Protocol):
    """A connection, as its work sees it."""

    def refuse(self, refusal: Refusal, /) -> None: ...

    def close(self, code: int, reason: str, /) -> None: ...


class Works:
    """Runs them while `run` runs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._begun: dict[asyncio.Task[None], float] = {}  # oldest first
        self._late: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled; what is under way then is cancelled too."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                while True:
                    await anyio.sleep(LOOK_SECONDS)
                    self.end_late()
            finally:
                self._group = None
                for task in self._begun:
                    task.cancel()

    def start(self, work: Work, worker: Worker) -> None:
        """Run work for a connection, or refuse it when too much is going on."""
        if self._group is None or len(self._begun) >= MAX_WORKS:
            work.close()
            worker.refuse(Unavailable("Too much is going on"))
            worker.close(1013, "busy")
            return
        task = self._group.create_task(self._run(work, worker))
        self._begun[task] = self._clock()
        task.add_done_callback(self._ended)

    def end_late(self) -> None:
        """Cancel what has taken too long."""
        until = self._clock() - WORK_SECONDS
        for task, begun_at in list(self._begun.items()):
            if begun_at > until:
                return
            self._late.add(task)
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._begun[task]
        self._late.discard(task)

    async def _run(self, work: Work, worker: Worker) -> None:
        try:
            await work
        except (Unavailable, TimeoutError):
            self._away(worker)
        except Refusal as refusal:
            worker.refuse(refusal)
        except asyncio.CancelledError:
            if asyncio.current_task() not in self._late:
                raise
            self._away(worker)
        except Exception:  # noqa: BLE001 - a bug ends this connection and no other
            _log.exception("live work failed")
            worker.close(1011, "internal error")

    def _away(self, worker: Worker) -> None:
        worker.refuse(Unavailable("Storage is away"))
        worker.close(1013, "storage is away")
