"""Rows D1 and D2: hundreds of clients that stall, in every phase of every protocol; the next one is served.

The bounds here are generous: how fast is measured elsewhere.
"""

from __future__ import annotations

import json
import selectors
import smtplib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import httpx2
import pytest
from websockets.sync.client import connect

from tests.acceptance.desk import Desk, started

SERVED_SECONDS = 5.0  # sign-in, a socket and a mail, each; or many times what they take without the others
TIMES = 20
CLOSED_SECONDS = 40.0
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: desk\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
BODY = (
    b"POST /api/v1/session HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\n"
    b"Content-Length: 900\r\n\r\n{"
)
FORM = (
    b"POST /api/v1/webhooks/inbound-email?inbox=0 HTTP/1.1\r\nHost: desk\r\nContent-Type: message/rfc822\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nFr"
)
MAIL = b"EHLO slow\r\nMAIL FROM:<a@customer.test>\r\nRCPT TO:<support@localhost>\r\nDATA\r\nSubject: slow\r\n"
# Never read: the answer does not fit between the two.
DEAF = b"GET /docs HTTP/1.1\r\nHost: desk\r\n\r\n" * 100


@contextmanager
def stalled(port: int, count: int, data: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that sent this and say no more; nothing is read from them."""
    with ExitStack() as stack:
        sockets = []
        for _ in range(count):
            client = socket.socket()
            stack.callback(client.close)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(120)
            client.connect(("127.0.0.1", port))
            client.sendall(data)
            sockets.append(client)
        yield sockets


def serve_everybody(desk: Desk) -> float:
    """A person who behaves signs in, says something on a socket and sends a mail; the longest of these."""
    took = []
    began = time.monotonic()
    with closing(desk.sign_in()) as admin:
        inboxes = admin.get("inboxes").json()["data"]
    inbox = next(one["id"] for one in inboxes if one["channel"] == "chat")
    took.append(time.monotonic() - began)
    began = time.monotonic()
    visitor = httpx2.post(f"{desk.url}/api/v1/widget/sessions", json={"inbox_id": inbox}, timeout=120).json()
    with connect(f"{desk.url.replace('http', 'ws', 1)}/ws", open_timeout=60, proxy=None) as client:
        client.send(json.dumps({"op": "hello", "v": 1, "token": visitor["token"]}))
        client.send(json.dumps({"op": "send", "room": f"inbox:{inbox}", "id": "1", "content": "Hello?"}))
        while json.loads(client.recv(timeout=120))["op"] != "ack":
            pass
    took.append(time.monotonic() - began)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=120) as mail:
        mail.sendmail("carla@customer.test", "support@localhost", b"Subject: Hello\r\n\r\nHello?\r\n")
    return max(*took, time.monotonic() - began)


def still_open(clients: dict[str, list[socket.socket]], seconds: float) -> dict[str, int]:
    """Wait until the other side has ended these connections; returns how many it has not, by group."""
    left = {client: group for group, some in clients.items() for client in some}
    with selectors.DefaultSelector() as selector:
        for client in left:
            selector.register(client, selectors.EVENT_READ)
        end = time.monotonic() + seconds
        while left and time.monotonic() < end:
            for key, _ in selector.select(0.5):
                assert isinstance(key.fileobj, socket.socket)
                try:
                    ended = not key.fileobj.recv(65536)
                except OSError:
                    ended = True
                if ended:
                    selector.unregister(key.fileobj)
                    del left[key.fileobj]
    return dict(Counter(left.values()))


@pytest.mark.timeout(900)
def test_clients_who_stall_keep_nobody_out_and_are_sent_away() -> None:
    with started() as desk, ExitStack() as stack:
        served = max(SERVED_SECONDS, TIMES * serve_everybody(desk))

        def stall(count: int, data: bytes) -> list[socket.socket]:
            return stack.enter_context(stalled(desk.port, count, data))

        clients = {
            "half a head": stall(200, b"GET / HTTP/1.1\r\nHost: desk\r\nX-Slow:"),
            "nothing": stall(50, b""),
            "half a handshake": stall(150, UPGRADE),
            "no hello": stall(150, UPGRADE + b"\r\n"),
            "half a body": stall(50, BODY),
            "half a chunk": stall(50, FORM),
        }
        deaf = {"never reads": stall(50, DEAF)}
        began = time.monotonic()
        stack.enter_context(stalled(desk.smtp_port, 100, b""))
        stack.enter_context(stalled(desk.smtp_port, 100, MAIL))
        assert serve_everybody(desk) < served
        assert still_open(clients, 3 * CLOSED_SECONDS) == {}
        # Not before it is too late for them, since whoever reads is deaf no more.
        time.sleep(max(0, CLOSED_SECONDS - time.monotonic() + began))
        assert still_open(deaf, 3) == {}
        assert serve_everybody(desk) < served
        assert "request failed" not in desk.log.read_text()
