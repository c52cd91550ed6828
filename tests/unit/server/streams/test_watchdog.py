"""The watchdog repairs what it sees overdue twice: what is seen once may be on its way to the writer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from server.store.armed import Armed
from server.streams import watchdog
from server.streams.alarms import Alarm

DUE = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON, LATE, UNDER_WAY = (Armed(UUID(int=1), UUID(int=n), "resolution", DUE) for n in (2, 3, 4))


class LooksOver(Exception):
    """The test has seen enough."""


class Told:
    """What was proposed, instead of to the writer."""

    def __init__(self) -> None:
        self.proposed: list[UUID] = []

    def is_on_its_way(self, alarm: Alarm, at: datetime) -> bool:
        return alarm.ticket_id == UNDER_WAY.ticket_id

    def propose(self, alarm: Alarm, at: datetime) -> None:
        self.proposed.append(alarm.ticket_id)


async def test_it_repairs_what_is_overdue_at_two_looks_and_not_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Planted bug that was seen: it repairs at first sight, what the stream was just about to ring too."""
    looks = iter([[SOON], [LATE, UNDER_WAY], [LATE, UNDER_WAY], []])

    async def look(*_: object) -> list[Armed]:
        for found in looks:
            return found
        raise LooksOver

    monkeypatch.setattr(watchdog, "list_overdue", look)
    monkeypatch.setattr(watchdog, "_EVERY_SECONDS", 0)
    told: Any = Told()
    nowhere: Any = None
    with pytest.raises(LooksOver):
        await watchdog.watch(nowhere, told)
    assert told.proposed == [LATE.ticket_id]
