"""Cases of RFC 6455: what a client sends on an open connection, and what it must be told.

A case is played three ways, since nothing may depend on how TCP cuts the stream: in one segment, in two, and
byte by byte. Whoever was not closed must still be answered at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from websockets.frames import Opcode

from tests.live.raw import Raw, RawFrame, masked, raw

PING = b'{"op":"ping"}'
PONG = RawFrame(Opcode.TEXT, b'{"op":"pong"}')
LAST = b"are you still there"
INVALID = RawFrame(Opcode.TEXT, b"invalid")  # stands for any refusal of what is well sent and means nothing
MAX_AT_ONCE = 30


class Case(NamedTuple):
    """Bytes, the frames that answer them, and the code they are closed with; None for not at all."""

    data: bytes
    answers: Sequence[RawFrame] = ()
    code: int | None = None


def broken(data: bytes, code: int = 1002) -> Case:
    """Bytes that must be closed, and nothing else."""
    return Case(data, (), code)


def pong(payload: bytes) -> RawFrame:
    """The answer to a ping."""
    return RawFrame(Opcode.PONG, payload)


def pieces(*payloads: bytes, opcode: int = Opcode.TEXT) -> bytes:
    """A message in fragments."""
    last = len(payloads) - 1
    return b"".join(
        masked(Opcode.CONT if number else opcode, payload, fin=number == last)
        for number, payload in enumerate(payloads)
    )


async def faults(port: int, cases: Mapping[str, Case]) -> dict[str, str]:
    """Play every case in every way; returns those that were not answered as they should be."""
    found: dict[str, str] = {}
    room = asyncio.Semaphore(MAX_AT_ONCE)

    async def judge(name: str, case: Case, segments: list[bytes]) -> None:
        async with room:
            said = await _play(port, case, segments)
        if said != (list(case.answers), case.code):
            found[f"{name}, in {len(segments)}"] = f"{said}, not {(list(case.answers), case.code)}"

    async with asyncio.TaskGroup() as group:
        for name, case in cases.items():
            data = case.data if case.code is not None else case.data + masked(Opcode.PING, LAST)
            half = len(data) // 2
            ways = [[data], [data[:half], data[half:]]]
            if len(data) < 1000:
                ways.append([data[index : index + 1] for index in range(len(data))])
            for segments in ways:
                group.create_task(judge(name, case, segments))
    return found


async def _play(port: int, case: Case, segments: list[bytes]) -> tuple[list[RawFrame], int | None]:
    async with raw(port) as client:
        assert client.status == 101
        for segment in segments:
            await client.write(segment)
            await asyncio.sleep(0)
        return await _told(client)


async def _told(client: Raw) -> tuple[list[RawFrame], int | None]:
    """All frames up to the close, which must be the last, or to the pong of the last ping."""
    heard: list[RawFrame] = []
    while True:
        frame = await client.frame()
        if frame == pong(LAST):
            return heard, None
        if frame.opcode == Opcode.CLOSE:
            assert await client.reader.read() == b"", "nothing follows a close, and the server ends its side"
            return heard, frame.close_code if frame.payload else 1005
        if frame.payload.startswith(b'{"op":"refused","code":"invalid"'):
            frame = INVALID
        heard.append(frame)
