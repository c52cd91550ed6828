"""Agents write one reply together over real sockets: it converges, survives, and is sent once."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from server.realtime.drafts import drafts, frame
from server.realtime.drafts.frame import Answer, Ask, Edit, Moved, encode_draft
from server.store.pool import Store
from tests.live.desk import LiveDesk, eventually, live_desk
from tests.live.pen import Pen, pen, together
from tests.live.test_processes import JOINED, pair


async def start(desk: LiveDesk) -> tuple[UUID, str, str]:
    """A ticket, and tokens of Bob and Alice."""
    ticket_id = (await desk.ticket()).ticket.id
    return ticket_id, (await desk.token(desk.people.bob))[1], (await desk.token(desk.people.alice))[1]


async def kept(store: Store, desk: LiveDesk) -> int:
    async with store.read(desk.people.workspace_id) as db:
        return int(await db.fetchval("SELECT count(*) FROM draft_updates"))


async def test_two_write_one_reply_and_whoever_comes_later_sees_it(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.write(0, "Hello Vic")
        await alice.until(lambda: alice.text == "Hello Vic")
        await asyncio.gather(bob.write(0, "Bob: "), alice.write(9, ", it is green."))
        await together(bob, alice)
        assert alice.text == "Bob: Hello Vic, it is green."
        await alice.write(0, cut=5)
        await bob.until(lambda: bob.text == "Hello Vic, it is green.")
        late = await pen(desk, bobs, ticket_id)
        await late.until(lambda: late.text == bob.text)


async def test_cursors_are_passed_on_with_the_name_of_whose_they_are(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.point(1, user={"name": "Alice", "color": "#fff"}, cursor=4)
        mine = bob.doc.client_id
        await alice.until(lambda: mine in alice.cursors)
        who = {"id": str(desk.people.bob.id), "name": "Bob", "color": "#fff"}
        assert alice.cursors[mine] == {"user": who, "cursor": 4}
        late = await pen(desk, alices, ticket_id)
        await late.until(lambda: mine in late.cursors)
        await alice.point(9, client=mine, cursor=1)  # not hers to move
        await bob.settled()
        assert mine not in bob.cursors
        await bob.socket.close()
        await alice.until(lambda: mine not in alice.cursors)
        await late.until(lambda: mine not in late.cursors)


async def test_a_draft_survives_those_who_wrote_it_and_the_process(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        ticket_id, bobs, alices = await start(desk)
        bob = await pen(desk, bobs, ticket_id)
        for at, sign in enumerate("We will send another one."):
            await bob.write(at, sign)
        await bob.settled()
        await bob.socket.close()
        again = await pen(desk, alices, ticket_id)
        await again.until(lambda: again.text == "We will send another one.")
    async with live_desk(store, people) as desk:
        other = await pen(desk, alices, ticket_id)
        await other.until(lambda: other.text == "We will send another one.")


async def test_what_was_written_in_passing_is_kept(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob = await Pen((await desk.connect()).socket, ticket_id).come(bobs)
        await bob.write(0, "Gone before it was read.")
        await bob.settled()
        await bob.socket.close()
        alice = await pen(desk, alices, ticket_id)
        await alice.until(lambda: alice.text == "Gone before it was read.")
        assert not alice.cursors


async def test_whoever_was_offline_merges(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.write(0, "Hello.")
        await alice.until(lambda: alice.text == "Hello.")
        await bob.socket.close()
        bob.edit(6, " Offline.")
        await alice.write(0, "Meanwhile: ")
        back = Pen((await desk.connect()).socket, ticket_id)
        back.doc, back._text = bob.doc, bob._text
        await back.sit(bobs)
        await back.until(lambda: back.text == "Meanwhile: Hello. Offline.")
        await alice.until(lambda: alice.text == back.text)


def sent_of(one: Pen) -> list[dict[str, Any]]:
    """The messages heard that a draft became."""
    return [event for event in one.all("event") if event["data"].get("draft")]


async def test_two_who_send_at_once_post_once_and_nothing_comes_back(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.write(0, "Agreed.")
        await alice.until(lambda: alice.text == "Agreed.")
        stale = bob.edit(7, " No!")
        await asyncio.gather(
            bob.send(bob.room, "Agreed.", "b1", draft=1), alice.send(alice.room, "Agreed.", "a1", draft=1)
        )
        ends = [await one.hear_any("ack", "refused") for one in (bob, alice)]
        assert sorted(end.get("code", "acked") for end in ends) == ["acked", "draft_sent"]
        for one in (bob, alice):
            await one.until(lambda one=one: one.generation == 2 and sent_of(one))  # type: ignore[misc]
            (sent,) = sent_of(one)
            assert (sent["data"]["content"], sent["data"]["draft"]) == ("Agreed.", 2)
        await bob.tell(Edit(stale), 1)
        await bob.tell(Ask(b"\0"), 1)
        refused = [await bob.hear("refused", room=bob.room) for _ in range(2)]
        assert {one["code"] for one in refused} == {"draft_sent"}
        await alice.write(0, "The next one.")
        await bob.until(lambda: bob.text == "The next one.")
        assert await kept(store, desk) <= 1


async def test_a_send_without_the_draft_leaves_it_alone(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.write(0, "Still writing")
        await alice.until(lambda: alice.text == "Still writing")
        await alice.ack(alice.room, "One moment")
        late = await pen(desk, alices, ticket_id)
        await late.until(lambda: late.text == "Still writing")
        assert late.generation == 1


async def test_a_resume_tells_that_the_draft_was_sent(store: Store) -> None:
    async with live_desk(store) as desk:
        people = desk.people
        ticket_id, bobs, alices = await start(desk)
        bob = await pen(desk, bobs, ticket_id)
        await bob.ack(bob.room, "Sent.", draft=1)
    async with live_desk(store, people) as desk:  # from Postgres, not from memory
        alice = await desk.with_token(alices)
        await alice.say("join", room=bob.room, since=0)
        assert (await alice.hear("joined"))["draft"] == 2
        assert (await alice.events(bob.room, 3))[2]["data"]["draft"] == 2
        vic = await desk.visitor()
        await vic.say("join", room=bob.room, since=0)
        assert "draft" not in await vic.hear("joined")
        assert "draft" not in (await vic.events(bob.room, 3))[2]["data"]


async def test_nobody_else_sees_a_byte(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, _ = await start(desk)
        bob = await pen(desk, bobs, ticket_id)
        people = desk.people
        ask = encode_draft(ticket_id, 1, Ask(b"\0"))
        for client, code in (
            (await desk.visitor(), "not_found"),
            (await desk.agent(people.lou), "not_permitted"),
            (await desk.agent(people.olga), "not_found"),
            (await desk.agent(people.charlie), "not_found"),
        ):
            await client.say("join", room=bob.room, since=0)
            await client.hear_any("joined", "refused")
            await client.socket.send(ask)
            assert (await client.hear("refused"))["code"] == code
            await bob.write(0, "secret")
            await bob.point(1, cursor=1)
            await bob.settled()
            assert all(f["op"] in ("event", "presence") for f in await client.quiet())  # and nothing binary
        outside = await desk.with_token(bobs)
        await outside.socket.send(ask)
        assert (await outside.hear("refused"))["code"] == "not_found"


async def test_who_leaves_or_loses_the_right_hears_no_more(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await bob.settled()
        await bob.say("leave", room=bob.room)
        await bob.settled()
        before = len(bob.binaries)
        await alice.write(0, "without Bob")
        await alice.settled()
        await bob.settled()
        assert len(bob.binaries) == before
        back = await pen(desk, bobs, ticket_id)
        await back.until(lambda: back.text == "without Bob")
        async with store.write(desk.people.workspace_id) as db:
            await db.execute("UPDATE agents SET role = 'light_agent' WHERE id = $1", desk.people.bob.id)
        both = [c for c in desk.running.live._connections if c.actor.id == desk.people.bob.id]
        await eventually(lambda: all(c.actor.role == "light_agent" for c in both))
        before = len(back.binaries)
        await alice.write(0, "still ")
        await alice.settled()
        await back.settled()
        assert len(back.binaries) == before
        await back.tell(Edit(back.edit(0, "mine")))
        assert (await back.hear("refused"))["code"] == "not_permitted"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "invalid"),
        (b"\2" + bytes(30), "invalid"),
        (b"\1" + bytes(16) + b"\0\0\0\1\0\0\1\0", "not_found"),
    ],
)
async def test_what_is_no_frame_of_a_draft_is_refused(store: Store, payload: bytes, code: str) -> None:
    async with live_desk(store) as desk:
        bob = await desk.agent(desk.people.bob)
        await bob.socket.send(payload)
        assert (await bob.hear("refused"))["code"] == code


async def test_bounds_are_kept(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, _ = await start(desk)
        bob = await pen(desk, bobs, ticket_id)
        for message, code in (
            (Edit(bytes(frame.MAX_FRAME_BYTES)), "too_large"),
            (Moved(bytes(frame.MAX_CURSORS_BYTES + 1)), "too_large"),
            (Edit(b"\xff\xff\xff"), "invalid"),
            (Answer(b"\1\1\5\0\4\1\5reply\xff\xff\xff\xff\7"), "invalid"),
            (Ask(b"\xff"), "invalid"),
            (Moved(b"\xff"), "invalid"),
        ):
            await bob.tell(message)
            assert (await bob.hear("refused", room=bob.room))["code"] == code
        piece, refused = "x" * 60_000, None
        while refused is None and len(bob.text) < 2_000_000:
            await bob.write(0, piece)
            refused = next((f for f in await bob.settled() if f["op"] == "refused"), None)
        assert refused is not None and refused["code"] == "too_large"
        assert len(bob.text) == 18 * 60_000  # seventeen of them fit


async def test_hostile_bytes_neither_end_the_process_nor_reach_the_draft(store: Store) -> None:
    async with live_desk(store) as desk:
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(desk, alices, ticket_id)
        await alice.write(0, "Hello Vic")
        await bob.until(lambda: bob.text == "Hello Vic")
        deep = b"\1\1\5\0\x08\1\5reply\1" + b"\x75\1" * 30_000 + b"\x7e\0"
        rnd = random.Random(5)
        whole = bob.doc.get_update()
        broken = [bytes(b ^ (rnd.random() < 0.1) * rnd.randrange(256) for b in whole) for _ in range(200)]
        for update in (deep, *broken):
            await bob.tell(Edit(update))
        await bob.settled()
        late = await pen(desk, alices, ticket_id)
        await late.until(lambda: "Hello Vic" in late.text or bool(late.text))
        await alice.settled()


@JOINED
async def test_processes_share_a_draft(store: Store, joined: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "READ_SECONDS", 3600 if joined else 0.1)
    async with pair(store, joined=joined) as (desk, other, _):
        ticket_id, bobs, alices = await start(desk)
        bob, alice = await pen(desk, bobs, ticket_id), await pen(other, alices, ticket_id)
        await bob.write(0, "Here")
        await alice.until(lambda: alice.text == "Here")
        await alice.write(4, " and there")
        await bob.until(lambda: bob.text == "Here and there")
        if joined:
            await bob.point(1, cursor=3)
            await alice.until(lambda: bob.doc.client_id in alice.cursors)
            late = await pen(other, alices, ticket_id)
            await late.until(lambda: bob.doc.client_id in late.cursors)
        await bob.ack(bob.room, "Here and there", draft=1)
        await alice.until(lambda: alice.generation == 2 and not alice.text)
        await alice.write(0, "Next")
        await bob.until(lambda: bob.text == "Next")


async def test_many_updates_become_one_row(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(drafts, "IDLE_SECONDS", 0.2)
    monkeypatch.setattr(drafts, "READ_SECONDS", 0.1)
    async with live_desk(store) as desk:
        ticket_id, bobs, _ = await start(desk)
        bob = await pen(desk, bobs, ticket_id)
        for at in range(80):
            await bob.write(at, "x")
            await bob.settled()
        assert await kept(store, desk) <= drafts.MAX_ROWS + 2
        await bob.socket.close()
        await eventually(lambda: desk.running.live.drafts.find(desk.people.workspace_id, ticket_id) is None)
        assert await kept(store, desk) == 1
        again = await pen(desk, bobs, ticket_id)
        await again.until(lambda: again.text == "x" * 80)
