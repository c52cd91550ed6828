"""Whether a mail is an agent's answer to the customer. Pure.

It is one in two ways only: it came to a reply address that we signed for this agent and this ticket, from
the agent's own address, and nothing says that it is forged; or a relay that signed in with our password
brought it, DMARC proves the agent's address, and it came to the ticket's reply address. What came to an
agent's reply address and is not theirs to send is kept as a note that says why, and goes to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.answer_text import answer_text
from server.domain.authentication import Authentication
from server.domain.identity import Agent
from server.domain.interaction import MAX_CONTENT_BYTES
from server.domain.mail import AgentToken, is_machine
from server.intake.choice import Answer, Arrived, Remark, Tickets
from server.store.mails import KnownTicket
from server.store.notices import Answerer


def judge(each: Arrived, tickets: Tickets, agents: Sequence[Answerer]) -> Answer | Remark | None:
    """An agent's answer, what is no answer though it came to an agent's address, or None: as any mail."""
    token = each.agent_token
    if token is None:
        return _by_relay(each, tickets, agents)
    ticket = tickets.get(token.number)
    if ticket is None:
        return None
    if is_machine(each.message):
        return Remark(ticket)
    named = [agent for agent in agents if agent.reference == token.reference]
    if len(named) != 1:
        return Remark(ticket, "This came to the reply address of an agent who is not there any more.")
    [agent] = named
    doubt = _doubt_of_token(each, token, agent) or _doubt_of_right(ticket, agent) or _doubt_of_text(each)
    return Remark(ticket, doubt) if doubt else _answer(each, ticket, agent)


def comes_by_relay(each: Arrived) -> bool:
    """Whether a relay with our password brought it, and the From domain vouches for it."""
    return each.mail.envelope.authenticated and each.authentication.proves_sender and each.number is not None


def _by_relay(each: Arrived, tickets: Tickets, agents: Sequence[Answerer]) -> Answer | Remark | None:
    ticket = tickets.get(each.number or 0)
    if ticket is None or not comes_by_relay(each) or is_machine(each.message):
        return None
    sender = each.message.sender.email.lower()
    found = [agent for agent in agents if agent.email == sender and agent.active]
    if len(found) != 1:
        return None
    doubt = _doubt_of_right(ticket, found[0]) or _doubt_of_text(each)
    return Remark(ticket, doubt) if doubt else _answer(each, ticket, found[0])


def _answer(each: Arrived, ticket: KnownTicket, agent: Answerer) -> Answer:
    actor = Agent(each.mail.workspace_id, agent.id, agent.name, agent.role, agent.inbox_ids)
    return Answer(ticket, actor, agent.email)


def _doubt_of_token(each: Arrived, token: AgentToken, agent: Answerer) -> str:
    """Why this mail is not from whom the address was signed for, or too late."""
    sender = each.message.sender.email
    if each.mail.received_at.date() > token.last_day:
        return f"The reply address of {agent.name} that this came to has expired."
    if sender.lower() != agent.email:
        return f"Answered by someone else ({sender or 'unknown'}) through {agent.name}'s reply address."
    if _fails(each.authentication):
        return f"This says that {agent.name} wrote it, and does not come from where their mail comes from."
    return ""


def _doubt_of_right(ticket: KnownTicket, agent: Answerer) -> str:
    """Why this agent may not answer this ticket, as far as is known here: the writer checks it again."""
    if not agent.active:
        return f"{agent.name}, whose answer this is, is not active any more."
    if agent.role != "admin" and (agent.role != "agent" or ticket.inbox_id not in agent.inbox_ids):
        return f"{agent.name}, whose answer this is, may not answer this ticket."
    if ticket.status == "closed":
        return f"{agent.name} has answered, and the ticket is closed."
    return ""


def _doubt_of_text(each: Arrived) -> str:
    text = answer_text(each.message.reply_text)
    if not text and not each.message.attachments:
        return "An answer by mail has no text."
    if len(text.encode()) > MAX_CONTENT_BYTES:
        return "An answer by mail is too long to be sent."
    return ""


def _fails(found: Authentication) -> bool:
    """Whether anything speaks against the sender, and DMARC not for them."""
    return not found.proves_sender and "fail" in (found.spf, found.dkim, found.dmarc)
