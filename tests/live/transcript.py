"""Plays the transcripts of docs/protocol.md: each line is sent, awaited or compared.

vic connects | vic closes | vic is closed with 4401
vic > {frame that is sent}          vic < {what the next frame has at least}
POST /path {body} [as vic]          201 {what the answer has at least}
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

SECONDS = 60.0
PASSING = frozenset({"presence", "typing", "read", "ticket", "viewing", "notified"})
_BLOCK = re.compile(r"```transcript\n(.*?)```", re.DOTALL)
_FRAME = re.compile(r"(\w+) ([<>]) (\{.*\})")
_CLOSED = re.compile(r"(\w+) is closed with (\d+)")
_REQUEST = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (\S+)(?: (\{.*\}))?(?: as (\w+))?")
_ANSWER = re.compile(r"(\d{3}) (\{.*\})")
_NAME = re.compile(r"\$(\w+)")


def blocks(markdown: str) -> list[list[str]]:
    """The lines of each transcript."""
    return [[line for line in block.splitlines() if line.strip()] for block in _BLOCK.findall(markdown)]


class Player:
    """The state of a story: who is connected, and what its names stand for."""

    def __init__(self, url: str, names: dict[str, str]) -> None:
        self.url = url
        self.names = names
        self._sockets: dict[str, ClientConnection] = {}
        self._answer: httpx2.Response | None = None

    async def play(self, line: str) -> None:
        """Do one line, or fail with it."""
        if line.endswith(" connects"):
            await self._connect(line.split(maxsplit=1)[0])
        elif line.endswith(" closes"):
            await self._sockets.pop(line.split(maxsplit=1)[0]).close()
        elif found := _CLOSED.fullmatch(line):
            await self._expect_close(found[1], int(found[2]))
        elif found := _FRAME.fullmatch(line):
            if found[2] == ">":
                await self._sockets[found[1]].send(self._filled(found[3]))
            else:
                await self._expect(found[1], json.loads(found[3]))
        elif found := _REQUEST.fullmatch(line):
            await self._request(found[1], found[2], found[3], found[4])
        elif found := _ANSWER.fullmatch(line):
            assert self._answer is not None
            assert self._answer.status_code == int(found[1]), self._answer.text
            self.match(json.loads(found[2]), self._answer.json(), "answer")
        else:
            raise ValueError(f"not a line of a transcript: {line}")

    async def close(self) -> None:
        for socket in self._sockets.values():
            await socket.close()

    def match(self, wanted: Any, got: Any, where: str) -> None:
        """Fail unless `got` has all that is wanted; names that are new are learned from it."""
        if wanted == "*":
            return
        if isinstance(wanted, dict):
            assert isinstance(got, dict), f"{where}: {got}"
            for key, value in wanted.items():
                assert key in got, f"{where} has no {key}: {got}"
                self.match(value, got[key], f"{where}.{key}")
            return
        if isinstance(wanted, str) and (name := _NAME.fullmatch(wanted)) and name[1] not in self.names:
            self.names[name[1]] = got
        expected = self._filled(wanted) if isinstance(wanted, str) else wanted
        assert got == expected, f"{where} is {got!r}, not {expected!r}"

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda found: self.names[found[1]], text)

    async def _connect(self, who: str) -> None:
        self._sockets[who] = await connect(self.url.replace("http", "ws", 1) + "/ws", proxy=None)

    async def _expect(self, who: str, wanted: dict[str, Any]) -> None:
        """The next frame of that kind; nothing but passing frames may come before it."""
        async with asyncio.timeout(SECONDS):
            while True:
                frame = json.loads(await self._sockets[who].recv())
                if frame["op"] == wanted["op"]:
                    self.match(wanted, frame, frame["op"])
                    return
                assert frame["op"] in PASSING, f"{who} got {frame}"

    async def _expect_close(self, who: str, code: int) -> None:
        socket = self._sockets.pop(who)
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    await socket.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            assert closed.rcvd.code == code

    async def _request(self, method: str, path: str, body: str | None, who: str | None) -> None:
        headers = {} if who is None else {"authorization": f"Bearer {self.names[f'{who}_token']}"}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=SECONDS) as client:
            sent = None if body is None else json.loads(self._filled(body))
            self._answer = await client.request(method, self._filled(path), json=sent)
