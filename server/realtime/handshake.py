"""The opening handshake (RFC 6455 §4.2): who asks, and what they are answered.

uvicorn has read the head; what it says is judged here, without reading it again.
"""

from __future__ import annotations

from base64 import b64decode
from http import HTTPStatus
from typing import NamedTuple

from websockets.utils import accept_key

_LISTS = frozenset((b"connection", b"upgrade", b"x-forwarded-for", b"sec-websocket-extensions"))
_VERSION = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
_ACCEPT = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {}\r\n\r\n"
)


class NotWelcome(NamedTuple):
    """An HTTP answer instead of a WebSocket."""

    status: int
    reason: str
    headers: str = ""

    def encode(self) -> bytes:
        """The answer as it is sent; the connection ends after it."""
        body = f"{self.reason}\n".encode()
        return (
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\nConnection: close\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n{self.headers}\r\n"
        ).encode() + body


class Opening:
    """A request to become a WebSocket, as uvicorn read it; names of headers are in small letters."""

    __slots__ = ("_headers", "method", "peer", "target", "version")

    def __init__(
        self, method: str, target: str, version: str, headers: list[tuple[bytes, bytes]], peer: str
    ) -> None:
        self.method = method
        self.target = target
        self.version = version
        self.peer = peer
        self._headers: dict[bytes, bytes | None] = {}
        found = self._headers
        for name, value in headers:
            if name not in found:
                found[name] = value
            elif name in _LISTS and (before := found[name]) is not None:
                found[name] = before + b", " + value  # RFC 9110 §5.3
            else:
                found[name] = None

    def has(self, name: bytes) -> bool:
        """Whether a header was sent at all."""
        return name in self._headers

    def header(self, name: bytes) -> str:
        """A header that stands once, or nothing: what stands twice is not believed."""
        return (self._headers.get(name) or b"").decode("latin-1").strip(" \t")

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def fault(self) -> NotWelcome | None:
        """Why this opens no WebSocket (RFC 6455 §4.2.1, §4.4), or None; extensions are never agreed to."""
        if self.method != "GET":
            return NotWelcome(405, "A WebSocket is opened by GET", "Allow: GET\r\n")
        if self.version != "1.1":
            return NotWelcome(505, "A WebSocket is opened by HTTP/1.1")
        if not self.header(b"host"):
            return NotWelcome(400, "One Host is needed")
        if self.has(b"transfer-encoding") or self.header(b"content-length") not in ("", "0"):
            return NotWelcome(400, "An opening has no body")
        if self.header(b"sec-websocket-version") != "13":
            return NotWelcome(426, "Version 13 is spoken here", _VERSION)
        try:
            key = b64decode(self.header(b"sec-websocket-key"), validate=True)
        except ValueError:
            key = b""
        return None if len(key) == 16 else NotWelcome(400, "One Sec-WebSocket-Key of 16 bytes is needed")

    def accept(self) -> bytes:
        """The answer that opens it."""
        return _ACCEPT.format(accept_key(self.header(b"sec-websocket-key"))).encode()
