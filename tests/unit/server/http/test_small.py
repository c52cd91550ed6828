"""Addresses of clients, Markdown, policies: small pure parts."""

from __future__ import annotations

import pytest

from server.http.api.articles import slug_of
from server.http.call import client_ip
from server.http.headers import Surface, security_headers
from server.http.markdown import render
from server.settings import Settings


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("198.51.100.1", "192.0.2.9", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.9", "192.0.2.9"),
        ("10.0.0.1", "192.0.2.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "unknown"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_trusted_proxies_say_who_is_behind_them(peer: str, forwarded: str, client: str) -> None:
    settings = Settings(trusted_proxies="10.0.0.0/8")
    headers = {b"x-forwarded-for": forwarded.encode()}
    assert client_ip({"client": (peer, 1)}, headers, settings) == client


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](data:text/html,<script>)",
        '<img src=x onerror="alert(1)">',
        "[x](vbscript:x)",
    ],
)
def test_markdown_runs_nothing(hostile: str) -> None:
    html = render(hostile)
    assert "<script" not in html and "<img src=x" not in html
    assert 'href="javascript' not in html and 'href="vbscript' not in html and 'src="data' not in html


def test_markdown_is_markdown() -> None:
    assert render("# One\n\n*two* `three`") == "<h1>One</h1>\n<p><em>two</em> <code>three</code></p>\n"


@pytest.mark.parametrize(
    ("title", "slug"),
    [("How to pay?", "how-to-pay"), ("Ärger & Übel", "ärger-übel"), ("???", "article"), ("日本", "日本")],
)
def test_a_slug_is_part_of_an_address(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_only_the_widget_may_be_framed() -> None:
    for surface in Surface:
        headers = dict(security_headers(surface, secure=True))
        policy = headers[b"content-security-policy"].decode()
        assert "unsafe-eval" not in policy
        assert ("frame-ancestors 'none'" in policy) == (surface is not Surface.WIDGET)
        assert b"strict-transport-security" in headers
    any_page = dict(security_headers(Surface.WIDGET, secure=False, framed_by=[]))
    assert b"frame-ancestors 'self' *" in any_page[b"content-security-policy"]
