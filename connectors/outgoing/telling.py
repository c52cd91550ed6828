"""What the agents of a ticket hear about its mail: a note for each reply that does not leave as it should."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from connectors.outgoing.errors import NoRelay, SendError
from connectors.outgoing.handing import Letter
from server.clock import new_id
from server.domain.commands import AddInteraction, CommandKey, Envelope, NewInteraction
from server.domain.errors import Refusal
from server.domain.identity import System
from server.handle import Handle
from server.store.lease import AWAY
from server.store.outgoing import Bounced, Queued

_log = structlog.get_logger("parley.outgoing")


class Telling:
    """Writes notes, each once however often it is asked to; raises one of AWAY when storage is away."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def failed(self, queued: Queued, reply: Letter | None, error: SendError) -> None:
        """It will not be sent; one note for all replies where the inbox has no relay at all."""
        about = queued.ticket_id if isinstance(error, NoRelay) else queued.interaction_id
        await self._note(
            queued, "mail-failed", _again(about, queued, reply), f"A reply could not be sent by mail: {error}"
        )

    async def waiting(self, queued: Queued, reply: Letter | None, error: SendError) -> None:
        """It is tried again, but somebody has to do something."""
        text = f"A reply waits to be sent by mail, and is tried again: {error}"
        await self._note(queued, "mail-waiting", _again(queued.interaction_id, queued, reply), text)

    async def partly(self, queued: Queued, refused: Sequence[str]) -> None:
        """The relay took it for some of its readers only."""
        text = "A reply was sent, but not to everybody: " + "; ".join(refused)
        await self._note(queued, "mail-partly", str(queued.interaction_id), text[:2000])

    async def bounced(self, queued: Queued, addresses: Sequence[Bounced]) -> None:
        """It went to addresses that mail came back from; once for each such address and ticket."""
        for known in addresses:
            reason = f" ({known.bounce})" if known.bounce else ""
            text = f"A reply went to {known.email}, but mail to this address came back{reason[:500]}."
            key = f"{queued.ticket_id}:{known.email}:{known.bounced_at.isoformat()}"
            await self._note(queued, "mail-bounced", key, text)

    async def _note(self, queued: Queued, scope: str, key: str, text: str) -> None:
        if queued.agent_id is not None:  # admins see it among the mails that could not be sent
            return
        note = AddInteraction(queued.ticket_id, NewInteraction(new_id(), "note", text))
        named = CommandKey(scope, key, queued.ticket_id.bytes)
        try:
            await self._handle.submit(Envelope(System(queued.workspace_id), note, named))
        except AWAY:
            raise
        except Refusal as refusal:
            _log.warning("failure_not_told", ticket_id=str(queued.ticket_id), code=refusal.code)


def _again(about: UUID, queued: Queued, reply: Letter | None) -> str:
    """A key that is another one when somebody asked to send the reply again."""
    if reply is None or reply.queued_at <= queued.created_at:
        return str(about)
    return f"{about}:{reply.queued_at.isoformat()}"
