"""Mails in the store: kept and claimed with every byte."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.clock import new_id
from server.store import mails
from server.store.mails import NewMail
from server.store.pool import Store
from tests.people import settle


async def test_a_long_mail_comes_and_goes_in_pieces(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "SENT_BYTES", 100)
    monkeypatch.setattr(mails, "FETCHED_BYTES", 70)
    desk = await settle(store)
    raws = [bytes(place % 251 for place in range(size)) for size in (69, 70, 71, 100, 101, 200, 333)]
    new = [NewMail(desk.workspace_id, new_id(), desk.mail, "smtp", raw) for raw in raws]
    async with store.write(desk.workspace_id) as db:
        await mails.add_mails(db, desk.workspace_id, new)
    async with store.across() as db:
        claimed = await mails.claim(db, 50, 10**9, timedelta(minutes=5))
    assert {mail.id: mail.raw for mail in claimed} == {mail.id: mail.raw for mail in new}
