"""A provider on this machine: tells what it was asked for, gives what a test wants.

Tokens (RFC 6749 §6), and consent at once for whose browser comes to `/authorize` (§4.1, RFC 7636).
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec


class TokenServer:
    """`answers` are given one after the other, the last one for ever; `asked` are the forms that came, and
    `good` are the tokens that a mail server is told to be good, with their users. `consents` are what
    people were sent here with, `ended` refresh tokens that are good for nothing any more. While there is
    `trouble` (an HTTP status), everybody gets that and no token."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.good: dict[str, str] = {}
        self.consents: list[dict[str, str]] = []
        self.ended: set[str] = set()
        self.trouble = ""
        self.url = ""
        self.authorize_url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET /authorize?"):
            self._send_back(head.split()[1], writer)
            return
        if head.startswith("GET"):
            self._check(head, writer)
            return
        head = head.lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.asked.append({name: value for name, [value] in form.items()})
        if self.trouble:
            _say(writer, self.trouble, b"{}")
            return
        answer = self._answer(self.asked[-1])
        body = msgspec.json.encode(answer)
        _say(writer, "400 Bad Request" if "error" in answer else "200 OK", body)

    def consent(self, url: str) -> str:
        """Where a browser is sent back to that came with this address."""
        asked = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        self.consents.append(asked)
        query = urlencode({"code": f"code-{len(self.consents)}", "state": asked["state"]})
        return f"{asked['redirect_uri']}?{query}"

    def _send_back(self, path: str, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 303 See Other\r\nLocation: {self.consent(path)}\r\nContent-Length: 0\r\n"
        writer.write(f"{head}Connection: close\r\n\r\n".encode())
        writer.close()

    def _answer(self, form: dict[str, str]) -> dict[str, Any]:
        is_code = form["grant_type"] == "authorization_code"
        if not self._is_good(form) if is_code else form["refresh_token"] in self.ended:
            return {"error": "invalid_grant"}
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def _is_good(self, form: dict[str, str]) -> bool:
        """A code is for who asked, by the same return address and with the verifier of its challenge."""
        for number, asked in enumerate(self.consents, start=1):
            if form["code"] == f"code-{number}":
                digest = sha256(form["code_verifier"].encode()).digest()
                challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
                same = ("redirect_uri", "client_id")
                return asked["code_challenge"] == challenge and all(form[one] == asked[one] for one in same)
        return False

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
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http://127.0.0.1:{port}/token"
    server.authorize_url = f"http://127.0.0.1:{port}/authorize"
    try:
        yield server
    finally:
        listening.close()
