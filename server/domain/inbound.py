"""What a mail says, once it is read: the value between the bytes of a channel and a command.

Made by `connectors.mail.parse`, judged by `server.intake`. Every text in it can be stored: no NUL, no
lone surrogate. Nothing in it proves who wrote it: mail headers are never identity.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

import msgspec

MailClass = Literal["human", "auto_reply", "bounce", "list"]


class Person(msgspec.Struct, frozen=True):
    """A name and an address as a header gives them; either may be empty. The address is lower-cased."""

    name: str
    email: str


class InboundAttachment(msgspec.Struct, frozen=True):
    """A part that is not the text: `content_id` without its angle brackets, `inline` when shown in place.

    Images shown in place, forwarded mails (also one whose text is shown, as there is no other), invitations,
    reports and signatures are among them; of a winmail.dat, what is packed in it. `data` is what the transfer
    encoding held and `size` its bytes; a forwarded mail is its own raw bytes. `name` is the last component of
    the path that was given, without invisible characters; made from type and place (`image-2.png`), or from
    the subject of a forwarded mail (`My parcel.eml`), where none was.
    """

    name: str
    type: str
    size: int
    content_id: str | None
    inline: bool
    data: bytes


class Bounce(msgspec.Struct, frozen=True):
    """What a delivery report says about one recipient; what it does not say is empty.

    `status` is an enhanced status code (RFC 3463: 5.x.x failed for good, 4.x.x is late, 2.x.x arrived),
    `diagnostic` the sentence of the system that refused.
    """

    recipient: str
    status: str
    diagnostic: str


class InboundMessage(msgspec.Struct, frozen=True):
    """A mail that was read.

    `text` is the whole text, with LF between its lines and none at its ends, made from the HTML where no
    plain one came; `reply_text` what was written anew, without the quoted history behind it and the
    `signature`. `html` is as it came: sanitise before showing. `mail_class` says whether a person wrote it,
    `auto` why it must not be answered by a machine, whatever its class (a word of `mail/kind.py`). Ids are
    without their angle brackets, `references` oldest first. `defects` are sentences about what was wrong and
    how it was mended.
    """

    subject: str = ""
    sender: Person = Person("", "")
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    text: str = ""
    html: str | None = None
    reply_text: str = ""
    signature: str = ""
    attachments: tuple[InboundAttachment, ...] = ()
    message_id: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    date: datetime | None = None
    mail_class: MailClass = "human"
    auto: str | None = None
    bounce: Bounce | None = None
    digest: bytes = b""
    defects: tuple[str, ...] = ()


def attachment_id(mail_id: UUID, index: int) -> UUID:
    """The id of a mail's attachment, the same whenever the mail is read."""
    return uuid5(mail_id, f"attachment {index}")
