"""What can be asked of a ticket: the closed vocabulary of commands, imperative where events are past."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from server.domain.events import Channel, InteractionType, Priority, Status, TargetName
from server.domain.identity import Actor


class NewInteraction(msgspec.Struct, frozen=True):
    """Something to say. `content` is plain text kept byte for byte; `content_html` is already sanitised.

    `client_id` is the author's own id for it: a repeat within the ticket and author finds the first.
    """

    id: UUID
    type: InteractionType
    content: str
    content_html: str | None = None
    attachment_ids: tuple[UUID, ...] = ()
    client_id: str | None = None


class CommandKey(msgspec.Struct, frozen=True):
    """A key that the world outside gave to the command, unique for ever within its scope.

    `fingerprint` is a digest of what was asked: the same key with another fingerprint is refused.
    """

    scope: str
    key: str
    fingerprint: bytes


class OpenTicket(msgspec.Struct, frozen=True):
    """Begin a ticket, with what the customer said first."""

    ticket_id: UUID
    inbox_id: UUID
    channel: Channel
    customer_id: UUID
    subject: str
    first: NewInteraction
    visitor_id: UUID | None = None
    priority: Priority = "normal"
    tag_ids: tuple[UUID, ...] = ()
    customer_name: str = ""


class AddInteraction(msgspec.Struct, frozen=True):
    """Say something in a ticket; with `draft`, what agents wrote together in the draft of that generation.

    With `reopen` a closed ticket takes a customer's message, and is open again.
    """

    ticket_id: UUID
    interaction: NewInteraction
    draft: int | None = None
    reopen: bool = False


class ChangeStatus(msgspec.Struct, frozen=True):
    """Move a ticket to another status; asking for the one it has changes nothing.

    `reason_id` says why it waits: for pending and on_hold alone, one of the desk's reasons.
    """

    ticket_id: UUID
    status: Status
    reason_id: UUID | None = None


class AssignTicket(msgspec.Struct, frozen=True):
    """Give a ticket to an agent, a team or both; UNSET leaves as it is, None clears."""

    ticket_id: UUID
    assignee_id: UUID | None | msgspec.UnsetType = msgspec.UNSET
    team_id: UUID | None | msgspec.UnsetType = msgspec.UNSET


class ChangeTicket(msgspec.Struct, frozen=True):
    """Change what describes a ticket; None leaves as it is. `tag_ids` is the whole new set."""

    ticket_id: UUID
    subject: str | None = None
    priority: Priority | None = None
    tag_ids: frozenset[UUID] | None = None


class ChangeCustomer(msgspec.Struct, frozen=True):
    """A ticket's customer was found to be another: theirs it is now. Parley asks, for the agent `by`."""

    ticket_id: UUID
    customer_id: UUID
    by: UUID


class RingClock(msgspec.Struct, frozen=True):
    """A clock proposes: what this target was to ring for at that instant has come."""

    ticket_id: UUID
    target: TargetName
    at: datetime


class ApplyPolicies(msgspec.Struct, frozen=True):
    """Policies, calendars or the customer's standing changed: measure the ticket's targets by them."""

    ticket_id: UUID


Command = (
    OpenTicket
    | AddInteraction
    | ChangeStatus
    | AssignTicket
    | ChangeTicket
    | ChangeCustomer
    | RingClock
    | ApplyPolicies
)


class RequestKey(msgspec.Struct, frozen=True):
    """An Idempotency-Key of the HTTP API: scoped to the actor, kept for a day."""

    actor_id: UUID
    key: str
    fingerprint: bytes


class Envelope(msgspec.Struct, frozen=True):
    """A command on its way to the writer: who asks, by which keys, and which version they have seen."""

    actor: Actor
    command: Command
    key: CommandKey | None = None
    request_key: RequestKey | None = None
    expected_seq: int | None = None

    @property
    def workspace_id(self) -> UUID:
        return self.actor.workspace_id
