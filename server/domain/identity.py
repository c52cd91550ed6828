"""Who asks: an agent, a customer (known or an anonymous visitor), or Parley itself.

Made where credentials are checked and nowhere else; everything further in trusts it.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

Role = Literal["admin", "agent", "light_agent"]
ActorType = Literal["agent", "customer", "system"]
PARLEY = "Parley"  # what Parley itself is called where it acts


class Agent(msgspec.Struct, frozen=True):
    """A member of staff. `inbox_ids` are those they are a member of; an admin reaches every inbox."""

    workspace_id: UUID
    id: UUID
    name: str
    role: Role
    inbox_ids: frozenset[UUID] = frozenset()

    @property
    def type(self) -> ActorType:
        return "agent"


class Customer(msgspec.Struct, frozen=True):
    """A customer.

    With a `visitor_id` they write in the widget of `inbox_id` and reach the tickets of that visitor; when
    `verified` by a signed identity they reach all their chat tickets of that inbox. Without one, a connector
    speaks for them on a ticket that it has chosen itself; `admitted` to write in another customer's, as they
    were sent its signed reply address; `automatic` when a machine wrote in their name: that opens nothing
    again and is no reason for a clock to run.
    """

    workspace_id: UUID
    id: UUID
    name: str
    visitor_id: UUID | None = None
    inbox_id: UUID | None = None
    verified: bool = False
    admitted: bool = False
    automatic: bool = False

    @property
    def type(self) -> ActorType:
        return "customer"


class System(msgspec.Struct, frozen=True):
    """Parley itself: a clock, a connector, an operator at the command line."""

    workspace_id: UUID
    name: str = PARLEY

    @property
    def type(self) -> ActorType:
        return "system"

    @property
    def id(self) -> None:
        return None


Actor = Agent | Customer | System
