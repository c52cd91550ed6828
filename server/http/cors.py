"""What pages of other origins may do: call the widget's operations, never with a cookie.

Which origins those are is the inbox's own list; an empty one means any. A page without an origin
(`null`: a file, a sandboxed frame) is nobody's, and refused. No answer ever allows credentials,
so a foreign page can use no one's sign-in.
"""

from typing import TYPE_CHECKING

from server.domain.errors import NotPermitted
from server.http.authentication import is_own_origin
from server.store.inboxes import Door

if TYPE_CHECKING:
    from server.http.call import Call

_ALLOWED_HEADERS = b"authorization, content-type, idempotency-key"
_PREFLIGHT_SECONDS = b"600"


def is_preflight(call: "Call") -> bool:
    """Whether a browser asks if a page may ask."""
    return b"origin" in call.headers and b"access-control-request-method" in call.headers


def preflight(call: "Call", allow: str) -> list[tuple[bytes, bytes]]:
    """The headers that say what any page may ask; the request itself is checked against its inbox."""
    return [
        (b"access-control-allow-origin", call.headers[b"origin"]),
        (b"access-control-allow-methods", allow.encode()),
        (b"access-control-allow-headers", _ALLOWED_HEADERS),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
        (b"vary", b"origin"),
    ]


def check_visitor_origin(call: "Call", door: Door) -> None:
    """Raise NotPermitted when the page that asks is none that the inbox allows."""
    origin = call.header(b"origin")
    if origin is None or is_own_origin(call, origin):
        return
    allowed = door.settings.allowed_origins
    if origin == "null" or (allowed and origin not in allowed):
        raise NotPermitted("This site may not use this inbox")
    call.open_to = origin


def headers_for(call: "Call") -> list[tuple[bytes, bytes]]:
    """The headers that let the checked page read the answer."""
    if call.open_to is None:
        return []
    return [(b"access-control-allow-origin", call.open_to.encode("latin-1")), (b"vary", b"origin")]
