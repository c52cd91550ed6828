"""What became of a command, known only after its commit."""

from __future__ import annotations

import msgspec

from server.domain.events import Recorded
from server.domain.interaction import Interaction
from server.domain.ticket import Ticket


class Outcome(msgspec.Struct, frozen=True):
    """The ticket after a command and what the command made happen.

    `seq` and `public_seq` are those of what was said, or of the last event. A repeat of something done before
    is `repeated`: it has the first one's numbers, no records, and the ticket as it is now.
    """

    ticket: Ticket
    subject: str
    seq: int
    public_seq: int | None
    records: tuple[Recorded, ...] = ()
    interaction: Interaction | None = None
    repeated: bool = False
    actor_name: str = ""
