"""Who may open a socket, by the headers alone."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from server.realtime.origins import address, home, is_own

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
    assert address(peer, forwarded, TRUSTED) == found


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),  # IPv4 on a socket for both: not one network for all
        ("127.0.0.1", None),
        ("::ffff:127.0.0.1", None),
        ("::1", None),
        ("10.2.3.4", None),
        ("unknown", "unknown"),  # said by a proxy that hides its clients
    ],
)
def test_connections_are_counted_by_whoever_has_the_address(address: str, counted: str | None) -> None:
    assert home(address, TRUSTED) == counted
