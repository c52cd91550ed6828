"""What a mail becomes in its ticket: the command, its text, and what agents are told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from server.clock import new_id
from server.domain.answer_text import answer_text, without_agent_tokens
from server.domain.commands import AddInteraction, Command, NewInteraction, OpenTicket
from server.domain.identity import Actor, Customer
from server.domain.inbound import InboundAttachment, InboundMessage
from server.domain.interaction import MAX_CONTENT_BYTES
from server.domain.mail import is_machine
from server.intake.choice import Answer, Arrived, Begin, Choice, Continue, Ours, Remark
from server.store.mails import StoredFile

_MAX_SUBJECT = 500
_MAX_HTML_BYTES = 400_000
_KINDS = {"bounce": "Delivery report", "auto_reply": "Automatic reply", "list": "Mail through a list"}


def command_of(each: Arrived, actor: Actor, choice: Choice, files: Sequence[StoredFile]) -> Command:
    message = each.message
    html = None if isinstance(choice, Answer) else each.html  # it has our letter in it
    said = NewInteraction(
        new_id(),
        "note" if isinstance(choice, Remark) else "message",
        _content(each, choice),
        None if html is None or len(html.encode()) > _MAX_HTML_BYTES else html,
        tuple(file.id for file in files),
    )
    match choice:
        case Continue(ticket) | Remark(ticket) | Answer(ticket):
            reopen = isinstance(choice, Continue) and choice.reopen
            return AddInteraction(ticket.id, said, reopen=reopen)
        case Begin():
            assert isinstance(actor, Customer)
            return OpenTicket(
                new_id(),
                each.mail.inbox_id,
                "email",
                actor.id,
                message.subject[:_MAX_SUBJECT] or "(no subject)",
                said,
                priority="low" if is_machine(message) else "normal",
                customer_name=actor.name,
            )
        case Ours():
            raise AssertionError("our own mail says nothing new")
        case _:
            assert_never(choice)


def _content(each: Arrived, choice: Choice) -> str:
    message = each.message
    if isinstance(choice, Answer):
        return answer_text(message.reply_text) or "(only attachments)"
    text = message.reply_text or ("(only attachments)" if message.attachments else "(no text)")
    if isinstance(choice, Remark):
        kind = _KINDS.get(message.mail_class, "Automatic mail")
        who = message.sender.email or "an unknown sender"
        about = f"{kind} from {who}: {message.subject}\n{_bounced(message)}"
        if choice.doubt:
            about, text = f"{choice.doubt} It was not sent to the customer.\n", without_agent_tokens(text)
        text = f"{about}\n{text}"
    encoded = text.encode()
    if len(encoded) <= MAX_CONTENT_BYTES:
        return text
    return encoded[: MAX_CONTENT_BYTES - 100].decode("utf-8", "ignore") + "\n[…] The whole text is attached."


def _bounced(message: InboundMessage) -> str:
    """The line of a delivery report that agents look for."""
    if message.bounce is None:
        return ""
    address = message.bounce.recipient or "the recipient"
    verb = "is delayed" if bounce_is_late(message) else "could not be delivered"
    return f"Mail to {address} {verb}. {bounce_reason(message)}".rstrip() + "\n"


def bounce_is_late(message: InboundMessage) -> bool:
    """Whether a report says that it is not over yet (RFC 3463: 4.x.x), or that all is well (2.x.x)."""
    return message.bounce is not None and message.bounce.status[:1] in ("2", "4")


def bounce_reason(message: InboundMessage) -> str:
    """What the system that refused has said."""
    if message.bounce is None:
        return ""
    return f"{message.bounce.status} {message.bounce.diagnostic}".strip()[:500]


def overlong(each: Arrived) -> list[InboundAttachment]:
    """What is too long to be shown in place, as files."""
    files = []
    texts = [("message.txt", "text/plain", each.message.text, MAX_CONTENT_BYTES - 200)]
    texts.append(("message.html", "text/html", each.message.html or "", _MAX_HTML_BYTES))
    for name, kind, text, limit in texts:
        data = text.encode()
        if len(data) > limit:
            files.append(InboundAttachment(name, kind, len(data), None, False, data))
    return files


def remark_on(each: Arrived, choice: Choice) -> str:
    """What agents should know about a mail, or nothing."""
    remarks = []
    if isinstance(choice, Continue) and choice.other:
        remarks.append(
            f"{each.message.sender.email} is not this ticket's customer, but has its reply address."
        )
    if isinstance(choice, Begin) and choice.previous is not None:
        remarks.append(f"This goes on from ticket #{choice.previous.number}, which is closed.")
    remarks += [f"About this mail: {defect}." for defect in each.message.defects if "could not be" in defect]
    return "\n".join(remarks)
