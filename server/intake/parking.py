"""Mails that could not be taken in: put aside with a ticket that says so, which ends when one can be."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

import structlog

from server.clock import new_id
from server.domain.commands import (
    AddInteraction,
    ChangeStatus,
    CommandKey,
    Envelope,
    NewInteraction,
    OpenTicket,
)
from server.domain.errors import NotFound, TicketClosed
from server.domain.identity import Customer, System
from server.domain.ticket import Ticket
from server.handle import Handle
from server.store import mails
from server.store.customers import find_or_add_customers
from server.store.mails import RawMail
from server.store.pool import Store

UNKNOWN_SENDER = "unknown@sender.invalid"  # RFC 2606 §2: nobody's address, ever
_log = structlog.get_logger("parley.mail")


class Parking:
    """Repeating any of it is harmless."""

    def __init__(self, store: Store, handle: Handle) -> None:
        self._store = store
        self._handle = handle

    async def put_aside(self, mail: RawMail, error: str) -> None:
        """Park a mail, and open a ticket that says so."""
        async with self._store.write(mail.workspace_id) as db:
            known = await find_or_add_customers(db, mail.workspace_id, {UNKNOWN_SENDER: "Unknown sender"})
        customer = known[UNKNOWN_SENDER]
        size = len(mail.raw)
        text = f"A mail came in that could not be read. Its {size} bytes are kept.\n\n{error}"
        command = OpenTicket(
            new_id(),
            mail.inbox_id,
            "email",
            customer.id,
            "A mail that could not be read",
            NewInteraction(new_id(), "message", text),
            customer_name=customer.name,
        )
        key = CommandKey("mail-parked", str(mail.id), sha256(mail.raw).digest())
        outcome = await self._handle.submit(
            Envelope(Customer(mail.workspace_id, customer.id, customer.name), command, key)
        )
        async with self._store.write(mail.workspace_id) as db:
            await mails.park(db, mail.workspace_id, mail.id, error, outcome.ticket.id)

    async def made_up(self, mail: RawMail, ticket: Ticket) -> None:
        """A mail that was put aside is in `ticket` now: the one that said it could not be read ends."""
        told_in = mail.envelope.told_in
        if told_in is None or told_in == ticket.id:
            return
        text = f"This mail could be read after all. It is in ticket #{ticket.number}."
        note = AddInteraction(told_in, NewInteraction(new_id(), "note", text))
        try:
            told = await self._submit(mail, note, "mail-made-up", told_in)
            if told.status not in ("resolved", "closed"):
                await self._submit(mail, ChangeStatus(told_in, "resolved"), "mail-made-up-ends", told_in)
        except (TicketClosed, NotFound) as refusal:
            _log.info("made_up_not_told", mail_id=str(mail.id), code=refusal.code)

    async def _submit(
        self, mail: RawMail, command: AddInteraction | ChangeStatus, scope: str, told_in: UUID
    ) -> Ticket:
        key = CommandKey(scope, str(mail.id), told_in.bytes)
        outcome = await self._handle.submit(Envelope(System(mail.workspace_id), command, key))
        return outcome.ticket
