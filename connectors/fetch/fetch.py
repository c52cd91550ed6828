"""Fetching what a stranger's URL names: connect only to public addresses, take only so much, only so long.

Each connection, also that of a redirect, resolves the name once, checks every address it got, and connects
to the checked address itself: what DNS says a moment later does not matter. No cookie, no credential, no
proxy of the environment; compressed answers are refused, since their size says nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio
import httpcore2
import msgspec

from connectors.fetch.address import PORTS, is_public

MAX_REDIRECTS = 3
MAX_URL_CHARS = 2048
MAX_CONNECTIONS = 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class FetchRefused(Exception):
    """We do not go there, or do not take that; the same again will not do either."""


class FetchFailed(Exception):
    """It could not be had: no answer, no connection, too slow."""


class Fetched(msgspec.Struct, frozen=True):
    """An answer with its whole body; header names are lower-cased."""

    status: int
    headers: dict[str, str]
    body: bytes


class Fetcher:
    """Speaks HTTP with the outside; `allowed` says which numeric addresses may be connected to, at `ports`.

    `trusted` ones, which the operator named, may be connected to at any port, whatever they are.
    """

    def __init__(
        self,
        allowed: Callable[[str], bool] = is_public,
        ports: frozenset[int] | None = PORTS,
        *,
        trusted: Callable[[str], bool] | None = None,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._ports = ports if trusted is None else None  # else the guard says, who knows the address
        self._pool = httpcore2.AsyncConnectionPool(
            network_backend=_Guard(allowed, ports, trusted or (lambda _: False)),
            max_connections=max_connections,
            max_keepalive_connections=0,
        )

    async def close(self) -> None:
        """Drop what is under way."""
        await self._pool.aclose()

    async def get(
        self, url: str, *, max_bytes: int, seconds: float, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """GET, redirects followed. Raises FetchRefused and FetchFailed."""
        return await self._bounded(self._follow(url, max_bytes, headers or {}), seconds)

    async def post(
        self, url: str, body: bytes, *, max_bytes: int, seconds: float, headers: Mapping[str, str]
    ) -> Fetched:
        """POST; a redirect is an answer like any other. Raises FetchRefused and FetchFailed."""
        return await self._bounded(self._once("POST", url, body, max_bytes, headers), seconds)

    async def tell(self, url: str, body: bytes, *, seconds: float, headers: Mapping[str, str]) -> Fetched:
        """POST, and no more of the answer than its head: its body is left unread. Raises like `post`."""
        return await self._bounded(self._once("POST", url, body, None, headers), seconds)

    async def _bounded(self, work: Any, seconds: float) -> Fetched:
        try:
            with anyio.fail_after(seconds):
                fetched: Fetched = await work
                return fetched
        except TimeoutError as slow:
            raise FetchFailed(f"no answer within {seconds:.0f} s") from slow
        except FetchRefused:
            raise
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
            httpcore2.UnsupportedProtocol,
            OSError,
        ) as wrong:
            raise FetchFailed(type(wrong).__name__) from wrong

    async def _follow(self, url: str, max_bytes: int, headers: Mapping[str, str]) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._once("GET", url, None, max_bytes, headers)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = urljoin(url, answer.headers["location"])
        raise FetchRefused("too many redirects")

    async def _once(
        self, method: str, url: str, body: bytes | None, max_bytes: int | None, headers: Mapping[str, str]
    ) -> Fetched:
        self._check(url)
        sent: dict[bytes | str, bytes | str] = {}
        sent.update(headers.items())
        sent |= {"host": urlsplit(url).netloc, "user-agent": "Parley", "accept-encoding": "identity"}
        if body is not None:
            sent["content-length"] = str(len(body))
        async with self._pool.stream(method, url, headers=sent, content=body) as response:
            return await _read(response, max_bytes)

    def _check(self, url: str) -> None:
        """What can be said before anything is resolved; `is_public` has the last word."""
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as wrong:
            raise FetchRefused("not a URL") from wrong
        if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > MAX_URL_CHARS:
            raise FetchRefused("not an http or https URL")
        if parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
            raise FetchRefused("not a plain URL")
        if self._ports is not None and port not in self._ports:
            raise FetchRefused(f"port {port}")


async def _read(response: httpcore2.Response, max_bytes: int | None) -> Fetched:
    """The answer; with None as the bound, none of its body."""
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers[:100]
    }
    if max_bytes is None:
        return Fetched(response.status, headers, b"")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchRefused("a compressed answer")
    if int(size if (size := headers.get("content-length", "")).isdigit() else 0) > max_bytes:
        raise FetchRefused("too large")
    body = bytearray()
    async for piece in response.aiter_stream():
        body += piece
        if len(body) > max_bytes:
            raise FetchRefused("too large")
    return Fetched(response.status, headers, bytes(body))


class _Guard(httpcore2.AsyncNetworkBackend):
    """Connects to names whose every address is allowed, and to no other."""

    def __init__(
        self, allowed: Callable[[str], bool], ports: frozenset[int] | None, trusted: Callable[[str], bool]
    ) -> None:
        self._allowed = allowed
        self._ports = ports
        self._trusted = trusted
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not addresses or not all(map(self._trusted, addresses)):
            if not addresses or not all(map(self._allowed, addresses)):
                raise FetchRefused("not a public address")
            if self._ports is not None and port not in self._ports:
                raise FetchRefused(f"port {port}")
        return await self._network.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.AsyncNetworkStream:
        raise FetchRefused("not a public address")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
