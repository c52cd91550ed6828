"""Delivers what is queued: each endpoint by itself, one request at a time: a dead one delays no other.

At least once: a delivery is marked after the answer; if we die between the two, the endpoint gets it again
with the same `webhook-id`. Of one ticket nothing overtakes: what is tried again holds back that ticket's
later events at that endpoint, until it was taken or given up. An endpoint that does not answer rests, longer
each time; one that took nothing for days is given up, and the admins are told.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from uuid import UUID

import anyio
import msgspec
import structlog
from prometheus_client import Counter

from connectors.webhooks.post import MAX_CONNECTIONS, Poster
from connectors.webhooks.verdict import Verdict
from server.clock import new_id, now
from server.store import webhooks
from server.store.lease import AWAY
from server.store.pool import Store
from server.store.webhooks import Attempt, Claimed

_MAX_ENDPOINTS = MAX_CONNECTIONS  # tasks that mostly wait
_MAX_EACH = 20
_POLL_SECONDS = 1.0
_LAST_SECONDS = 2.0
_SLIDING = 5  # failures in a row after which an endpoint rests, whatever it answers

_log = structlog.get_logger("parley.webhooks")
_delivered = Counter("parley_webhook_deliveries_total", "Attempts of deliveries, by outcome.", ["outcome"])


class Patience(msgspec.Struct, frozen=True):
    """How long things may take: a claim without a sign of life, a delivery with all its attempts, an endpoint
    that takes nothing, the first pause and the longest."""

    lease: timedelta = timedelta(seconds=25)
    delivery: timedelta = timedelta(hours=24)
    endpoint: timedelta = timedelta(days=3)
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=15)

    def pause(self, attempts: int, chance: float) -> timedelta:
        """How long until the next attempt: twice as long each time, a quarter more or less by chance."""
        most = self.longest / self.first
        return self.first * min(most, 2.0 ** min(attempts - 1, 30)) * (0.75 + chance / 2)


class Deliverer:
    """Runs until cancelled; `wake` says that something was queued, else it looks once a second.

    `told` is given the agents who were notified of an endpoint that was given up.
    """

    def __init__(
        self,
        store: Store,
        poster: Poster,
        told: Callable[[UUID, Collection[UUID]], None],
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._poster = poster
        self._told = told
        self._patience = patience or Patience()
        self._woken = asyncio.Event()
        self._busy: set[UUID] = set()
        self._claimant = new_id()
        self.ready = False

    def wake(self) -> None:
        """Something was queued."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for webhook_id, batch in (await self._claim()).items():
                    self._busy.add(webhook_id)
                    group.create_task(self._serve(webhook_id, batch))
                with anyio.move_on_after(_POLL_SECONDS):
                    await self._woken.wait()

    async def _claim(self) -> dict[UUID, list[Claimed]]:
        room = _MAX_ENDPOINTS - len(self._busy)
        if room <= 0:
            return {}
        busy, lease = list(self._busy), self._patience.lease
        try:
            async with self._store.across() as db:
                claimed = await webhooks.claim(db, _MAX_EACH, room, lease, busy, self._claimant)
        except AWAY as error:
            _log.debug("webhooks_wait", error=repr(error))
            return {}
        self.ready = True
        batches: dict[UUID, list[Claimed]] = {}
        for one in claimed:
            batches.setdefault(one.webhook_id, []).append(one)
        return batches

    async def _serve(self, webhook_id: UUID, batch: Sequence[Claimed]) -> None:
        """Deliver one endpoint's batch, one after the other; what it is too tired for is given back."""
        try:
            for place, claimed in enumerate(batch):
                if await self._deliver(claimed, batch[place:]):
                    async with self._store.write(claimed.workspace_id) as db:
                        await webhooks.release(db, batch[place + 1 :])
                    break
        except asyncio.CancelledError:
            await self._give_back(batch)
            raise
        except AWAY as error:
            _log.warning("webhook_interrupted", webhook_id=str(webhook_id), error=repr(error))
        except Exception:  # noqa: BLE001 (logged with its traceback; what was claimed comes back after the lease)
            _log.exception("webhook_failed", webhook_id=str(webhook_id))
        finally:
            self._busy.discard(webhook_id)
            self._woken.set()

    async def _give_back(self, batch: Sequence[Claimed]) -> None:
        """This process stops: another begins at once, with what was under way too."""
        try:
            with anyio.move_on_after(_LAST_SECONDS, shield=True):
                async with self._store.write(batch[0].workspace_id) as db:
                    await webhooks.release(db, batch)
        except AWAY as error:
            _log.debug("webhook_not_given_back", error=repr(error))

    async def _deliver(self, claimed: Claimed, rest: Sequence[Claimed]) -> bool:
        """Try one; whether its endpoint is to be left alone now."""
        async with self._store.write(claimed.workspace_id) as db:
            if claimed.id not in await webhooks.hold(db, rest, self._patience.lease):
                return False
            attempt = await webhooks.begin(db, claimed)
        if attempt is None:
            return True
        verdict = await self._poster.post(attempt.url, attempt.secret, attempt.id, attempt.body.encode())
        if verdict.error is None:
            _delivered.labels("delivered").inc()
            async with self._store.write(claimed.workspace_id) as db:
                await webhooks.mark_delivered(db, claimed, verdict.status or 0)
            return False
        return await self._failed(claimed, attempt, verdict, verdict.error)

    async def _failed(self, claimed: Claimed, attempt: Attempt, verdict: Verdict, error: str) -> bool:
        """Later again, or failed for good; and what that says of the endpoint."""
        patience = self._patience
        again = verdict.again and now() - attempt.queued_at < patience.delivery
        _delivered.labels("postponed" if again else "failed").inc()
        _log.info(
            "webhook_not_delivered", webhook_id=str(claimed.webhook_id), attempt=attempt.attempts, error=error
        )
        pause = max(patience.pause(attempt.attempts, random.random()), verdict.asked or timedelta(0))  # noqa: S311
        tired = verdict.resting or attempt.failures + 1 >= _SLIDING
        rest = patience.pause(attempt.failures + 1, random.random()) if tired else timedelta(0)  # noqa: S311
        told: set[UUID] = set()
        async with self._store.write(claimed.workspace_id) as db:
            if again:
                await webhooks.mark_retry(db, claimed, verdict.status, error, pause)
            else:
                await webhooks.mark_failed(db, claimed, verdict.status, error)
            failing = await webhooks.note_failure(db, claimed, error, max(rest, verdict.asked or rest))
            if verdict.gone or failing >= patience.endpoint:
                told = await webhooks.give_up(db, claimed.workspace_id, claimed.webhook_id, error)
        if told:
            self._told(claimed.workspace_id, told)
        return tired
