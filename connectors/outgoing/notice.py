"""A letter to an agent who is not there, from the store to the mail that leaves; pure.

It holds what the agent needs to answer: what happened, what the customer said last, and where the ticket is.
Its Reply-To is signed for this agent and this ticket. What a customer wrote stands in it as text, never as a
link of ours, and never in its head but for the ticket's subject.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import UUID

from connectors.mail.address import agent_reply_address, without_token
from connectors.mail.compose import Outgoing
from connectors.outgoing.wording import no_link, one_line
from server.domain.answer_text import REPLY_MARK
from server.domain.inbound import Person
from server.store.notices import Notice, Reason
from server.store.outgoing import People

LASTS = timedelta(days=30)  # how long its Reply-To is good
_MAX_SAID = 5000
_TARGETS = {"first_response": "first response", "next_response": "next response", "resolution": "resolution"}


def notice_letter(
    notice: Notice, workspace_id: UUID, message_id: str, secret: bytes, desk_url: str
) -> Outgoing:
    """All of the mail."""
    reply_to = _reply_to(notice, workspace_id, secret)
    people = addressed(notice)
    subject = one_line(without_token(notice.subject))
    return Outgoing(
        sender=people.sender,
        to=people.to[0],
        subject=f"#{notice.number} {subject}",
        text=_text(notice, f"{desk_url}/tickets/{notice.ticket_id}", answerable=reply_to is not None),
        date=notice.created_at,
        message_id=message_id,
        reply_to=reply_to or notice.address,
        generated=True,
    )


def addressed(notice: Notice) -> People:
    """From whom and to whom it goes."""
    sender = Person(notice.inbox_name, notice.address)
    return People(sender, (Person(notice.agent_name, notice.agent_email),))


def _reply_to(notice: Notice, workspace_id: UUID, secret: bytes) -> str | None:
    """Who may not answer customers is given no way to."""
    if notice.role == "light_agent":
        return None
    last_day = (notice.created_at.astimezone(UTC) + LASTS).date()
    return agent_reply_address(notice.address, secret, workspace_id, notice.agent_id, notice.number, last_day)


def _text(notice: Notice, url: str, *, answerable: bool) -> str:
    customer = no_link(notice.customer_name) or "The customer"
    parts = [f"Ticket #{notice.number}: {one_line(notice.subject)}"]
    parts.append("\n".join(dict.fromkeys(_told(reason, customer) for reason in notice.reasons)))
    if notice.said:
        said = notice.said[:_MAX_SAID] + (" […]" if len(notice.said) > _MAX_SAID else "")
        parts.append(f"{customer} said last:\n\n{_indented(said)}")
    parts.append(f"The ticket: {url}")
    if answerable:
        parts.insert(0, REPLY_MARK)
        parts.append(f"An answer to this mail goes to {customer} as yours. Do not forward it.")
    if notice.held:
        others = "\n".join(f"#{held.number} {one_line(held.subject)}" for held in notice.held)
        parts.append(f"There was more within an hour than is mailed one by one:\n{others}")
    parts.append("You get this as you are not in the console; your account there turns it off.")
    return "\n\n".join(part for part in parts if part)


def _told(reason: Reason, customer: str) -> str:
    target = _TARGETS.get(reason.target or "", "target")
    due = "" if reason.due_at is None else f" ({reason.due_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    match reason.kind:
        case "customer_answered":
            return f"{customer} has answered."
        case "ticket_assigned":
            by = "" if reason.actor_name is None else f" by {one_line(reason.actor_name)}"
            return f"It was assigned to you, or to your team{by}."
        case "sla_warned":
            return f"The {target} is due soon{due}."
        case "sla_breached":
            return f"The {target} is late{due}."
        case "sla_escalated":
            return f"The {target} was escalated{due}."
        case "webhook_disabled":
            return ""


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
