"""Who asks: an agent by the session's cookie or an API token, a visitor by theirs.

A cookie travels by itself, so what changes something needs two things more: the session's own
token in `X-CSRF-Token`, and no foreign `Origin`. A header travels only where a program put it.
"""

import hmac
from typing import assert_never
from urllib.parse import urlsplit

from server.domain.errors import NotPermitted, Unauthorized
from server.http.call import Call
from server.http.operation import Audience
from server.queries.credentials import TOKEN_PREFIX, Credential, cookie_name, find_cookie

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_COOKIE_BYTES = 8192


async def authenticate(call: Call, audience: Audience) -> Credential | None:
    """The credential of a request, None where none is needed; Unauthorized, NotPermitted (CSRF)."""
    match audience:
        case Audience.ANYONE:
            return None
        case Audience.WIDGET:
            secret = bearer(call)
            found = None if secret is None else await call.state.credentials.find_visit(secret)
        case Audience.DESK:
            found = await find_credential(call)
        case _:
            assert_never(audience)
    if found is None:
        raise Unauthorized
    return found


async def find_credential(call: Call) -> Credential | None:
    """Whoever the request's token or cookie stands for, if anybody."""
    secret = bearer(call)
    if secret is not None:
        if secret.startswith(TOKEN_PREFIX):
            return await call.state.credentials.find_token(secret)
        return await call.state.credentials.find_visit(secret)
    cookie = session_cookie(call)
    found = None if cookie is None else await call.state.credentials.find_session(cookie)
    if found is not None and call.method not in SAFE_METHODS:
        check_origin(call)
        sent = call.header(b"x-csrf-token") or ""
        if not hmac.compare_digest(sent.encode(), (found.csrf_token or "").encode()):
            raise NotPermitted("The X-CSRF-Token header is missing or not this session's")
    return found


def bearer(call: Call) -> str | None:
    """The token of an Authorization header; Unauthorized for any other scheme."""
    header = call.header(b"authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Only Bearer tokens are taken here")
    return token.strip()


def session_cookie(call: Call) -> str | None:
    """The session's secret, if the browser sent one."""
    raw = call.header(b"cookie")
    if raw is None or len(raw) > MAX_COOKIE_BYTES:
        return None
    return find_cookie(raw, cookie_name(secure=call.state.secure))


def set_cookie(call: Call, secret: str, max_age_seconds: int) -> tuple[str, str]:
    """The header that gives (or with an age of 0 takes) the session's cookie."""
    secure = call.state.secure
    parts = [
        f"{cookie_name(secure=secure)}={secret}",
        "Path=/",
        f"Max-Age={max_age_seconds}",
        "HttpOnly",
        "SameSite=Lax",
    ]
    return "set-cookie", "; ".join([*parts, "Secure"] if secure else parts)


def check_origin(call: Call) -> None:
    """Raise NotPermitted when a page of another origin sent this."""
    origin = call.header(b"origin")
    if origin is not None and not is_own_origin(call, origin):
        raise NotPermitted("This request comes from another origin")


def is_own_origin(call: Call, origin: str) -> bool:
    """Whether an origin is the desk's own: its public one, or the host that the browser reached."""
    if origin == call.state.settings.url:
        return True
    host = call.header(b"host")
    return host is not None and origin != "null" and urlsplit(origin).netloc == host
