"""Who may open a socket, by the headers alone."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from websockets.datastructures import Headers

from server.realtime.origins import address, header, is_own

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize("origin", ["https://desk.example", "http://127.0.0.1:8000", "HTTP://127.0.0.1:8000"])
def test_the_public_address_and_the_host_asked_for_are_our_own(origin: str) -> None:
    assert is_own(origin, "127.0.0.1:8000", "https://desk.example")


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://desk.example.evil", "https://evil.example", "http://desk.example", "http://127.0.0.1",
     "http://127.0.0.1:8000/", "file://127.0.0.1:8000", "https://desk.example:8443"],
)  # fmt: skip
def test_everything_else_is_foreign(origin: str) -> None:
    assert not is_own(origin, "127.0.0.1:8000", "https://desk.example")
    assert not is_own(origin, "", "https://desk.example")


def test_a_header_that_stands_twice_is_not_believed() -> None:
    assert header(Headers([("Origin", "a"), ("origin", "b")]), "Origin") == ""
    assert header(Headers(Origin="a"), "ORIGIN") == "a"
    assert header(Headers(), "Origin") == ""


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),  # not a proxy of ours: it says what it likes
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what the client forged stands before
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("", "203.0.113.9", ""),
    ],
)
def test_a_client_is_where_a_trusted_proxy_says(peer: str, forwarded: str, found: str) -> None:
    headers = Headers({"X-Forwarded-For": forwarded} if forwarded else {})
    assert address(peer, headers, TRUSTED) == found
