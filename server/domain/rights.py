"""The one place that says who may do what. Every route, every frame and every command asks here.

`check` raises NotFound where the actor may not even know of the thing, and NotPermitted where they may see
it but not do this to it. Row-level security stands behind it: another workspace's rows cannot be read at all.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import assert_never
from uuid import UUID

import msgspec

from server.domain.errors import NotFound, NotPermitted
from server.domain.identity import Actor, Agent, Customer, System


class Action(Enum):
    """Everything that can be asked for."""

    READ_TICKET = auto()
    READ_TICKET_INTERNALS = auto()  # notes, events, assignment, SLA, addresses
    OPEN_TICKET = auto()
    WRITE_MESSAGE = auto()
    WRITE_NOTE = auto()
    WRITE_DRAFT = auto()  # the shared draft of a reply
    CHANGE_TICKET = auto()  # status, assignment, priority, tags, subject
    READ_DESK = auto()  # agents, teams, inboxes, tags, policies, customers, reports
    CHANGE_CUSTOMER = auto()
    WRITE_ARTICLE = auto()
    MANAGE_DESK = auto()  # agents, teams, inboxes, policies, the workspace
    OWN_ACCOUNT = auto()  # one's own password, status and tokens
    UPLOAD = auto()


class Scope(msgspec.Struct, frozen=True):
    """What the action is about: the facts that rights depend on."""

    workspace_id: UUID
    inbox_id: UUID | None = None
    customer_id: UUID | None = None
    visitor_id: UUID | None = None
    channel: str | None = None


_READING = {Action.READ_TICKET, Action.READ_TICKET_INTERNALS}
_LIGHT = _READING | {Action.WRITE_NOTE, Action.READ_DESK, Action.OWN_ACCOUNT, Action.UPLOAD}
_AGENT = _LIGHT | {
    Action.OPEN_TICKET,
    Action.WRITE_MESSAGE,
    Action.WRITE_DRAFT,
    Action.CHANGE_TICKET,
    Action.CHANGE_CUSTOMER,
    Action.WRITE_ARTICLE,
}
_BY_ROLE = {"light_agent": _LIGHT, "agent": _AGENT, "admin": _AGENT | {Action.MANAGE_DESK}}
_BY_CUSTOMER = {Action.READ_TICKET, Action.OPEN_TICKET, Action.WRITE_MESSAGE, Action.UPLOAD}


def sees_inbox(agent: Agent, inbox_id: UUID) -> bool:
    """Whether an agent reaches what came in through an inbox."""
    return agent.role == "admin" or inbox_id in agent.inbox_ids


def check(actor: Actor | None, action: Action, scope: Scope) -> None:
    """Raise NotFound or NotPermitted unless `actor` may do `action` on what `scope` describes."""
    match actor:
        case None:
            raise NotFound
        case System():
            if scope.workspace_id != actor.workspace_id:
                raise NotFound
        case Agent():
            _check_agent(actor, action, scope)
        case Customer():
            _check_customer(actor, action, scope)
        case _:
            assert_never(actor)


def _check_agent(agent: Agent, action: Action, scope: Scope) -> None:
    if scope.workspace_id != agent.workspace_id:
        raise NotFound
    if scope.inbox_id is not None and not sees_inbox(agent, scope.inbox_id):
        raise NotFound
    if action not in _BY_ROLE[agent.role]:
        raise NotPermitted


def _check_customer(customer: Customer, action: Action, scope: Scope) -> None:
    if scope.workspace_id != customer.workspace_id or action not in _BY_CUSTOMER:
        raise NotFound
    if action in (Action.OPEN_TICKET, Action.UPLOAD):
        if customer.visitor_id is not None and scope.inbox_id != customer.inbox_id:
            raise NotFound
        return
    if scope.customer_id != customer.id:
        if not (customer.admitted and action is Action.WRITE_MESSAGE):
            raise NotFound
        return
    own_visit = customer.visitor_id is None or customer.visitor_id == scope.visitor_id
    # A site vouches for what was said at that site, not for another's customer of the same name.
    vouched = customer.verified and scope.channel == "chat" and scope.inbox_id == customer.inbox_id
    if not own_visit and not vouched:
        raise NotFound
