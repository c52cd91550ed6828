"""RFC 6455 §4: the opening handshake over a raw socket.

Seen to fail when what follows the head in one segment is lost.
"""

from __future__ import annotations

import asyncio

import pytest

from server.store.pool import Store
from tests.live.desk import live_desk
from tests.live.raw import masked
from tests.live.rfc6455 import PING

GOOD = [
    "Host: desk.test",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
]
ACCEPT = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
OFFER = "permessage-deflate; client_max_window_bits"
Answer = tuple[int, bytes, bytes]


def request(*more: str, line: str = "GET /ws HTTP/1.1", without: str = "", instead: str = "") -> bytes:
    """A good opening, but for what is added, left out, or put in another's place."""
    name = (without or instead).partition(":")[0]
    lines = [header for header in GOOD if not name or not header.startswith(f"{name}:")]
    return "\r\n".join([line, *lines, *more, *([instead] if instead else []), "", ""]).encode()


OPENS = {
    "the example": request(),
    "names and tokens in any letters": b"GET /ws HTTP/1.1\r\nHOST: a\r\n"
    b"upgrade: WebSocket\r\ncOnnection: uPgrade\r\n"
    b"SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n",
    "a list of connection options": request(instead="Connection: keep-alive, Upgrade"),
    "a query": request(line="GET /ws?x=1 HTTP/1.1"),
    "an extension and a subprotocol offered": request(
        f"Sec-WebSocket-Extensions: {OFFER}", "Sec-WebSocket-Protocol: chat, superchat"
    ),
    "spaces around a value": request(instead="Sec-WebSocket-Key:   dGhlIHNhbXBsZSBub25jZQ==  "),
    "our own origin": request("Origin: http://desk.test"),
}
REFUSED = {
    "another method": (request(line="POST /ws HTTP/1.1"), 405),
    "HTTP/1.0": (request(line="GET /ws HTTP/1.0"), 505),
    "another path": (request(line="GET /wss HTTP/1.1"), 404),
    "no host": (request(without="Host"), 400),
    "two hosts": (request("Host: evil.test"), 400),
    "no key": (request(without="Sec-WebSocket-Key"), 400),
    "an empty key": (request(instead="Sec-WebSocket-Key: "), 400),
    "a short key": (request(instead="Sec-WebSocket-Key: c2hvcnQ="), 400),
    "a long key": (request(instead="Sec-WebSocket-Key: " + "QUFB" * 8), 400),
    "a key that is no base64": (request(instead="Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!=="), 400),
    "two keys": (request(GOOD[3]), 400),
    "no version": (request(without="Sec-WebSocket-Version"), 426),
    "an old version": (request(instead="Sec-WebSocket-Version: 8"), 426),
    "a coming version": (request(instead="Sec-WebSocket-Version: 14"), 426),
    "a strange version": (request(instead="Sec-WebSocket-Version: thirteen"), 426),
    "two versions": (request("Sec-WebSocket-Version: 8"), 426),
    "a foreign origin": (request("Origin: https://evil.test"), 403),
    "two origins": (request("Origin: http://desk.test", "Origin: https://evil.test"), 403),
    "a body": (request("Content-Length: 2") + b"{}", 400),
    "chunks": (request("Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    "no upgrade": (request("Connection: close", without="Upgrade"), 426),
    "another upgrade": (request("Connection: close", instead="Upgrade: h2c"), 426),
    "no connection option": (request(instead="Connection: close"), 426),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xab" * 40 + b"\r\n\r\n", 400),
    "a header without a name": (request(": nothing"), 400),
    "a folded header": (request("X-A: a", " b: c\0"), 400),
}


async def answer(port: int, data: bytes, *, byte_by_byte: bool = False) -> Answer:
    """The status, head and what follows it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for segment in [bytes((byte,)) for byte in data] if byte_by_byte else [data]:
            writer.write(segment)
            await asyncio.sleep(0)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        status = int(head.split(None, 2)[1])
        rest = b"" if status == 101 else await asyncio.wait_for(reader.read(), 60)
        return status, head, rest
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("byte_by_byte", [False, True])
async def test_what_opens_a_websocket(store: Store, byte_by_byte: bool) -> None:
    async with live_desk(store) as desk:
        for name, data in OPENS.items():
            status, head, _ = await answer(desk.port, data, byte_by_byte=byte_by_byte)
            assert (status, ACCEPT in head) == (101, True), name
            assert b"extensions" not in head.lower() and b"websocket-protocol" not in head.lower(), name


async def test_what_opens_none_and_is_told_why(store: Store) -> None:
    async with live_desk(store) as desk:
        answers = await asyncio.gather(*(answer(desk.port, data) for data, _ in REFUSED.values()))
        found = {name: status for name, (status, _, _) in zip(REFUSED, answers, strict=True)}
        assert found == {name: status for name, (_, status) in REFUSED.items()}
        for status, head, body in answers:
            assert body, "a refusal says why"
            assert (b"\r\nupgrade: websocket\r\n" in head.lower()) == (status == 426)
            assert (b"\r\nAllow: GET\r\n" in head) == (status == 405)
        assert not desk.running.live._connections


async def test_what_follows_the_head_in_one_segment_is_read(store: Store) -> None:
    async with live_desk(store) as desk:
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(request() + masked(1, PING) + masked(1, PING)[:5])
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
        assert await asyncio.wait_for(reader.readexactly(15), 60) == b'\x81\x0d{"op":"pong"}'
        writer.write(masked(1, PING)[5:])
        assert await asyncio.wait_for(reader.readexactly(15), 60) == b'\x81\x0d{"op":"pong"}'
        writer.transport.abort()


async def test_nothing_is_opened_while_an_answer_is_due(store: Store) -> None:
    async with live_desk(store) as desk:
        waiting = b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port)
        writer.write(waiting + request())
        answered = await asyncio.wait_for(reader.read(), 60)
        assert b" 101 " not in answered
        writer.transport.abort()
