"""A lane: the commands of some tickets, batch after batch, each batch one transaction of one workspace.

A ticket has one lane from its opening on, so its commands keep their order; several let one batch's commit
overlap the next one's work. A batch takes what is waiting; what comes alone is written at once, what follows
one another is gathered for some milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from server.clock import new_id
from server.domain.commands import Envelope
from server.domain.desk import Desk
from server.domain.errors import Refusal, Unavailable
from server.domain.sla.policy import Customers
from server.handle.decision import Batch, Verdict, customers_of, decide_all, wanted_by
from server.handle.memory import Memory
from server.handle.outcome import Outcome
from server.handle.shortcut import Shortcut
from server.store.claim import claim, find_transaction
from server.store.desk import fetch_desk, find_customer_facts
from server.store.pool import Store
from server.store.record import record

MAX_BATCH = 256
MAX_WAITING = 8192
WAIT_SECONDS = 10.0  # how long a command may wait for Postgres before it is refused as retryable
RETRY_SECONDS = 0.2
# A transaction costs as much as a dozen messages in it, below saturation most of all: a busy lane begins one
# at most every so often. Who is alone does not wait.
TURN_SECONDS = 0.008
BUSY_COMMANDS = 4  # in the batch before
UNDECIDED = ("unknown", "in progress")  # of a transaction whose commit was not answered

_log = structlog.get_logger("parley.writer")
_batches = Histogram("parley_writer_batch_commands", "Commands a transaction", buckets=(1, 4, 16, 64, 256))
_seconds = Histogram("parley_writer_batch_seconds", "Duration of a transaction")
_refused = Counter("parley_writer_refusals_total", "Commands refused", ["code"])

Answer = Outcome | BaseException
Waiting = tuple[Envelope, Callable[[Answer], None], float]  # command, whom to tell, deadline


class Lane:
    """One task with a bounded queue; workspaces take turns, so that a busy one does not starve the others."""

    def __init__(
        self,
        store: Store,
        desks: dict[UUID, Desk],
        memory: Memory,
        tell: Callable[[list[Outcome]], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._desks = desks
        self._tell = tell
        self._clock = clock
        self._shortcut = Shortcut(store, desks, memory, clock)
        self._waiting: OrderedDict[UUID, deque[Waiting]] = OrderedDict()
        self._count = 0
        self._wake = asyncio.Event()
        self._began = 0.0
        self._last = 0

    def put(self, envelope: Envelope, answer: Callable[[Answer], None]) -> None:
        """Queue a command; `answer` is called once, after its commit or with why not.

        Raises Unavailable when the queue is full.
        """
        if self._count >= MAX_WAITING:
            raise Unavailable("Too much is waiting to be written")
        queue = self._waiting.setdefault(envelope.workspace_id, deque())
        queue.append((envelope, answer, time.monotonic() + WAIT_SECONDS))
        self._count += 1
        self._wake.set()

    async def run(self) -> None:
        """Write batches until cancelled; what then still waits is refused."""
        try:
            while True:
                while not self._count:
                    self._wake.clear()
                    await self._wake.wait()
                if (seconds := pause(time.monotonic() - self._began, self._last, self._count)) > 0:
                    await asyncio.sleep(seconds)
                workspace_id, batch = self._take()
                self._began, self._last = time.monotonic(), len(batch)
                if left := await self._write_shortly(workspace_id, batch):
                    await self._write(workspace_id, left)
        finally:
            for queue in self._waiting.values():
                for _, answer, _ in queue:
                    answer(Unavailable("Parley is stopping"))
            self._waiting.clear()

    def _take(self) -> tuple[UUID, list[Waiting]]:
        workspace_id, queue = self._waiting.popitem(last=False)
        batch = [queue.popleft() for _ in range(min(MAX_BATCH, len(queue)))]
        if queue:
            self._waiting[workspace_id] = queue
        self._count -= len(batch)
        return workspace_id, batch

    async def _write_shortly(self, workspace_id: UUID, batch: list[Waiting]) -> list[Waiting]:
        """Write what can go the short way; returns what is left, in its order."""
        began = time.perf_counter()
        try:
            verdicts = await self._shortcut.write(workspace_id, [envelope for envelope, _, _ in batch])
        except asyncio.CancelledError:
            _answer_all(batch, Unavailable("Parley is stopping"))
            raise
        except Exception:  # noqa: BLE001 - the long way finds out which command is to blame
            _log.exception("the short way failed")
            return batch
        outcomes = [verdict for verdict in verdicts if verdict is not None]
        if outcomes:
            self._committed(workspace_id, outcomes, began)
            for (_, answer, _), verdict in zip(batch, verdicts, strict=True):
                if verdict is not None:
                    answer(verdict)
        return [one for one, verdict in zip(batch, verdicts, strict=True) if verdict is None]

    def _committed(self, workspace_id: UUID, outcomes: list[Outcome], began: float) -> None:
        _batches.observe(len(outcomes))
        _seconds.observe(time.perf_counter() - began)
        self._shortcut.remember(workspace_id, outcomes)
        self._tell([outcome for outcome in outcomes if outcome.records])

    async def _write(self, workspace_id: UUID, batch: list[Waiting]) -> None:
        began = time.perf_counter()
        try:
            verdicts = await self._settle(workspace_id, batch)
        except asyncio.CancelledError:
            _answer_all(batch, Unavailable("Parley is stopping"))
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one command must not end the lane
            if len(batch) > 1:  # one row may be to blame: its neighbours do not suffer
                await self._write_singly(workspace_id, deque(batch))
                return
            _log.exception("command failed", command=type(batch[0][0].command).__name__)
            _answer_all(batch, error)
            return
        self._committed(workspace_id, [one for one in verdicts if isinstance(one, Outcome)], began)
        for (_, answer, _), verdict in zip(batch, verdicts, strict=True):
            if isinstance(verdict, Refusal):
                _refused.labels(verdict.code).inc()
            answer(verdict)

    async def _write_singly(self, workspace_id: UUID, left: deque[Waiting]) -> None:
        try:
            while left:
                await self._write(workspace_id, [left.popleft()])
        finally:
            _answer_all(left, Unavailable("Parley is stopping"))

    async def _settle(self, workspace_id: UUID, batch: list[Waiting]) -> list[Verdict]:
        """Try until it is known how it ended, or the last command's time is up."""
        envelopes = [envelope for envelope, _, _ in batch]
        deadline = batch[-1][2]
        while True:
            attempt = _Attempt()
            try:
                return await self._attempt(workspace_id, envelopes, attempt)
            except Unavailable as outage:
                while attempt.in_doubt:
                    ended = await self._ask_how_it_ended(attempt.transaction)
                    if ended == "committed":
                        return attempt.verdicts
                    attempt.in_doubt = ended in UNDECIDED and time.monotonic() < deadline
                if time.monotonic() >= deadline:
                    return [outage for _ in batch]
                await asyncio.sleep(RETRY_SECONDS)

    async def _attempt(
        self, workspace_id: UUID, envelopes: Sequence[Envelope], attempt: _Attempt
    ) -> list[Verdict]:
        async with self._store.write(workspace_id, by_key=True) as db:
            claimed = await claim(db, workspace_id, wanted_by(envelopes))
            desk = self._desks.get(workspace_id)
            if desk is None or desk.version != claimed.config_version:
                desk = self._desks[workspace_id] = await fetch_desk(db, workspace_id)
            customers: Customers = {}
            if desk.judges_customers:
                customers = await find_customer_facts(db, workspace_id, customers_of(envelopes, claimed))
            batch = Batch(claimed, desk, self._clock(), customers)
            attempt.verdicts = decide_all(batch, envelopes)
            if batch.changes.happened or batch.changes.request_keys or batch.changes.command_keys:
                await record(db, workspace_id, new_id(), batch.changes)
                attempt.transaction, attempt.in_doubt = claimed.transaction, True
        return attempt.verdicts

    async def _ask_how_it_ended(self, transaction: str) -> str:
        try:
            async with self._store.across() as db:
                ended = await find_transaction(db, transaction) or "aborted"
        except Unavailable:
            ended = "unknown"
        if ended in UNDECIDED:
            await asyncio.sleep(RETRY_SECONDS)
        return ended


def pause(since: float, last: int, waiting: int) -> float:
    """How long to gather, when the batch before began `since` seconds ago with `last` commands. Pure."""
    return 0.0 if last < BUSY_COMMANDS or waiting >= MAX_BATCH else TURN_SECONDS - since


class _Attempt:
    """One try at a transaction: whether its commit was sent and not answered, and what it would mean."""

    def __init__(self) -> None:
        self.transaction = ""
        self.in_doubt = False
        self.verdicts: list[Verdict] = []


def _answer_all(batch: Iterable[Waiting], answer: Answer) -> None:
    for _, tell, _ in batch:
        tell(answer)
