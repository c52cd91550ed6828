"""The room `agents`: who of the team looks at it, and whether they are available."""

from __future__ import annotations

from uuid import UUID

from server.domain.resources import AgentStatus
from server.realtime.frames import Member
from server.realtime.presence import Key, Shown
from server.realtime.room import Room


class AgentsRoom(Room):
    """Everybody of the team who is in, with their status."""

    def __init__(self, workspace_id: UUID, statuses: dict[tuple[UUID, UUID], AgentStatus]) -> None:
        super().__init__("agents", workspace_id)
        self._statuses = statuses

    def people(self) -> dict[Key, Member]:
        """Agents with their status."""
        return {key: self._with_status(member) for key, member in super().people().items()}

    def _show(self) -> Shown:
        members, total = super()._show()
        return Shown([self._with_status(member) for member in members], total)

    def _with_status(self, member: Member) -> Member:
        known = None if member.id is None else self._statuses.get((self.workspace_id, member.id))
        return Member(member.type, member.id, member.name, known or member.status or "online")
