"""What a provider posts, to the raw bytes that every channel ends in; pure.

SendGrid (Inbound Parse): the field `email` holds the raw mail, or `headers`, `text`, `html` and files hold
it in pieces. Mailgun (Routes): `body-mime` holds it, or `message-headers`, `body-plain`, `body-html` and
files. A mail in pieces is put together again and then read like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from email import policy
from email.message import EmailMessage
from typing import Any, TypeVar

import msgspec

from connectors.mail.charset import mend
from connectors.webhook.form import Form, FormFile, read_form
from server.domain.errors import Invalid

_RAW_TYPES = ("message/rfc822", "message/global", "text/plain", "application/octet-stream", "")
_BODY_HEADERS = (
    "content-type",
    "content-transfer-encoding",
    "mime-version",
    "content-disposition",
    "content-length",
)
_T = TypeVar("_T", list[Any], dict[str, Any])


class Posted(msgspec.Struct, frozen=True):
    """A mail, and whom its provider says it is from and for."""

    raw: bytes
    mail_from: str = ""
    recipients: tuple[str, ...] = ()


def read_post(content_type: str, body: bytes) -> Posted:
    """The mail in a request; raises Invalid when there is none."""
    if content_type.split(";", maxsplit=1)[0].strip().lower() in _RAW_TYPES:
        if not body.strip():
            raise Invalid("There is no mail in the request")
        return Posted(body)
    form = read_form(content_type, body)
    if "body-mime" in form.fields or "message-headers" in form.fields or "body-plain" in form.fields:
        raw = form.fields.get("body-mime") or _from_mailgun(form)
        return Posted(raw, form.text("sender"), tuple(form.text("recipient").split(",")))
    if "email" in form.fields or "headers" in form.fields or "text" in form.fields:
        raw = form.fields.get("email") or _from_sendgrid(form)
        mail_from, recipients = _sendgrid_envelope(form)
        return Posted(raw, mail_from, recipients)
    raise Invalid("The form carries no mail")


def _from_mailgun(form: Form) -> bytes:
    headers = [
        (str(pair[0]), str(pair[1]))
        for pair in _json(form.text("message-headers"), list)
        if isinstance(pair, list) and len(pair) == 2
    ]
    headers = headers or [("From", form.text("from")), ("Subject", form.text("subject"))]
    named = _json(form.text("content-id-map"), dict)
    ids = {str(field): str(content_id) for content_id, field in named.items()}
    return _together(headers, form.text("body-plain"), form.text("body-html"), form.files, ids)


def _from_sendgrid(form: Form) -> bytes:
    charsets = _json(form.text("charsets"), dict)

    def text(name: str) -> str:
        return form.text(name, str(charsets.get(name) or "utf-8"))

    headers = [
        (name.strip(), value.strip())
        for name, colon, value in (line.partition(":") for line in _unfolded(text("headers")))
        if colon
    ]
    headers = headers or [("From", text("from")), ("To", text("to")), ("Subject", text("subject"))]
    about = _json(form.text("attachment-info"), dict)
    ids = {
        str(field): str(info["content-id"])
        for field, info in about.items()
        if isinstance(info, dict) and info.get("content-id")
    }
    return _together(headers, text("text"), text("html"), form.files, ids)


def _sendgrid_envelope(form: Form) -> tuple[str, tuple[str, ...]]:
    envelope = _json(form.text("envelope"), dict)
    to = envelope.get("to")
    recipients = tuple(str(address) for address in to) if isinstance(to, list) else ()
    return str(envelope.get("from") or ""), recipients


def _together(
    headers: Sequence[tuple[str, str]],
    text: str,
    html: str,
    files: Sequence[FormFile],
    ids: Mapping[str, str],
) -> bytes:
    """A mail of these pieces: the headers as they were but for those about the body, a body of our own."""
    body = EmailMessage(policy=policy.SMTP)
    body.set_content(mend(text) or "\n")
    if html:
        body.add_alternative(mend(html), subtype="html")
    for file in files:
        main, _, sub = file.type.partition("/")
        if main in ("multipart", "message") or not sub:
            main, sub = "application", "octet-stream"
        cid = ids.get(file.field)
        body.add_attachment(
            file.data,
            maintype=main,
            subtype=sub,
            filename=file.name or None,
            disposition="inline" if cid else "attachment",
            cid=f"<{cid.strip('<>')}>" if cid else None,
        )
    kept = b"".join(
        f"{name}: {' '.join(value.split())}\r\n".encode("utf-8", "replace")
        for name, value in headers
        if name.isascii() and name.replace("-", "").isalnum() and name.lower() not in _BODY_HEADERS
    )
    return kept + body.as_bytes()


def _unfolded(headers: str) -> list[str]:
    lines: list[str] = []
    for line in headers.splitlines()[:2000]:
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines


def _json(text: str, kind: type[_T]) -> _T:
    """What a provider put into a field, or nothing of that kind when it is not that."""
    try:
        found = json.loads(text) if text else kind()
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()
