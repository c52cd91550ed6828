"""Runs operations: every request takes the same steps in the same order, whatever it is about.

Who asks, whether they may, how often they ask, whether their key was used before, what they
send; then the operation's own function; then the answer, or the problem.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.concurrency import iterate_in_threadpool
from starlette.types import Receive, Scope, Send

from server.domain import rights
from server.domain.errors import Conflict, Refusal, Unavailable
from server.http import cors
from server.http.authentication import authenticate
from server.http.body import check_media_type, read_body
from server.http.call import Call, encode
from server.http.decoding import decode_json, decode_path, decode_query
from server.http.idempotency import idempotency_key, once, request_key_of
from server.http.operation import Answer, Audience, FileSlice, Operation
from server.http.preconditions import etag_of, is_known
from server.http.problem import (
    CONTENT_TYPE,
    MethodNotAllowed,
    bug,
    headers_of,
    problem_of,
)
from server.http.state import State

_log = structlog.get_logger("parley.http")
_seconds = Histogram("parley_http_request_seconds", "Duration of a request", ["operation", "status"])
_JSON = [(b"content-type", b"application/json")]
MAX_IN_FLIGHT = 20_000

Sent = tuple[int, bytes | FileSlice, list[tuple[bytes, bytes]]]


class Endpoint:
    """The operations of one path, as an ASGI application."""

    def __init__(self, state: State, operations: Mapping[str, Operation], keys: set[Any]) -> None:
        self._state = state
        self._operations = operations
        self._allow = ", ".join(sorted(operations))
        self._widget = any(it.audience is Audience.WIDGET or it.shared for it in operations.values())
        self._in_flight = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        it = self._operations.get(method)
        call = Call(self._state, scope, receive)
        if it is None and method == "OPTIONS" and self._widget and cors.is_preflight(call):
            sent: Sent = 204, b"", cors.preflight(call, self._allow)
        else:
            sent = await self._answer(call, it)
        await send_whole(scope, send, *sent)
        name = "none" if it is None else it.name
        _seconds.labels(name, sent[0]).observe(time.perf_counter() - began)

    async def _answer(self, call: Call, it: Operation | None) -> Sent:
        try:
            if it is None:
                raise MethodNotAllowed(self._allow)
            async with asyncio.timeout(it.timeout_seconds):
                return await self._run(call, it)
        except Refusal as refusal:
            return refused(call, refusal)
        except TimeoutError:
            return refused(call, Unavailable("This took too long"))
        except Exception:  # noqa: BLE001 - the last line: a bug ends its request and nothing else
            _log.exception("request failed", request_id=call.request_id, operation=it and it.name)
            return 500, encode(bug(call.request_id)), [(b"content-type", CONTENT_TYPE.encode())]

    async def _run(self, call: Call, it: Operation) -> Sent:
        await self._admit(call, it)
        arguments: dict[str, Any] = {}
        if it.path_type is not None:
            arguments["path"] = decode_path(call.scope["path_params"], it.path_type)
        if it.query_type is not None:
            arguments["query"] = decode_query(call.query_string, it.query_type)
        body = b""
        if it.body_type is not None:
            check_media_type(call, it.media_types)
            body = await read_body(call, it.max_body_bytes or call.state.settings.max_request_bytes)
            arguments["body"] = body if it.body_type is bytes else decode_json(body, it.body_type)
        key = idempotency_key(call) if it.keyed else None
        if key is None:
            return await self._perform(call, it, arguments)
        return await self._perform_once(call, it, arguments, key, body)

    async def _admit(self, call: Call, it: Operation) -> None:
        """Who asks, whether they ask too often, and whether they may at all."""
        limits = call.state.limits
        if it.audience is Audience.ANYONE:
            limits.admit_stranger(call.ip)
            return
        try:
            call.credential = await authenticate(call, it.audience)
        except Refusal:
            limits.admit_stranger(call.ip)
            raise
        assert call.credential is not None
        await limits.admit(call.actor.id)
        if it.action is not None:
            scope = rights.Scope(call.workspace_id)
            if it.audience is Audience.WIDGET:
                scope = rights.Scope(call.workspace_id, call.visitor.inbox_id, call.visitor.id)
            rights.check(call.actor, it.action, scope)

    async def _perform_once(
        self, call: Call, it: Operation, arguments: dict[str, Any], key: str, body: bytes
    ) -> Sent:
        """Perform, unless the key was used before; then the first answer again."""
        request_key = request_key_of(call, it, key, body)
        running = (call.actor.id, key)
        if running in self._in_flight or len(self._in_flight) >= MAX_IN_FLIGHT:
            raise Conflict("A request with this key is still running")
        self._in_flight.add(running)
        try:
            call.request_key = request_key
            return await self._perform(call, it, arguments)
        finally:
            self._in_flight.discard(running)

    async def _perform(self, call: Call, it: Operation, arguments: dict[str, Any]) -> Sent:
        if not it.takes_db:
            return respond(call, it, await it.function(call, **arguments))
        store = call.state.store
        transaction = store.write if it.changes else store.read
        async with transaction(call.workspace_id) as db, once(call, db) as first:
            if first.answer is None:
                first.answer = _answer_of(it, await it.function(call, db=db, **arguments))
            return respond(call, it, first.answer)


def _answer_of(it: Operation, value: Any) -> Answer:
    return value if isinstance(value, Answer) else Answer(next(iter(it.answers)), value)


def respond(call: Call, it: Operation, value: Any) -> Sent:
    """The answer for what an operation returned."""
    answer = _answer_of(it, value)
    headers = [(name.encode(), text.encode("latin-1")) for name, text in answer.headers]
    if answer.body is None:
        return answer.status, b"", headers
    if isinstance(answer.body, bytes | FileSlice):
        return answer.status, answer.body, headers
    body = encode(answer.body)
    if it.tagged:
        etag = etag_of(body, getattr(answer.body, "seq", None))
        headers.append((b"etag", etag.encode()))
        if not it.changes and is_known(call.header(b"if-none-match"), etag):
            return 304, b"", headers
    if it.audience is Audience.WIDGET or it.shared:
        headers += cors.headers_for(call)
    return answer.status, body, _JSON + headers


def refused(call: Call, refusal: Refusal) -> Sent:
    """The problem that tells of a refusal."""
    problem = problem_of(refusal, call.request_id)
    headers = [(name.encode(), value.encode()) for name, value in headers_of(refusal).items()]
    headers += cors.headers_for(call)
    return problem.status, encode(problem), [(b"content-type", CONTENT_TYPE.encode()), *headers]


async def send_whole(
    scope: Scope, send: Send, status: int, body: bytes | FileSlice, headers: list[tuple[bytes, bytes]]
) -> None:
    """Send an answer whose length is known; without its body to a HEAD."""
    length = body.length if isinstance(body, FileSlice) else len(body)
    if status not in (204, 304):
        headers = [*headers, (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if scope["method"] == "HEAD":
        body = b""
    if isinstance(body, FileSlice):
        async for chunk in iterate_in_threadpool(body.chunks()):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})
