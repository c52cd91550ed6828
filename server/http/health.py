"""Whether this process lives, serves, and how it is: for whoever runs it.

`/livez` depends on nothing, so that a restart is never the answer to a database that is away.
`/metrics` is for admins' tokens, and for the machine itself as long as the desk is reached by its
loopback address only: behind a proxy everybody would seem to come from this machine.
"""

from urllib.parse import urlsplit

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.domain.errors import Refusal, Unauthorized, Unavailable
from server.domain.identity import Agent
from server.http.authentication import find_credential
from server.http.call import Call
from server.http.dispatch import refused, send_whole
from server.http.state import State
from server.store import workspaces

# In these words a part says that this process cannot serve.
SPOILING = frozenset({"draining", "away", "failed"})
# Without these it is slower and knows less, and goes on: rooms of several processes, clocks of new tickets.
DEGRADING = frozenset({"bus", "kafka"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


async def livez(_: Request) -> Response:
    """The loop turns."""
    return Response("ok\n", media_type="text/plain")


class Readyz:
    """200 when Postgres and this process's listeners serve; the body names what is degraded."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts = dict(self._state.readiness())
        try:
            await workspaces.ping(self._state.store)
            parts["storage"] = "ok"
        except Unavailable:
            parts["storage"] = "away"
        ready = not any(word in SPOILING for part, word in parts.items() if part not in DEGRADING)
        body = msgspec.json.encode({"ready": ready, "parts": parts})
        headers = [(b"content-type", b"application/json")]
        await send_whole(scope, send, 200 if ready else 503, body, headers)


class Metrics:
    """Prometheus' text form."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._is_local = urlsplit(state.settings.url).hostname in _LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(self._state, scope, receive)
        try:
            await self._admit(call)
        except Refusal as refusal:
            await send_whole(scope, send, *refused(call, refusal))
            return
        headers = [(b"content-type", CONTENT_TYPE_LATEST.encode())]
        await send_whole(scope, send, 200, generate_latest(), headers)

    async def _admit(self, call: Call) -> None:
        client = call.scope.get("client")
        peer = client[0] if client else ""
        forwarded = b"x-forwarded-for" in call.headers or b"forwarded" in call.headers
        if peer in _LOOPBACK and not forwarded and self._is_local:
            return
        self._state.limits.admit_stranger(call.ip)
        credential = await find_credential(call)
        actor = None if credential is None else credential.actor
        if not isinstance(actor, Agent) or actor.role != "admin":
            raise Unauthorized
