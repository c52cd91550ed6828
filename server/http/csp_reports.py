"""Where browsers report what a Content-Security-Policy stopped: counted and, now and then, logged."""

import msgspec
import structlog
from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from server.domain.errors import Refusal
from server.http.body import read_body
from server.http.call import Call
from server.http.dispatch import refused, send_whole
from server.http.state import State

MAX_BYTES = 16 * 1024
_log = structlog.get_logger("parley.http")
_stopped = Counter("parley_csp_reports_total", "Violations of a content policy", ["directive"])
_KNOWN = frozenset(
    {
        "base-uri",
        "connect-src",
        "default-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
    }
)


class CspReports:
    """Takes a report; only the directive's name is kept, since addresses may tell of people."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(self._state, scope, receive)
        try:
            self._state.limits.admit_stranger(call.ip)
            directive = _directive(await read_body(call, MAX_BYTES))
        except Refusal as refusal:
            await send_whole(scope, send, *refused(call, refusal))
            return
        _stopped.labels(directive).inc()
        _log.info("content policy violated", directive=directive)
        await send_whole(scope, send, 204, b"", [])


def _directive(body: bytes) -> str:
    """Which directive was violated, of the old form of report or the new; `other` for anything else."""
    try:
        report = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "other"
    if isinstance(report, list):
        report = report[0] if report else {}
    found = report.get("csp-report") or report.get("body") if isinstance(report, dict) else None
    if not isinstance(found, dict):
        return "other"
    named = found.get("effectiveDirective") or found.get("violated-directive") or ""
    name = str(named).partition(" ")[0]
    return name if name in _KNOWN else "other"
