"""A visitor who is chatting right now: comes through the widget's door like anybody, types, waits, answers.

One after the other, with pauses that grow, and not more than a bound; nobody is left over when Parley stops,
since a visitor lives in a task of the process and their connection is closed on the way out.
"""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import httpx2
import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from server.clock import new_id
from server.demo.book import Chat

MAX_VISITORS = 40
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 45.0, 900.0
_PATIENCE_SECONDS = 240.0  # how long a visitor waits for an answer
_SECONDS_A_CHARACTER, _LONGEST_TYPING_SECONDS = 0.06, 6.0
_STEP_SECONDS = 10.0
_encode = msgspec.json.encode
_log = structlog.get_logger("parley.demo")


async def keep_chatting(url: str, inbox_id: str, chats: list[Chat]) -> None:
    """Let visitors come to the desk at `url`, until cancelled or the bound is reached."""
    pause = _FIRST_PAUSE_SECONDS
    for number in range(MAX_VISITORS):
        try:
            await _visit(url, inbox_id, chats[number % len(chats)])
        except (OSError, httpx2.HTTPError, WebSocketException, TimeoutError) as error:
            _log.info("demo_visitor_left", error=repr(error))
        await anyio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


async def _visit(url: str, inbox_id: str, chat: Chat) -> None:
    async with httpx2.AsyncClient(base_url=url, timeout=_STEP_SECONDS) as client:
        answer = await client.post("/api/v1/widget/sessions", json={"inbox_id": inbox_id})
        answer.raise_for_status()
        token = answer.json()["token"]
    address = url.replace("http", "ws", 1) + "/ws"
    async with connect(address, open_timeout=_STEP_SECONDS, close_timeout=1, proxy=None) as socket:
        await socket.send(_encode({"op": "hello", "v": 1, "token": token}), text=True)
        await _Conversation(socket, f"inbox:{inbox_id}").hold(chat)


class _Conversation:
    """One visitor's side of a chat."""

    def __init__(self, socket: ClientConnection, room: str) -> None:
        self._socket = socket
        self._room = room

    async def hold(self, chat: Chat) -> None:
        """Ask, answer what agents say, and go: when all is said, or nobody answers."""
        await self._expect("welcome")
        for line in chat.says:
            await self._say(line)
        for line in chat.answers:
            if not await self._is_answered():
                return
            await self._say(line)
        if await self._is_answered():
            await self._say(chat.leaves)

    async def _say(self, line: str) -> None:
        """Type for as long as a person would, then send and wait for the ack."""
        in_ticket = self._room.startswith("ticket:")
        if in_ticket:
            await self._send(op="typing", room=self._room, on=True)
        typing = min(len(line) * _SECONDS_A_CHARACTER, _LONGEST_TYPING_SECONDS)
        await anyio.sleep(typing)
        await self._send(op="send", room=self._room, id=str(new_id()), type="message", content=line)
        ack = await self._expect("ack")
        self._room = ack["room"]
        await self._send(op="typing", room=self._room, on=False)

    async def _is_answered(self) -> bool:
        """Wait for an agent's message and take a moment to read it; False when nobody writes."""
        with anyio.move_on_after(_PATIENCE_SECONDS):
            while True:
                frame = await self._receive()
                if frame["op"] == "event" and frame["type"] == "interaction_added":
                    await self._send(op="read", room=self._room, seq=frame["seq"])
                    if frame["actor"]["type"] == "agent":
                        await anyio.sleep(2)
                        return True
        return False

    async def _expect(self, op: str) -> dict[str, Any]:
        """The next frame of that kind; ConnectionError when the desk refuses."""
        async with asyncio.timeout(_STEP_SECONDS):
            while True:
                frame = await self._receive()
                if frame["op"] == "refused":
                    raise ConnectionError(f"refused: {frame['code']}")
                if frame["op"] == op:
                    return frame

    async def _receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = msgspec.json.decode(await self._socket.recv())
        return frame

    async def _send(self, **frame: object) -> None:
        await self._socket.send(_encode(frame), text=True)
