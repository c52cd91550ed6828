"""Reading a mail in a process of its own: the request and the answer as bytes, and the function between them.

The child runs `answer`; our side makes requests and opens answers. Attached files stand behind the rest of
an answer as they are, so that neither side needs them twice.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from connectors.mail.parse import parse
from connectors.mail.show import shown_html
from server.domain.inbound import InboundMessage, attachment_id

_ID_BYTES, _SIZE_BYTES = 16, 8


class Read(msgspec.Struct, frozen=True):
    """A mail that was read, and its HTML made harmless."""

    message: InboundMessage
    html: str | None


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Read)


def read(mail_id: UUID, raw: bytes) -> Read:
    """The mail in `raw`; pure, never raises."""
    message = parse(raw)
    images = {
        attachment.content_id: attachment_id(mail_id, index)
        for index, attachment in enumerate(message.attachments)
        if attachment.content_id is not None
    }
    return Read(message, shown_html(message, images))


def request(mail_id: UUID, raw: bytes) -> tuple[bytes, bytes]:
    """What the child is asked, in pieces."""
    return mail_id.bytes, raw


def answer(asked: bytes) -> bytes:
    """The child's side: a request to an answer."""
    found = read(UUID(bytes=asked[:_ID_BYTES]), asked[_ID_BYTES:])
    del asked
    files = [attachment.data for attachment in found.message.attachments]
    bare = tuple(msgspec.structs.replace(each, data=b"") for each in found.message.attachments)
    message = msgspec.structs.replace(found.message, attachments=bare)
    head = _encoder.encode(Read(message, found.html))
    return b"".join((len(head).to_bytes(_SIZE_BYTES, "big"), head, *files))


def opened(answered: bytes) -> Read:
    """The mail in an answer; raises msgspec.DecodeError for what is none."""
    view = memoryview(answered)
    at = _SIZE_BYTES + int.from_bytes(view[:_SIZE_BYTES], "big")
    found = _decoder.decode(view[_SIZE_BYTES:at])
    files = []
    for bare in found.message.attachments:
        files.append(msgspec.structs.replace(bare, data=bytes(view[at : at + bare.size])))
        at += bare.size
    return Read(msgspec.structs.replace(found.message, attachments=tuple(files)), found.html)
