"""A client that writes a shared draft: a Yjs document by pycrdt, and binary frames by docs/protocol.md."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from pycrdt import Doc, Text
from websockets.asyncio.client import ClientConnection

from server.realtime.drafts.cursors import State, encode_states, parse_states
from server.realtime.drafts.frame import (
    Answer,
    Ask,
    Edit,
    Message,
    Moved,
    encode_draft,
    parse_message,
    ticket_of,
)
from tests.live.desk import PATIENCE_SECONDS, Client, LiveDesk


class Pen(Client):
    """An agent with a ticket's draft before them; `text` is what they see of it."""

    def __init__(self, socket: ClientConnection, ticket_id: UUID) -> None:
        super().__init__(socket)
        self.ticket_id = ticket_id
        self.room = f"ticket:{ticket_id}"
        self.generation = 0
        self.cursors: dict[int, Any] = {}
        self.binaries: list[bytes] = []
        self.is_answered = False
        self.blank()

    def blank(self) -> None:
        """An empty page."""
        self.doc: Doc[Any] = Doc()
        self._text = self.doc.get("reply", type=Text)
        self.cursors.clear()

    @property
    def text(self) -> str:
        return str(self._text)

    async def sit(self, token: str, *, since: int = 0) -> Pen:
        """Say hello, go into the room, ask for the draft, and give what is missing of it there."""
        await self.come(token, since=since)
        await self.ask()
        await self.until(lambda: self.is_answered)
        await self.settled()
        return self

    async def come(self, token: str, *, since: int = 0) -> Pen:
        """Say hello and go into the room."""
        await self.say("hello", v=1, token=token)
        await self.say("join", room=self.room, since=since)
        self.generation = (await self.hear("joined", room=self.room))["draft"]
        return self

    async def ask(self) -> None:
        """Ask for what is missing here."""
        await self.tell(Ask(self.doc.get_state()))

    async def tell(self, message: Message, generation: int | None = None) -> None:
        """Send a binary frame."""
        generation = self.generation if generation is None else generation
        await self.socket.send(encode_draft(self.ticket_id, generation, message))

    def edit(self, at: int, text: str = "", *, cut: int = 0) -> bytes:
        """Write, or cut out, without telling anybody; returns the update."""
        updates: list[bytes] = []
        subscription = self.doc.observe(lambda event: updates.append(event.update))
        with self.doc.transaction():
            if cut:
                del self._text[at : at + cut]
            if text:
                self._text.insert(at, text)
        self.doc.unobserve(subscription)
        return updates[0]

    async def write(self, at: int, text: str = "", *, cut: int = 0) -> None:
        """Write, and tell."""
        await self.tell(Edit(self.edit(at, text, cut=cut)))

    async def point(self, clock: int, client: int | None = None, **state: Any) -> None:
        """Say where one's cursor is."""
        chosen = self.doc.client_id if client is None else client
        await self.tell(Moved(encode_states([State(chosen, clock, json.dumps(state) if state else "null")])))

    async def until(self, true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Read what comes until something holds."""
        async with asyncio.timeout(seconds):
            while not true():
                await self._receive()
                self._next = len(self.heard)

    async def settled(self) -> list[dict[str, Any]]:
        """Read everything that was sent to us by now; returns the text frames."""
        return await self.quiet()

    async def _receive(self) -> dict[str, Any]:
        while self._next == len(self.heard):
            async with asyncio.timeout(PATIENCE_SECONDS):
                came = await self.socket.recv()
            if isinstance(came, bytes):
                self.binaries.append(came)
                await self._take(came)
                return {"op": "binary"}
            frame = json.loads(came)
            self.heard.append(frame)
            if frame["op"] == "draft" and frame["generation"] > self.generation:
                self.generation = frame["generation"]
                self.blank()
        self._next += 1
        return self.heard[self._next - 1]

    async def _take(self, payload: bytes) -> None:
        ticket_id, generation = ticket_of(payload)
        if (ticket_id, generation) != (self.ticket_id, self.generation):
            return
        match parse_message(payload, trusted=True):
            case Ask(state=state):
                await self.tell(Answer(self.doc.get_update(state)))
            case Answer(update=update) | Edit(update=update) as message:
                self.doc.apply_update(update)
                self.is_answered |= isinstance(message, Answer)
            case Moved(states=states):
                for state in parse_states(states):
                    self.cursors[state.client] = json.loads(state.json)
                    if self.cursors[state.client] is None:
                        del self.cursors[state.client]


async def pen(desk: LiveDesk, token: str, ticket_id: UUID) -> Pen:
    """Somebody's pen, at the draft."""
    return await Pen((await desk.connect()).socket, ticket_id).sit(token)


async def together(*pens: Pen) -> None:
    """Wait until all see the same."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len({one.text for one in pens}) > 1:
            for one in pens:
                await one.settled()
