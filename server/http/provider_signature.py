"""How a mail provider proves itself at the webhook: the inbox's token, or Mailgun's signature.

Mailgun signs a time and a random token of its own; a signature older than five minutes, or one
that was used before, proves nothing.
"""

import base64
import hmac
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, Headers
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.types import Scope

from server.http.problem import Malformed
from server.queries.credentials import digest_of

TOLERANCE_SECONDS = 300
MAX_REMEMBERED = 20_000
MAX_FIELDS = 200
MAX_FILES = 100


def is_token(digest: bytes | None, *sent: str | None) -> bool:
    """Whether any of what was sent is the inbox's token."""
    return digest is not None and any(hmac.compare_digest(digest, digest_of(one)) for one in sent if one)


def basic_password(header: str | None) -> str | None:
    """The password of an `Authorization: Basic` header (RFC 7617): what SendGrid takes in a URL."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return None


class Signatures:
    """Checks signatures, each once."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def holds(self, key: str, form: FormData, now: float) -> bool:
        """Whether a form carries a signature by `key`, of now, that was not used before."""
        stamp, token, signature = (str(form.get(name, "")) for name in ("timestamp", "token", "signature"))
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and 0 < len(token) <= 200):
            return False
        ours = hmac.new(key.encode(), (stamp + token).encode(), "sha256").hexdigest()
        if not hmac.compare_digest(ours.encode(), signature.lower().encode()):
            return False
        if abs(now - int(stamp)) > TOLERANCE_SECONDS or token in self._seen:
            return False
        self._seen[token] = time.monotonic()
        while len(self._seen) > MAX_REMEMBERED or self._is_old(next(iter(self._seen.values()))):
            self._seen.popitem(last=False)
        return True

    def _is_old(self, since: float) -> bool:
        return time.monotonic() - since > 2 * TOLERANCE_SECONDS


async def read_form(scope: Scope, body: bytes, kind: str, max_bytes: int) -> FormData:
    """The fields of a posted form; Malformed when it is none. Files are spooled, and to be closed."""

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    headers = Headers(raw=scope["headers"])
    try:
        if kind == "multipart/form-data":
            parser = MultiPartParser(
                headers,
                once(),
                max_files=MAX_FILES,
                max_fields=MAX_FIELDS,
                max_part_size=max_bytes,
            )
            return await parser.parse()
        return await FormParser(headers, once(), max_fields=MAX_FIELDS).parse()
    except (MultiPartException, ValueError, KeyError, TypeError) as wrong:
        raise Malformed("The form cannot be read") from wrong
