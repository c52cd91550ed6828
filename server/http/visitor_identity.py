"""Who a visitor is, as their site says: a JWT that the site's server signed with the inbox's secret.

HS256 and nothing else, whatever the token's header says; `exp` is required, and so is who it is,
as `sub` or `user_id`. `email` and `name` are taken from the token only, never from the page.
"""

from collections.abc import Mapping
from typing import Any

import jwt
import msgspec

ALGORITHM = "HS256"
MAX_BYTES = 4096
MAX_TEXT = 200
LEEWAY_SECONDS = 5


class Identity(msgspec.Struct, frozen=True):
    """A person whom a site vouches for."""

    external_id: str
    name: str | None
    email: str | None


def verify_identity(secret: str | None, token: str) -> Identity | None:
    """The identity in a token, or None for every kind of wrong token alike."""
    if secret is None or len(token) > MAX_BYTES:
        return None
    options: Any = {"require": ["exp"], "verify_aud": False}
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=options, leeway=LEEWAY_SECONDS)
    except (jwt.PyJWTError, ValueError):
        return None
    external_id = _text(claims, "sub") or _text(claims, "user_id")
    if external_id is None:
        return None
    email = _text(claims, "email")
    return Identity(external_id, _text(claims, "name"), email if email and "@" in email else None)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    """A claim that is a storable text of one line; numbers count as their digits."""
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    value = value.strip()
    return value if 0 < len(value) <= MAX_TEXT and value.isprintable() else None
