"""A reply to the bytes that leave: header fields of our own making, body by the standard library.

No text can become a header or a recipient: every field passes `_field`, which admits no line end, and
recipients are those of the `Outgoing` value, never read back from the bytes (security row M6).
"""

from __future__ import annotations

import base64
import html as html_entities
import re
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from connectors.mail.filename import clean_name
from server.domain.inbound import Person

_MAX_NAME = 120
_MAX_SUBJECT = 500
_MAX_REFERENCES = 30
# RFC 3834 §3.1.7 and §5; what Exchange heeds; what older responders look at.
_AUTOMATIC = (
    ("Auto-Submitted", "auto-replied"),
    ("X-Auto-Response-Suppress", "All"),
    ("Precedence", "bulk"),
)
_GENERATED = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))
_LINK = re.compile(r"https?://[^\s<>\"']{0,2000}[^\s<>\"'.,;:!?)\]]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(r"[^\s@<>,;:()\"\[\]\\\x00-\x20\x7f]{1,200}@[^\s@<>,;:()\"\[\]\\\x00-\x20\x7f]{1,250}")
_MESSAGE_ID = re.compile(r"[^\s<>\x00-\x20\x7f-\uffff]{1,900}")


class BadAddress(ValueError):
    """An address that no mail can be sent to; trying again does not help."""


class File(msgspec.Struct, frozen=True):
    """Something attached to a reply."""

    name: str
    type: str
    data: bytes


class Outgoing(msgspec.Struct, frozen=True):
    """All that a reply is made of. `message_id` is fixed before the first attempt, ids have no brackets.

    `automatic` when nobody wrote it: it then says so, in every way that keeps others from answering;
    `generated` when it answers nothing either, and people may well answer it.
    """

    sender: Person
    to: Person
    subject: str
    text: str
    date: datetime
    message_id: str
    html: str | None = None
    cc: tuple[Person, ...] = ()
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    automatic: bool = False
    generated: bool = False


def compose(mail: Outgoing) -> bytes:
    """The mail with CRLF line ends, UTF-8 throughout; raises BadAddress for people who have none."""
    references = [known for known in mail.references if _MESSAGE_ID.fullmatch(known)]
    if len(references) > _MAX_REFERENCES:  # the first names the thread, the last the mails before
        references = references[:1] + references[1 - _MAX_REFERENCES :]
    fields = [
        ("From", _person(mail.sender)),
        ("To", _person(mail.to)),
        ("Cc", ",\r\n ".join(_person(person) for person in mail.cc)),
        ("Reply-To", f"<{_address(mail.reply_to)}>" if mail.reply_to else ""),
        ("Subject", _words(mail.subject[:_MAX_SUBJECT])),
        ("Date", format_datetime(mail.date)),
        ("Message-ID", f"<{mail.message_id}>"),
        ("In-Reply-To", f"<{mail.in_reply_to}>" if _is_id(mail.in_reply_to) else ""),
        ("References", "\r\n ".join(f"<{known}>" for known in references)),
        *(_AUTOMATIC if mail.automatic else ()),
        *(_GENERATED if mail.generated else ()),
    ]
    head = b"".join(_field(name, value) for name, value in fields if value)
    return head + _body(mail).as_bytes(policy=policy.SMTP)


def reply_subject(subject: str) -> str:
    """The subject of an answer: one `Re:`, however many there are."""
    bare = re.sub(r"(?i)^(?:\s*(?:re|aw|sv|antw|odp|vs|r)\s*(?:\[\d+\])?\s*:)+", "", subject).strip()
    return f"Re: {bare}" if bare else "Re: your message"


def as_html(text: str) -> str:
    """Plain text as HTML that looks the same, its web addresses as links."""
    parts, at = [], 0
    for found in _LINK.finditer(text):
        address = html_entities.escape(found[0])
        parts += [html_entities.escape(text[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    shown = "".join((*parts, html_entities.escape(text[at:])))
    return f'<div style="white-space: pre-wrap">{shown}</div>'


def _body(mail: Outgoing) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    text = mail.text if mail.text.endswith("\n") else f"{mail.text}\n"
    message.set_content(text, cte=_encoding(text))
    message.add_alternative(mail.html or as_html(mail.text), subtype="html", cte="quoted-printable")
    for number, file in enumerate(mail.files, start=1):
        main, _, sub = file.type.partition("/")
        known = re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,100}", file.type) and main not in (
            "multipart",
            "message",
        )
        message.add_attachment(
            file.data,
            maintype=main if known else "application",
            subtype=sub if known else "octet-stream",
            filename=clean_name(file.name) or f"file-{number}",
        )
    return message


def _encoding(text: str) -> str:
    """Plain lines stay readable on their way; anything else is quoted (RFC 2045 §6)."""
    return "7bit" if text.isascii() and max(map(len, text.split("\n"))) < 990 else "quoted-printable"


def _field(name: str, value: str) -> bytes:
    for line in value.split("\r\n "):
        if not line.isprintable() or len(line) > 990:
            raise ValueError(f"a line of {name} cannot be written")
    return f"{name}: {value}\r\n".encode()


def _person(person: Person) -> str:
    name = _CONTROLS.sub(" ", person.name).strip()[:_MAX_NAME]
    address = _address(person.email)
    if not name:
        return address
    plain = _PLAIN_PHRASE.fullmatch(name) and "=?" not in name
    return f"{name if plain else _encoded(name)} <{address}>"


def _address(address: str) -> str:
    """The address when it can stand in a header alone, else BadAddress."""
    if not _ADDRESS.fullmatch(address) or not address.isprintable():
        raise BadAddress("the address cannot be used")
    return address


def _is_id(message_id: str | None) -> bool:
    return message_id is not None and bool(_MESSAGE_ID.fullmatch(message_id))


def _words(text: str) -> str:
    """One line of text: as it is when short and plain, else as encoded words."""
    line = _CONTROLS.sub(" ", text).strip()
    if line.isascii() and len(line) < 70 and "=?" not in line:
        return line
    return _encoded(line)


def _encoded(text: str) -> str:
    """Encoded words of at most 75 characters, cut between characters (RFC 2047 §2)."""
    words: list[str] = []
    held = b""
    for character in text:
        code = character.encode("utf-8", "replace")
        if len(held) + len(code) > 42:
            words.append(held.decode())
            held = b""
        held += code
    words.append(held.decode())
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words)
