"""Who visitors are, looked up together: after a restart they come back by the thousand.

While one query is out, whoever asks next waits for the following one, which answers all of them.
"""

import asyncio
from itertools import islice
from uuid import UUID

from server.domain.identity import Customer
from server.queries.visitor_token import Visit
from server.store import credentials
from server.store.pool import Store

MAX_AT_ONCE = 500
_Waiting = dict[UUID, asyncio.Future[Customer | None]]


class Visits:
    """Asks about the visitors of a workspace with one query at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[UUID, _Waiting] = {}
        self._asking: dict[UUID, asyncio.Task[None]] = {}

    async def find(self, visit: Visit) -> Customer | None:
        """The customer behind a visit, or None when it has ended; raises Unavailable."""
        waiting = self._waiting.setdefault(visit.workspace_id, {})
        answer = waiting.get(visit.visitor_id)
        if answer is None:
            answer = waiting[visit.visitor_id] = asyncio.get_running_loop().create_future()
        if visit.workspace_id not in self._asking:
            self._asking[visit.workspace_id] = asyncio.create_task(self._ask(visit.workspace_id))
        return await asyncio.shield(answer)  # who goes away does not take the answer from the others

    async def _ask(self, workspace_id: UUID) -> None:
        """Until nobody waits."""
        try:
            while waiting := self._waiting.pop(workspace_id, None):
                batch = dict(islice(waiting.items(), MAX_AT_ONCE))
                if len(waiting) > len(batch):
                    self._waiting[workspace_id] = dict(islice(waiting.items(), MAX_AT_ONCE, None))
                await self._answer(workspace_id, batch)
        finally:
            del self._asking[workspace_id]

    async def _answer(self, workspace_id: UUID, batch: _Waiting) -> None:
        try:
            async with self._store.read(workspace_id) as db:
                found = await credentials.list_visitors(db, workspace_id, batch)
        except Exception as error:  # noqa: BLE001 - raised by each who asked, where it is known what to do
            for answer in batch.values():
                answer.set_exception(error)
                answer.exception()  # perhaps nobody asks any more
        else:
            for visitor_id, answer in batch.items():
                answer.set_result(found.get(visitor_id))
        finally:
            for answer in batch.values():
                answer.cancel()  # only when we are cancelled ourselves: the others have their answer
