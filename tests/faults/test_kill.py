"""`kill -9` of the process while chats and mails stream in: what was acknowledged is there once, in order.

Six visitors chat and three people write mail, each as fast as they are acknowledged. Then the process is
killed, started again, and everybody repeats what was not acknowledged, as a client does. `make soak` does it
over and over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import smtplib
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.acceptance.desk import Desk, started

VISITORS, WRITERS = 6, 3
ROUNDS = 40 if os.environ.get("PARLEY_SOAK") else 2
IN_FLIGHT = 8
PAUSE_SECONDS = 0.025  # a visitor's connection may carry fifty frames a second
LOST = (OSError, WebSocketException, smtplib.SMTPException, httpx2.HTTPError, TimeoutError)


class Chatter:
    """A visitor who numbers what they say and remembers what was acknowledged."""

    def __init__(self, desk: Desk, number: int) -> None:
        self.desk = desk
        self.number = number
        self.token = ""
        self.room = ""
        self.said = 0
        self.acked: dict[int, int] = {}  # what was said, and its seq

    async def begin(self, inbox_id: str) -> None:
        """Start a visit and say the first thing, which opens the ticket."""
        async with httpx2.AsyncClient(timeout=60) as client:
            answer = await client.post(f"{self.desk.url}/api/v1/widget/sessions", json={"inbox_id": inbox_id})
        assert answer.status_code == 201, answer.text
        self.token, self.room, self.said = answer.json()["token"], f"inbox:{inbox_id}", 1
        async with self._connected() as socket:
            await self._say(socket, 1)
            await self._hear_ack(socket)

    async def chat(self) -> None:
        """Say one thing after the other, some in flight, until the connection is lost."""
        async with self._connected() as socket:
            while True:
                while self.said - len(self.acked) < IN_FLIGHT:
                    self.said += 1
                    await self._say(socket, self.said)
                await self._hear_ack(socket)
                await asyncio.sleep(PAUSE_SECONDS)

    async def repeat(self) -> None:
        """Say again what was not acknowledged, and something that was."""
        missing = [number for number in range(1, self.said + 1) if number not in self.acked]
        async with self._connected() as socket:
            for number in (*missing, max(self.acked)):
                await self._say(socket, number)
                await self._hear_ack(socket)

    def text(self, number: int) -> str:
        return f"chat {self.number}: {number}"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        address = self.desk.url.replace("http", "ws", 1) + "/ws"
        async with connect(address, open_timeout=60, close_timeout=1, proxy=None) as socket:
            await socket.send(json.dumps({"op": "hello", "v": 1, "token": self.token}))
            yield socket

    async def _say(self, socket: ClientConnection, number: int) -> None:
        frame = {"op": "send", "room": self.room, "id": str(number), "content": self.text(number)}
        await socket.send(json.dumps(frame))

    async def _hear_ack(self, socket: ClientConnection) -> None:
        async with asyncio.timeout(60):
            while True:
                frame = json.loads(await socket.recv())
                assert frame["op"] != "refused", frame
                if frame["op"] != "ack":
                    continue
                number, seq = int(frame["id"]), frame["seq"]
                assert self.acked.setdefault(number, seq) == seq, "a repeat got another place"
                self.room = frame["room"]
                return


class Writer:
    """Somebody who writes mail after mail, each answering the one before."""

    def __init__(self, desk: Desk, number: int) -> None:
        self.desk = desk
        self.number = number
        self.sent = 0
        self.acked: list[int] = []

    def write(self) -> None:
        """Send until the connection is lost; blocks."""
        with smtplib.SMTP("127.0.0.1", self.desk.smtp_port, timeout=60) as client:
            while True:
                self.sent += 1
                client.send_message(self.mail(self.sent))
                self.acked.append(self.sent)

    def repeat(self) -> None:
        """Send again what was not acknowledged, and something that was."""
        with smtplib.SMTP("127.0.0.1", self.desk.smtp_port, timeout=60) as client:
            for number in sorted({*range(1, self.sent + 1)} - {*self.acked[:-1]}):
                client.send_message(self.mail(number))

    def mail(self, number: int) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = f"writer{self.number}@customer.test", "support@localhost"
        message["Subject"], message["Message-ID"] = f"Thread {self.number}", self._id(number)
        message["Date"] = "Mon, 02 Nov 2026 10:00:00 +0000"
        if number > 1:
            message["In-Reply-To"], message["References"] = self._id(number - 1), self._id(1)
        message.set_content(self.text(number))
        return message

    def text(self, number: int) -> str:
        return f"mail {self.number}: {number}"

    def _id(self, number: int) -> str:
        return f"<{self.number}.{number}@customer.test>"


async def test_what_was_acknowledged_is_there_once_and_in_order_after_a_kill() -> None:
    with started({"PARLEY_RATE_SMTP_IP": "100000/second"}) as desk:
        agent = await asyncio.to_thread(desk.sign_in)
        inboxes = agent.get("inboxes").json()["data"]
        chat_inbox = next(inbox["id"] for inbox in inboxes if inbox["channel"] == "chat")
        chatters = [Chatter(desk, number) for number in range(VISITORS)]
        writers = [Writer(desk, number) for number in range(WRITERS)]
        for chatter in chatters:
            await chatter.begin(chat_inbox)
        chance = random.Random(ROUNDS)
        for _ in range(ROUNDS):
            await stream_until_killed(desk, chatters, writers, chance.uniform(0, 1.3))
            await asyncio.to_thread(desk.start)
            await asyncio.gather(
                *(chatter.repeat() for chatter in chatters),
                *(asyncio.to_thread(writer.repeat) for writer in writers),
            )
        found = await asyncio.to_thread(told, agent, sum(writer.sent for writer in writers))
        for chatter in chatters:
            check_chat(chatter, found)
        for writer in writers:
            check_mail(writer, found)
        compared = desk.run("rebuild")
        assert compared.returncode == 0
        assert "reports: 0 differences" in compared.stdout, compared.stdout


async def stream_until_killed(
    desk: Desk, chatters: list[Chatter], writers: list[Writer], seconds: float
) -> None:
    """Everybody at once; the process dies so long after all were acknowledged something, and each notices."""
    begin = [(each, len(each.acked)) for each in (*chatters, *writers)]
    async with asyncio.TaskGroup() as group:
        for chatter in chatters:
            group.create_task(lost(chatter.chat()))
        for writer in writers:
            group.create_task(lost(asyncio.to_thread(writer.write)))
        async with asyncio.timeout(60):
            while not all(len(each.acked) > before + 1 for each, before in begin):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(desk.kill)


async def lost(streaming: Awaitable[None]) -> None:
    """Stream until the connection breaks, which it must."""
    with contextlib.suppress(*LOST):
        await streaming


def told(agent: httpx2.Client, mails: int) -> dict[str, list[dict[str, Any]]]:
    """Each ticket's interactions, once all mails are taken in; by what was said first."""
    ends = time.monotonic() + 180
    while True:
        found = {}
        for ticket in pages(agent, "tickets"):
            said = pages(agent, f"tickets/{ticket['id']}/interactions")
            found[said[0]["content"].strip()] = said
        if sum(len(said) for first, said in found.items() if first.startswith("mail")) >= mails:
            return found
        assert time.monotonic() < ends, "not all mails became interactions"
        time.sleep(0.5)


def pages(agent: httpx2.Client, path: str) -> list[dict[str, Any]]:
    """All of a list."""
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = agent.get(path, params={"page[size]": "100", **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["data"]
        if not page["meta"]["has_more"]:
            return rows
        after = {"page[after]": page["meta"]["after_cursor"]}


def check_chat(chatter: Chatter, found: dict[str, list[dict[str, Any]]]) -> None:
    said = found[chatter.text(1)]
    texts = [each["content"] for each in said]
    assert sorted(texts, key=number_of) == [chatter.text(number) for number in range(1, chatter.said + 1)]
    seqs = [each["seq"] for each in said]
    assert seqs == sorted(seqs)
    # Also across a kill, what was acknowledged stands in the order it was said.
    assert [chatter.acked[number] for number in sorted(chatter.acked)] == sorted(chatter.acked.values())


def check_mail(writer: Writer, found: dict[str, list[dict[str, Any]]]) -> None:
    texts = [each["content"].strip() for each in found[writer.text(1)]]
    assert texts == [writer.text(number) for number in range(1, writer.sent + 1)]


def number_of(text: str) -> int:
    return int(text.rpartition(" ")[2])
