"""Takes kept mails in: claims them, reads them, hands them to the intake, and parks what keeps failing.

A mail that its processor dropped (a crash, a kill) is claimed again after the lease; everything behind the
claim can be repeated. A mail that fails waits longer each time and delays no other; one that is slow to read
is read beside the others. After MAX_ATTEMPTS a mail becomes a ticket that says so, and its bytes stay.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import anyio
import structlog
from prometheus_client import Counter

from connectors.inbound.batches import rounds
from connectors.inbound.reading import Reader
from connectors.inbound.senders import Senders
from server.domain.inbound import InboundMessage
from server.intake import Arrived, Intake
from server.store import mails
from server.store.lease import AWAY, held
from server.store.mails import RawMail
from server.store.pool import Connection, Store

MAX_ATTEMPTS = 5
LEASE = timedelta(minutes=5)
_MAX_MAILS = 100
_MAX_BYTES = 32_000_000
_MAX_SLOW = 10  # all of them are read within the lease
_POLL_SECONDS = 1.0
_PAUSE_SECONDS = 2.0
# Who waits for a 250 goes first: while mail keeps coming, a batch of many is followed by as long a rest.
_MANY_MAILS, _MAX_REST_SECONDS = 20, 0.5
_log = structlog.get_logger("parley.mail")
_taken = Counter("parley_mails_total", "Mails taken in, by what became of them.", ["outcome"])


class Processor:
    """Runs until cancelled; `wake` says that mail has come, else it looks once a second.

    Of all processes one at a time works, so that an answer never overtakes the mail that it answers.
    """

    def __init__(
        self, store: Store, intake: Intake, senders: Senders, token_secrets: Sequence[bytes]
    ) -> None:
        self._store = store
        self._intake = intake
        self._senders = senders
        self._reader = Reader(token_secrets)
        self._woken = asyncio.Event()
        self._away: Exception | None = None
        self._slow: asyncio.Queue[RawMail] = asyncio.Queue(_MAX_SLOW)

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        try:
            await self._run()
        finally:
            with anyio.CancelScope(shield=True):
                await self._reader.close()

    async def _run(self) -> None:
        began = False
        while True:
            try:
                async with held(self._store, "mail processor", _stand_by) as db:
                    # What is claimed now was held by one that was killed, or by us when storage went away.
                    await mails.release(db, forgive=began)
                    began = True
                    await self._work_beside(db)
            except AWAY as error:
                _log.warning("mail_waits", error=repr(error))
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _work_beside(self, db: Connection) -> None:
        """Work, and read what is slow meanwhile; both end together."""
        self._slow = asyncio.Queue(_MAX_SLOW)  # what was in it before is claimed again
        both = {asyncio.create_task(self._work(db)), asyncio.create_task(self._take_slow())}
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.wait(both)

    async def _take_slow(self) -> None:
        """Take in what is slow, one after the other."""
        while True:
            await self._take_alone(await self._slow.get())

    async def _take_alone(self, mail: RawMail) -> None:
        if (each := await self._read(mail)) is not None:
            await self._take_in([each])

    async def _work(self, db: Connection) -> None:
        """Take in what there is, over and over; claims go over the connection that makes us the only one."""
        while True:
            self._woken.clear()
            began = time.perf_counter()
            if claimed := await mails.claim(db, _MAX_MAILS, _MAX_BYTES, LEASE):
                await self._take(claimed)
                if self._woken.is_set() and len(claimed) >= _MANY_MAILS:
                    await asyncio.sleep(min(time.perf_counter() - began, _MAX_REST_SECONDS))
                continue
            with anyio.move_on_after(_POLL_SECONDS):
                await self._woken.wait()

    async def _take(self, claimed: Sequence[RawMail]) -> None:
        """Take a batch in; raises what AWAY lists, and what is left is released."""
        self._away = None
        arrived: list[Arrived] = []
        for mail in claimed:
            if mail.attempts > MAX_ATTEMPTS:
                await self._park(mail, "Its processor died each time.")
            elif self._reader.is_slow(mail):
                await self._slow.put(mail)
            elif (each := await self._read(mail)) is not None:
                arrived.append(each)
        await self._take_in(arrived)

    async def _take_in(self, arrived: Sequence[Arrived]) -> None:
        """Workspace by workspace, and what refers to each other in turns."""
        for workspace_id in {each.mail.workspace_id for each in arrived}:
            own = [each for each in arrived if each.mail.workspace_id == workspace_id]
            own = await self._senders.authenticate(workspace_id, own)
            for turn in rounds([_names(each.message) for each in own]):
                await self._take_turn(workspace_id, [own[index] for index in turn])
        if self._away is not None:
            raise self._away

    async def _take_turn(self, workspace_id: UUID, turn: list[Arrived]) -> None:
        try:
            results = await self._intake.take(workspace_id, turn)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 (which of them it was shows when each is taken alone)
            if len(turn) == 1:
                await self._failed(turn[0].mail, error)
                return
            for each in turn:
                await self._take_turn(workspace_id, [each])
            return
        _taken.labels("taken").inc(results.count(None))
        for each, wrong in zip(turn, results, strict=True):
            if wrong is not None:
                await self._failed(each.mail, wrong)

    async def _failed(self, mail: RawMail, error: Exception) -> None:
        """Later again, or parked."""
        if isinstance(error, AWAY):
            self._away = error  # the others first
            return
        _log.error("mail_failed", mail_id=str(mail.id), attempt=mail.attempts, exc_info=error)
        if mail.attempts >= MAX_ATTEMPTS:
            await self._park(mail, repr(error))
            return
        async with self._store.write(mail.workspace_id) as db:
            after = timedelta(seconds=4**mail.attempts)
            await mails.fail(db, mail.workspace_id, mail.id, repr(error), after)
        _taken.labels("failed").inc()

    async def _park(self, mail: RawMail, error: str) -> None:
        _taken.labels("parked").inc()
        try:
            await self._intake.parking.put_aside(mail, error)
        except AWAY:
            raise
        except Exception:  # noqa: BLE001 (logged with its traceback; the mail stays, parked)
            _log.exception("mail_parked_without_ticket", mail_id=str(mail.id))
            async with self._store.write(mail.workspace_id) as db:
                await mails.park(db, mail.workspace_id, mail.id, error, None)

    async def _read(self, mail: RawMail) -> Arrived | None:
        """Parse a mail, a large one beside the loop; None when even that failed, which is noted."""
        try:
            return await self._reader.read(mail)
        except Exception as error:  # noqa: BLE001 (a mail must not take the others down with it)
            await self._failed(mail, error)
            return None


def _stand_by() -> None:
    _log.debug("another_process_takes_mail_in")


def _names(message: InboundMessage) -> frozenset[str]:
    known = (message.message_id, message.in_reply_to, *message.references)
    return frozenset(name for name in known if name)
