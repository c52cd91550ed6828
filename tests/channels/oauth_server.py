"""A token server on this machine (RFC 6749 §6): tells what it was asked, gives what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import msgspec


class TokenServer:
    """`answers` are given one after the other, the last one for ever; `asked` are the forms that came, and
    `good` are the tokens that a mail server is told to be good, with their users."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.good: dict[str, str] = {}
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET"):
            self._check(head, writer)
            return
        head = head.lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.asked.append({name: value for name, [value] in form.items()})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        body = msgspec.json.encode(answer)
        _say(writer, "400 Bad Request" if "error" in answer else "200 OK", body)

    def _check(self, head: str, writer: asyncio.StreamWriter) -> None:
        """What a mail server asks: whose token is it?"""
        token = head.split("access_token=")[1].partition(" ")[0]
        user = self.good.get(token)
        body = msgspec.json.encode({"username": user})
        _say(writer, "401 Unauthorized" if user is None else "200 OK", body)


def _say(writer: asyncio.StreamWriter, status: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    writer.close()


@asynccontextmanager
async def token_server(port: int, *answers: dict[str, Any]) -> AsyncIterator[TokenServer]:
    """Serving while it is entered."""
    server = TokenServer(*answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", port)
    server.url = f"http://127.0.0.1:{port}/token"
    try:
        yield server
    finally:
        listening.close()
