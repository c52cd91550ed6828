"""Raw bytes to an inbound message: total, pure, bounded.

Any bytes give a message; what was wrong is in its `defects`. A fault in one stage (text, quote) costs
that stage only, and is named there: a mail is never lost for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from connectors.mail.body import Body, read_body
from connectors.mail.bounce import read_bounce
from connectors.mail.charset import mend
from connectors.mail.digest import digest
from connectors.mail.headers import Headers, decode_words
from connectors.mail.kind import classify
from connectors.mail.mime import Tree
from connectors.mail.people import parse_people
from connectors.mail.quote import Reply, reply_of, split
from server.domain.inbound import InboundMessage, Person

_MAX_SUBJECT = 1000
_MAX_DEFECTS = 20
_MAX_REFERENCES = 100
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_LOOSE_ID = re.compile(r"<([^<>]{1,900})>")
# What breaks a line or cannot be seen; the spaces of one line stay as they were written.
_BREAK = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029][\x00-\x20\x7f\x85\u2028\u2029]*")
_COMMENT, _SPACED_COLON = re.compile(r"\([^()]*\)"), re.compile(r"\s*:\s*")
_T = TypeVar("_T")


def parse(raw: bytes) -> InboundMessage:
    """The mail in `raw`; never raises."""
    tree = Tree(raw)
    root, headers, defects = tree.root, tree.root.headers, tree.defects
    body = _stage(lambda: read_body(root), Body(), "the parts could not be read", defects)
    text = _stage(body.text, "", "the text could not be read", defects)
    subject = _one_line(headers.decoded("subject"))[:_MAX_SUBJECT]
    reply = _stage(lambda: reply_of(split(text)), Reply(text, ""), "the quote could not be found", defects)
    sender = _sender(headers)
    if not sender.email:
        defects.append("there is no sender address")
    defects += body.defects
    mail_class, auto = classify(root, sender, subject, text)
    references = _ids(headers, "references")
    if mail_class == "bounce":
        references += _returned_ids(body)
    return InboundMessage(
        subject=subject,
        sender=sender,
        to=_people(headers, "to"),
        cc=_people(headers, "cc"),
        reply_to=_people(headers, "reply-to"),
        text=text,
        html=_stage(body.html, None, "the HTML could not be read", defects),
        reply_text=reply.text,
        signature=reply.signature,
        attachments=tuple(body.attachments),
        message_id=next(iter(_ids(headers, "message-id")), None),
        in_reply_to=next(iter(_ids(headers, "in-reply-to")), None),
        references=references,
        date=_date(headers.text("date")),
        mail_class=mail_class,
        auto=auto,
        bounce=_stage(lambda: read_bounce(root, text), None, "the report could not be read", defects)
        if mail_class == "bounce"
        else None,
        digest=digest(root, root.body),
        defects=tuple(mend(defect) for defect in defects[:_MAX_DEFECTS]),
    )


def _stage(stage: Callable[[], _T], instead: _T, defect: str, defects: list[str]) -> _T:
    """Run one stage. The catch-all is the promise that mail cannot vanish: the fault becomes a defect,
    which the ticket shows beside the raw mail."""
    try:
        return stage()
    except Exception as error:  # noqa: BLE001
        defects.append(f"{defect} ({type(error).__name__})")
        return instead


def _sender(headers: Headers) -> Person:
    """From, or what stands in its place when it is missing or empty, under the name that From gave."""
    named = ""
    for name in ("from", "sender", "reply-to", "return-path"):
        people = _people(headers, name)
        found = next((person for person in people if person.email), None)
        if found is not None:
            return Person(named or found.name, found.email)
        named = named or next((person.name for person in people), "")
    return Person(named, "")


def _people(headers: Headers, name: str) -> tuple[Person, ...]:
    """The people of all fields of that name (there should be one, RFC 5322 §3.6)."""
    values = headers.texts(name)
    return parse_people(", ".join(values)) if values else ()


def _ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The message ids in a field without their brackets, in order; bare tokens count when none has them."""
    text = mend(" ".join(headers.texts(name)))
    text = decode_words(text) if "=?" in text else text  # which some programs do to long ids
    found: list[str] = _MESSAGE_ID.findall(text)
    if not found and "<" in text:
        loose = (known.strip() for known in _LOOSE_ID.findall(text))
        found = [known if '"' in known else "".join(known.split()) for known in loose if known]
    if not found:
        bare = [token.strip("<>") for token in text.replace(",", " ").split()]
        found = [token for token in bare if "@" in token] or bare[:1]
        found = [token for token in found if 0 < len(token) < 900]
    if len(found) > _MAX_REFERENCES:
        found = found[:1] + found[1 - _MAX_REFERENCES :]
    return tuple(found)


def _returned_ids(body: Body) -> tuple[str, ...]:
    """The ids of the mails that a delivery report sends back (RFC 3462 §1): what it is about."""
    returned = (part for part in body.attachments if part.type in ("message/rfc822", "text/rfc822-headers"))
    return tuple(known for part in returned for known in _ids(Tree(part.data).root.headers, "message-id"))


def _date(text: str) -> datetime | None:
    """The instant in a Date field, in UTC; a time without a zone is taken as UTC."""
    text = text[:200]
    # Comments and spaces inside belong to an old form (RFC 5322 §4.3).
    return _instant(text) or _instant(_SPACED_COLON.sub(":", _COMMENT.sub("", text)))


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None


def _one_line(text: str) -> str:
    return _BREAK.sub(" ", text).strip()
