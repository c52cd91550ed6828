"""A reply in the store to the mail that leaves; pure.

An automatic answer says nothing that somebody else wrote (security row M4): no subject, no name, no quoted
history, no copies, and a null return path, so that nothing answers it (RFC 3834 §3.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from connectors.mail.address import reply_address, split_address, subject_token, without_token
from connectors.mail.compose import File, Outgoing, as_html, reply_subject
from connectors.outgoing.wording import html_of, no_link, one_line, quoted_html, quoted_text, text_of
from server.domain.inbound import Person
from server.store.outgoing import People, Reply


def letter(
    reply: Reply, workspace_id: UUID, message_id: str, files: Sequence[File], secret: bytes
) -> Outgoing:
    """All of the mail. It answers the customer's newest mail, or ours when there is none yet."""
    theirs = [known for known, outgoing in reply.thread if not outgoing]
    before = [known for known, _ in reply.thread]
    text, html = _body(reply)
    people = people_of(reply)
    return Outgoing(
        sender=people.sender,
        to=people.to[0],
        cc=people.cc,
        subject=f"{_subject(reply)} {subject_token(secret, workspace_id, reply.number)}",
        text=text,
        html=html,
        date=reply.created_at,
        message_id=message_id,
        reply_to=reply_address(reply.address, secret, workspace_id, reply.number),
        in_reply_to=next(reversed(theirs or before), None),
        references=tuple(before),
        files=tuple(files),
        automatic=reply.automatic,
    )


def recipients(mail: Outgoing, bcc: Sequence[str]) -> list[str]:
    """Who the relay is told to bring it to, each once; an automatic answer goes to one person only."""
    copies = () if mail.automatic else (*(person.email for person in mail.cc), *bcc)
    readers: dict[str, str] = {}
    for address in (mail.to.email, *copies):
        readers.setdefault(address.lower(), address)
    return list(readers.values())


def people_of(reply: Reply) -> People:
    """From whom and to whom it goes, as its head says."""
    to = Person("" if reply.automatic else reply.customer_name, reply.customer_email or "")
    return People(Person(reply.inbox_name, reply.address), (to,), () if reply.automatic else _copied(reply))


def return_path(mail: Outgoing) -> str:
    """Where bounces go: nowhere for an automatic answer."""
    return "" if mail.automatic else mail.sender.email


def _copied(reply: Reply) -> tuple[Person, ...]:
    """The participants, but for the customer and ourselves."""
    known = {(reply.customer_email or "").lower(), reply.address.lower()}
    return tuple(person for person in reply.copied if split_address(person.email)[0] not in known)


def _subject(reply: Reply) -> str:
    if reply.automatic:
        return "Your message to us"
    subject = without_token(reply.subject)
    return reply_subject(subject) if reply.thread else subject


def _body(reply: Reply) -> tuple[str, str]:
    """The plain text and the HTML."""
    settings = reply.settings
    values = {
        "agent_name": one_line(reply.author_name) or reply.inbox_name,
        "customer_name": "" if reply.automatic else no_link(reply.customer_name),
        "inbox_name": reply.inbox_name,
        "ticket_number": str(reply.number),
    }
    template = "" if reply.automatic else settings.template
    text = text_of(reply.content, template, settings.signature, values)
    html = html_of(reply.content_html or as_html(reply.content), template, settings.signature, values)
    if reply.automatic or not (settings.quote and reply.quoted):
        return text, html
    return f"{text}\n\n{quoted_text(reply.quoted)}", f"{html}<br>{quoted_html(reply.quoted)}"
