"""The token of a visitor: a JWT that names a visit, signed with a key of its own (RFC 7519).

Nothing in a token's header chooses anything: the algorithm, the key, the issuer and the
audience are ours, and all of `exp`, `iat`, `iss`, `aud`, `sub` must be there (RFC 8725 §3).
"""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

import jwt
import msgspec

from server.domain.ids import parse_id

ALGORITHM = "HS256"
ISSUER = "parley"
AUDIENCE = "parley.widget"
LASTS = timedelta(days=30)
MAX_BYTES = 2048


class Visit(msgspec.Struct, frozen=True):
    """What a token says; whether the visitor still is one, the database says."""

    workspace_id: UUID
    visitor_id: UUID


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


def verify_visit(key: bytes, token: str) -> Visit | None:
    """The visit that a token names, or None for every kind of wrong token alike."""
    if len(token) > MAX_BYTES:
        return None
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError):
        return None
    workspace_id = parse_id(str(claims.get("workspace")))
    visitor_id = parse_id(str(claims["sub"]))
    if workspace_id is None or visitor_id is None:
        return None
    return Visit(workspace_id, visitor_id)
