"""Automatic acknowledgements: the one place where a mail is answered by nobody.

Whoever can make us send mail to others has a cannon. So: only to who begins a ticket by mail and is a person
as far as anybody can tell; a few for an address and day; once for a ticket; the text is the inbox's own, and
nothing that the sender wrote comes back in it. It leaves marked as automatic (RFC 3834 §5).
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from server.clock import new_id
from server.domain.commands import AddInteraction, CommandKey, Envelope, NewInteraction
from server.domain.identity import System
from server.domain.mail import is_machine
from server.handle import Handle
from server.intake.choice import Begin
from server.intake.taken import Taken
from server.store import mail_people
from server.store.pool import Store


class Answering:
    """Answers for the inboxes that have it on, at most so many a day for an address."""

    def __init__(self, store: Store, handle: Handle, max_a_day: int) -> None:
        self._store = store
        self._handle = handle
        self._max_a_day = max_a_day

    async def answer(self, workspace_id: UUID, taken: Sequence[Taken]) -> None:
        """Answer what deserves it, one after the other, so that the limit counts each; harmless to repeat."""
        for one in taken:
            if not (text := answer_to(one)):
                continue
            async with self._store.read(workspace_id) as db:
                email = one.each.message.sender.email
                said = await mail_people.count_automatic(db, workspace_id, one.sender.id, email)
            if said < self._max_a_day:
                ticket_id = one.done.ticket_id
                new = AddInteraction(ticket_id, NewInteraction(new_id(), "message", text))
                key = CommandKey("auto-reply", str(ticket_id), ticket_id.bytes)
                await self._handle.submit(Envelope(System(workspace_id), new, key))


def answer_to(one: Taken) -> str:
    """What a mail is answered with by itself, or nothing. Pure."""
    each, found = one.each, one.each.authentication
    reply = one.own.settings_of(each.mail.inbox_id).auto_reply
    if reply is None or not reply.enabled or not isinstance(one.choice, Begin):
        return ""
    sender = each.message.sender.email
    doubtful = one.forged or "fail" in (found.spf, found.dmarc) or one.choice.previous is not None
    if doubtful or is_machine(each.message) or "@" not in sender or one.own.has(sender):
        return ""
    return reply.text.strip()
