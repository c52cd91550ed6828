"""Mail that a provider posts: raw RFC 5322, or the forms of SendGrid and Mailgun."""

import hashlib

import msgspec

from server import clock
from server.domain.errors import Unauthorized
from server.http.body import media_type
from server.http.call import Call
from server.http.inputs import Id
from server.http.limits import check
from server.http.operation import Answer, Audience, operation
from server.http.provider_signature import basic_password, is_token, read_form
from server.http.state import PostedMail
from server.store.inboxes import Door, find_door

MAX_BYTES = 64 * 1024 * 1024
WHY = "There is no such inbox, or its token or a signature that holds is missing"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class Accepted(msgspec.Struct, frozen=True):
    """The raw bytes are kept; `sha256` is theirs."""

    status: str
    sha256: str


class InboundQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which inbox, and its token for providers that can send one in an address only."""

    inbox: Id
    token: str | None = None


@operation(
    "POST",
    "/webhooks/inbound-email",
    None,
    {202: Accepted},
    audience=Audience.ANYONE,
    refusals=("unauthorized",),
    media_types=("message/rfc822", *FORMS),
    max_body_bytes=MAX_BYTES,
    timeout_seconds=120,
)
async def receive_mail(call: Call, query: InboundQuery, body: bytes) -> Answer:
    """Take in a mail.

    Raw (`message/rfc822`), or as SendGrid's Inbound Parse and Mailgun's routes post it. The
    inbox's token proves the sender, as Bearer, as the password of Basic or as `token`; or
    Mailgun's signature in the form, by the inbox's `webhook_signing_key` or its token. The answer
    follows the commit of the raw bytes; a mail that comes twice is kept once.
    """
    check(call.state.limits.webhooks, query.inbox)
    door = await find_door(call.state.store, query.inbox)
    if door is None or door.channel != "email":
        raise Unauthorized(WHY)
    if not (_has_token(call, query, door) or await _is_signed(call, door, body)):
        raise Unauthorized(WHY)
    content_type = call.header(b"content-type") or "message/rfc822"
    await call.state.receive_mail(PostedMail(door.workspace_id, door.id, content_type, body))
    return Answer(202, Accepted("accepted", hashlib.sha256(body).hexdigest()))


def _has_token(call: Call, query: InboundQuery, door: Door) -> bool:
    header = call.header(b"authorization")
    scheme, _, token = (header or "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else None
    return is_token(door.token_hash, bearer, basic_password(header), query.token)


async def _is_signed(call: Call, door: Door, body: bytes) -> bool:
    kept = call.state.vault.open_secrets(door.secrets)
    key = kept.signing_key or kept.token
    if key is None or media_type(call) not in FORMS:
        return False
    form = await read_form(call.scope, body, media_type(call), MAX_BYTES)
    try:
        return call.state.signatures.holds(key, form, clock.now().timestamp())
    finally:
        await form.close()


OPERATIONS = (receive_mail,)
