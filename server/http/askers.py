"""Finds the customers of tickets that come in at the same time, in one statement for all of them.

Opening a ticket is the busiest write of the API. While one look-up runs, those that come next
gather and share the next one, as commands do in the writer; nothing waits for a timer.
"""

import asyncio
from uuid import UUID

from server.domain.errors import Refusal, Unavailable
from server.store.customers import Known, find_or_add_customers
from server.store.pool import Store

MAX_WAITING = 4096
MAX_BATCH = 200

Answer = asyncio.Future[Known]


class Askers:
    """Customers by address, made where there is none."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[UUID, list[tuple[str, str, Answer]]] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def find(self, workspace_id: UUID, email: str, name: str) -> Known:
        """The customer of an address; `name` is for a new one. Harmless to repeat."""
        waiting = self._waiting.setdefault(workspace_id, [])
        if len(waiting) >= MAX_WAITING:
            raise Unavailable("Too many tickets come in at the moment")
        answer: Answer = asyncio.get_running_loop().create_future()
        waiting.append((email, name, answer))
        if workspace_id not in self._running:
            task = asyncio.create_task(self._run(workspace_id))
            self._running[workspace_id] = task
        return await answer

    async def _run(self, workspace_id: UUID) -> None:
        """Look up until nobody waits; who waits for an answer waits for this task."""
        try:
            while batch := self._waiting[workspace_id][:MAX_BATCH]:
                del self._waiting[workspace_id][: len(batch)]
                await self._answer(workspace_id, batch)
        finally:
            del self._running[workspace_id]
            for _, _, answer in self._waiting.pop(workspace_id, ()):
                if not answer.done():
                    answer.set_exception(Unavailable("Parley is stopping"))

    async def _answer(self, workspace_id: UUID, batch: list[tuple[str, str, Answer]]) -> None:
        asked = {email: name for email, name, _ in batch}
        failure: Exception | None = None
        found: dict[str, Known] = {}
        try:
            async with self._store.write(workspace_id) as db:
                found = await find_or_add_customers(db, workspace_id, asked)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            failure = error if isinstance(error, Refusal) else Unavailable("No customer was found")
            failure.__cause__ = error
        for email, _, answer in batch:
            if answer.done():
                continue
            if email in found:
                answer.set_result(found[email])
            else:
                answer.set_exception(failure or Unavailable("No customer was found"))
