"""`Idempotency-Key`: a repeat of a POST returns its first result, and does nothing.

A key belongs to its actor and is kept for a day, in the transaction of its effect: for ticket
commands by the writer, for all else here. The first answer is stored sealed, since it may hold a
secret that is shown once. The same key with another body is refused, and so is one whose first
request still runs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b

import msgspec

from server.domain.commands import RequestKey
from server.domain.errors import Conflict, Invalid
from server.http.call import Call, encode
from server.http.operation import Answer, Operation
from server.store import idempotency
from server.store.pool import Connection

MAX_KEY_CHARS = 255


class First(msgspec.Struct):
    """The first answer to a key: found, or to be set by whoever does the work."""

    answer: Answer | None = None


class _Kept(msgspec.Struct, frozen=True):
    """An answer as it is stored."""

    body: msgspec.Raw  # JSON; null for none
    headers: list[tuple[str, str]]


def idempotency_key(call: Call) -> str | None:
    """The request's key, a string that the client made; Invalid when it is none."""
    key = call.header(b"idempotency-key")
    if key is None:
        return None
    if not (0 < len(key) <= MAX_KEY_CHARS and key.isascii() and key.isprintable()):
        raise Invalid(f"An Idempotency-Key is 1 to {MAX_KEY_CHARS} printable ASCII characters")
    return key


def request_key_of(call: Call, it: Operation, key: str, body: bytes) -> RequestKey:
    """The key with a digest of all that was asked."""
    asked = b"\0".join([it.name.encode(), call.path.encode(), call.query_string, body])
    return RequestKey(call.actor.id, key, blake2b(asked, digest_size=16).digest())


@asynccontextmanager
async def once(call: Call, db: Connection, *more: str) -> AsyncIterator[First]:
    """Find the first answer to the request's key, or keep the one that is set; by `db`'s commit.

    `more` is what was asked beyond what the key's digest knows (a file's content). Raises
    Conflict while another request with the key runs, DuplicateMismatch when it asked for another.
    """
    key = call.request_key
    if key is None:
        yield First()
        return
    vault, workspace_id = call.state.vault, call.workspace_id
    asked = b"\0".join([key.fingerprint, *(text.encode() for text in more)])
    fingerprint = blake2b(asked, digest_size=16).digest()
    found = await idempotency.find_kept(db, workspace_id, key.actor_id, key.key, fingerprint)
    if found is not None:
        opened = vault.open(found.body)
        if opened is None:
            raise Conflict("The first answer to this key cannot be read any more")
        kept = msgspec.json.decode(opened, type=_Kept)
        headers = (*kept.headers, ("idempotency-replayed", "true"))
        body = None if bytes(kept.body) == b"null" else kept.body
        yield First(Answer(found.status, body, tuple(headers)))
        return
    first = First()
    yield first
    if first.answer is not None:
        body = msgspec.Raw(encode(first.answer.body))
        sealed = vault.seal(encode(_Kept(body, list(first.answer.headers))))
        kept_answer = idempotency.Kept(first.answer.status, sealed)
        await idempotency.keep(db, workspace_id, key.actor_id, key.key, fingerprint, kept_answer)
