"""Every contestant of the room benchmark relays what one member says to the other, and back to themselves."""

from __future__ import annotations

import asyncio

import pytest

from load.rooms.contestants import CONTESTANTS, Contestant, Missing
from load.rooms.dialects import TEXT, Dialect
from load.rooms.driver import Member, enter
from load.rooms.serving import serving

RELAYED_SECONDS = 60.0


@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda one: one.name)
async def test_what_one_member_says_reaches_both_once(contestant: Contestant) -> None:
    try:
        command = contestant.command()
    except Missing as why:
        pytest.skip(str(why))
    with serving(command, None) as server:
        dialect = contestant.dialect()
        speaker, other, stranger = await enter(dialect, server.port, [(1, 0), (1, 1), (2, 1)], 0)
        heard = {member.wire: _Heard(dialect, member) for member in (speaker, other, stranger)}
        speaker.wire.send(dialect.say(1, TEXT))
        speaker.wire.send(dialect.say(1, TEXT[:-1] + "!"))
        for member in (speaker, other):
            await asyncio.wait_for(heard[member.wire].both.wait(), RELAYED_SECONDS)
            first, second = heard[member.wire].payloads
            assert TEXT.encode() in first
            assert (TEXT[:-1] + "!").encode() in second
        assert not heard[stranger.wire].payloads
        for member in (speaker, other, stranger):
            member.wire.close()


class _Heard:
    def __init__(self, dialect: Dialect, member: Member) -> None:
        self.payloads: list[bytes] = []
        self.both = asyncio.Event()
        self._delivery = dialect.delivery
        member.wire.receive = self.receive

    def receive(self, payload: bytes) -> None:
        if payload.startswith(self._delivery):
            self.payloads.append(payload)
            if len(self.payloads) == 2:
                self.both.set()
