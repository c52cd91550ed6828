"""What a mail becomes in its ticket: the command, its text, and what agents are told beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from server.clock import new_id
from server.domain.commands import AddInteraction, Command, NewInteraction, OpenTicket
from server.domain.identity import Actor, Customer
from server.domain.inbound import InboundAttachment
from server.domain.interaction import MAX_CONTENT_BYTES
from server.intake.choice import Arrived, Begin, Choice, Continue, Ours, Remark
from server.store.mails import StoredFile

_MAX_SUBJECT = 500
_MAX_HTML_BYTES = 400_000


def command_of(each: Arrived, actor: Actor, choice: Choice, files: Sequence[StoredFile]) -> Command:
    message = each.message
    said = NewInteraction(
        new_id(),
        "note" if isinstance(choice, Remark) else "message",
        _content(each, choice),
        None if each.html is None or len(each.html.encode()) > _MAX_HTML_BYTES else each.html,
        tuple(file.id for file in files),
    )
    match choice:
        case Continue(ticket) | Remark(ticket):
            return AddInteraction(ticket.id, said)
        case Begin():
            assert isinstance(actor, Customer)
            return OpenTicket(
                new_id(),
                each.mail.inbox_id,
                "email",
                actor.id,
                message.subject[:_MAX_SUBJECT] or "(no subject)",
                said,
                priority="low" if message.mail_class in ("auto_reply", "bounce") else "normal",
                customer_name=actor.name,
            )
        case Ours():
            raise AssertionError("our own mail says nothing new")
        case _:
            assert_never(choice)


def _content(each: Arrived, choice: Choice) -> str:
    message = each.message
    text = message.reply_text or ("(only attachments)" if message.attachments else "(no text)")
    if isinstance(choice, Remark):
        kind = "Delivery report" if message.mail_class == "bounce" else "Automatic reply"
        text = f"{kind} from {message.sender.email or 'an unknown sender'}: {message.subject}\n\n{text}"
    encoded = text.encode()
    if len(encoded) <= MAX_CONTENT_BYTES:
        return text
    return encoded[: MAX_CONTENT_BYTES - 100].decode("utf-8", "ignore") + "\n[…] The whole text is attached."


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
