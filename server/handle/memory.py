"""What a process remembers of the tickets it wrote last, so that most of what is said needs no look first.

Memory may be wrong, since other processes write too: nobody believes it but under a compare-and-set of the
ticket's seq and the desk's version.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from server.domain.ticket import Ticket

MAX_KNOWN = 20_000  # tickets; some 20 MB


class Known(msgspec.Struct, frozen=True):
    """A ticket as it was committed, under which version of the desk."""

    ticket: Ticket
    subject: str
    desk_version: int


class Memory:
    """The tickets written last; who was not written for longest is forgotten first."""

    def __init__(self, max_known: int = MAX_KNOWN) -> None:
        self._known: dict[UUID, Known] = {}
        self._max_known = max_known

    def find(self, ticket_id: UUID, desk_version: int) -> Known | None:
        """A ticket, when it was written under this version of the desk."""
        known = self._known.get(ticket_id)
        return None if known is None or known.desk_version != desk_version else known

    def keep(self, known: Known) -> None:
        """Remember a ticket as it is now."""
        ticket_id = known.ticket.id
        self._known.pop(ticket_id, None)
        self._known[ticket_id] = known
        if len(self._known) > self._max_known:
            del self._known[next(iter(self._known))]

    def forget(self, ticket_id: UUID, before_seq: int | None = None) -> None:
        """What is remembered of a ticket is wrong, or is when it is older than a seq; harmless to repeat."""
        known = self._known.get(ticket_id)
        if known is not None and (before_seq is None or known.ticket.seq < before_seq):
            del self._known[ticket_id]
