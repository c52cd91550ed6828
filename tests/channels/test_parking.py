"""A mail that was put aside and is read after all: its first ticket says where it went, and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.domain.commands import ChangeStatus, Envelope
from server.intake import Intake
from server.store import parked
from server.store.mails import Done
from server.store.pool import Store
from tests.channels.office import Office, mail, running, until
from tests.channels.test_processor import hurry, keep

_TAKE_ONE = Intake._take_one


class Poison:
    """Mails with this subject cannot be taken in, until it is cured."""

    cured = False

    async def take_one(self, intake: Intake, *given: Any) -> Done:
        if given[1].message.subject == "poison" and not self.cured:
            raise ZeroDivisionError
        return await _TAKE_ONE(intake, *given)


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    poison = Poison()

    async def take_one(intake: Intake, *given: Any) -> Done:
        return await poison.take_one(intake, *given)

    monkeypatch.setattr(Intake, "_take_one", take_one)
    return poison


async def parked_mail(office: Office) -> Any:
    async def look() -> Any:
        await hurry(office)
        return await office.rows("SELECT * FROM raw_mails WHERE workspace_id = $1 AND state = 'parked'")

    [row] = await until(look)
    return row


async def retry(office: Office, row: Any) -> None:
    async with office.store.write(office.desk.workspace_id) as db:
        assert await parked.retry(db, office.desk.workspace_id, row["id"])
    office.post.processor.wake()


async def test_its_ticket_says_where_it_went_and_is_resolved(
    store: Store, tmp_path: Path, poison: Poison
) -> None:
    async with running(store, tmp_path) as office:
        await keep(office, mail(subject="poison"))
        row = await parked_mail(office)
        await retry(office, row)  # too early: parked again, in the same ticket
        row = await parked_mail(office)
        poison.cured = True
        await retry(office, row)
        [done] = await office.settled(1)
        told, read = await office.tickets()
        assert (told["id"], told["status"]) == (row["ticket_id"], "resolved")
        assert (read["id"], read["status"], read["subject"]) == (done["ticket_id"], "new", "poison")
        notes = [said["content"] for said in await office.said(told["id"]) if said["type"] == "note"]
        assert notes == [f"This mail could be read after all. It is in ticket #{read['number']}."]
        assert [said["content"] for said in await office.said(read["id"])] == ["My printer is on fire."]


async def test_an_agents_word_on_its_ticket_stands(store: Store, tmp_path: Path, poison: Poison) -> None:
    async with running(store, tmp_path) as office:
        await keep(office, mail(subject="poison"))
        row = await parked_mail(office)
        closing = ChangeStatus(row["ticket_id"], "closed")
        await office.handle.submit(Envelope(office.desk.alice, closing))
        poison.cured = True
        await retry(office, row)
        await office.settled(1)
        told, read = await office.tickets()
        assert (told["status"], read["subject"]) == ("closed", "poison")
