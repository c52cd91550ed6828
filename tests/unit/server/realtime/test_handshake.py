"""What opens a WebSocket, by the request's head alone (RFC 6455 §4.2)."""

from __future__ import annotations

import pytest

from server.realtime.handshake import NotWelcome, Opening

GOOD = {
    "host": "desk.test",
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
}


def opening(
    method: str = "GET",
    target: str = "/ws",
    version: str = "1.1",
    *more: tuple[str, str],
    **changed: str | None,
) -> Opening:
    kept = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    pairs = [(name, value) for name, value in kept.items() if value is not None] + list(more)
    return Opening(method, target, version, [(n.encode(), v.encode()) for n, v in pairs], "192.0.2.1")


def test_the_example_of_the_standard_is_accepted() -> None:
    asked = opening()
    assert asked.fault() is None
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" in asked.accept()


def test_extensions_and_subprotocols_are_not_agreed_to() -> None:
    asked = opening(sec_websocket_extensions="permessage-deflate", sec_websocket_protocol="chat")
    assert asked.fault() is None
    assert b"Extensions" not in asked.accept() and b"Protocol" not in asked.accept().replace(
        b"Protocols", b""
    )


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (opening("POST"), 405),
        (opening("GET", "/ws", "1.0"), 505),
        (opening(host=None), 400),
        (opening("GET", "/ws", "1.1", ("host", "evil.test")), 400),
        (opening(content_length="5"), 400),
        (opening(transfer_encoding="chunked"), 400),
        (opening(sec_websocket_version=None), 426),
        (opening(sec_websocket_version="8"), 426),
        (opening("GET", "/ws", "1.1", ("sec-websocket-version", "13")), 426),
        (opening(sec_websocket_key=None), 400),
        (opening(sec_websocket_key=""), 400),
        (opening(sec_websocket_key="c2hvcnQ="), 400),
        (opening(sec_websocket_key="dGhlIHNhbXBsZSBub25jZQ"), 400),
        (opening(sec_websocket_key="dGhlIHNhbXBsZSBub25jZ!=="), 400),
        (opening("GET", "/ws", "1.1", ("sec-websocket-key", GOOD["sec-websocket-key"])), 400),
    ],
)
def test_what_the_standard_forbids_gets_its_status(asked: Opening, status: int) -> None:
    fault = asked.fault()
    assert fault is not None and fault.status == status
    assert (b"\r\nSec-WebSocket-Version: 13\r\n" in fault.encode()) == (status == 426)


def test_a_header_that_stands_twice_is_not_believed_but_a_list_goes_on() -> None:
    asked = opening(
        "GET", "/ws", "1.1",
        ("origin", "a"), ("origin", "b"), ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9"),
    )  # fmt: skip
    assert asked.has(b"origin") and asked.header(b"origin") == ""
    assert asked.header(b"x-forwarded-for") == "6.6.6.6, 203.0.113.9"
    assert not asked.has(b"cookie") and asked.header(b"cookie") == ""


def test_a_refusal_is_a_whole_answer() -> None:
    assert NotWelcome(429, "Later", "Retry-After: 30\r\n").encode() == (
        b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 6\r\nRetry-After: 30\r\n\r\nLater\n"
    )


def test_the_query_is_no_part_of_the_path() -> None:
    assert opening("GET", "/ws?token=x").path == "/ws"
