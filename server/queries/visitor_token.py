"""The token of a visitor: a JWT that names a visit, signed with a key of its own (RFC 7519).

Nothing in a token's header chooses anything: it is the one that we write, and the key, the issuer and the
audience are ours; all of `exp`, `iat`, `iss`, `aud`, `sub` must be there (RFC 8725 §3).
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

import jwt
import msgspec

ALGORITHM = "HS256"
ISSUER = "parley"
AUDIENCE = "parley.widget"
LASTS = timedelta(days=30)
MAX_BYTES = 2048


class Visit(msgspec.Struct, frozen=True):
    """What a token says; whether the visitor still is one, the database says."""

    workspace_id: UUID
    visitor_id: UUID


class _Claims(msgspec.Struct, forbid_unknown_fields=True):
    """What we sign: all of it must be there, and nothing else that would have to be heeded, such as `nbf`."""

    iss: str
    aud: str
    sub: UUID
    workspace: UUID
    iat: int
    exp: int


_HEADER = jwt.encode({}, bytes(32), algorithm=ALGORITHM).partition(".")[0]
_claims = msgspec.json.Decoder(_Claims)


def visitor_key(secret_key: bytes) -> bytes:
    """The signing key, derived so that no other signature of Parley's can pass for this one."""
    return hmac.digest(secret_key, b"parley visitor token", "sha256")


def sign_visit(key: bytes, visit: Visit, now: datetime) -> str:
    """A token for a visit, good for thirty days."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(visit.visitor_id),
        "workspace": str(visit.workspace_id),
        "iat": now,
        "exp": now + LASTS,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def verify_visit(key: bytes, token: str, at: float) -> Visit | None:
    """The visit that a token names, or None for every kind of wrong token alike; `at` is now.

    Thousands come at once when a process starts anew: so it is compared with what we would have signed,
    and only then decoded.
    """
    if len(token) > MAX_BYTES:
        return None
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    expected = urlsafe_b64encode(hmac.digest(key, signed.encode(errors="replace"), "sha256")).rstrip(b"=")
    if header != _HEADER or not hmac.compare_digest(expected, signature.encode(errors="replace")):
        return None
    try:
        claims = _claims.decode(urlsafe_b64decode(payload + "=="))
    except ValueError:
        return None
    if (claims.iss, claims.aud) != (ISSUER, AUDIENCE) or not claims.iat <= at < claims.exp:
        return None
    return Visit(claims.workspace, claims.sub)
