"""A reply in the store to the mail that leaves; pure."""

from __future__ import annotations

import html as html_entities
from collections.abc import Sequence
from uuid import UUID

from connectors.mail.address import reply_address
from connectors.mail.compose import File, Outgoing, as_html, reply_subject
from server.domain.inbound import Person
from server.store.outgoing import Reply


def letter(
    reply: Reply, workspace_id: UUID, message_id: str, files: Sequence[File], secret: bytes
) -> Outgoing:
    """All of the mail. It answers the customer's newest mail, or ours when there is none yet."""
    theirs = [known for known, outgoing in reply.thread if not outgoing]
    before = [known for known, _ in reply.thread]
    signature = reply.settings.signature.strip()
    text = f"{reply.content}\n\n-- \n{signature}" if signature else reply.content
    return Outgoing(
        sender=Person(reply.inbox_name, reply.address),
        to=Person(reply.customer_name, reply.customer_email or ""),
        subject=reply_subject(reply.subject),
        text=text,
        html=_html(reply, signature),
        date=reply.created_at,
        message_id=message_id,
        reply_to=reply_address(reply.address, secret, workspace_id, reply.number),
        in_reply_to=next(reversed(theirs or before), None),
        references=tuple(before),
        files=tuple(files),
    )


def _html(reply: Reply, signature: str) -> str:
    shown = reply.content_html or as_html(reply.content)
    if not signature:
        return shown
    return f'{shown}<p style="white-space: pre-wrap">-- \n{html_entities.escape(signature)}</p>'
