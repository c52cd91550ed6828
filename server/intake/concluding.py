"""What follows from mails that became interactions: noted in one transaction, harmless to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.domain.inbound import Person
from server.domain.mail import head_of, is_machine
from server.intake.choice import Ours, Remark, brought
from server.intake.taken import Taken
from server.intake.wording import bounce_is_late, bounce_reason
from server.store import mail_people, mails
from server.store.customers import find_or_add_customers
from server.store.mails import Done
from server.store.pool import Connection

MAX_NAME_CHARS = 200


async def conclude(db: Connection, workspace_id: UUID, taken: Sequence[Taken]) -> None:
    """Note what became of mails, whom they brought along, and which addresses are dead or alive."""
    await _bring(db, workspace_id, taken)
    for one in taken:
        message = one.each.message
        if isinstance(one.choice, Remark) and message.bounce is not None and not bounce_is_late(message):
            ticket_id, dead = one.choice.ticket.id, message.bounce.recipient
            await mail_people.mark_bounced(db, workspace_id, ticket_id, dead, bounce_reason(message))
    people = [one for one in taken if not is_machine(one.each.message) and not one.forged]
    if alive := sorted({one.each.message.sender.email.lower() for one in people}):
        await mail_people.mark_alive(db, workspace_id, alive)
    await mails.finish(db, workspace_id, [_with_head(one) for one in taken])


async def _bring(db: Connection, workspace_id: UUID, taken: Sequence[Taken]) -> None:
    """Those in Cc take part from now on."""
    coming = [(one, people) for one in taken if (people := brought(one.each, one.choice, one.own))]
    if not coming:
        return
    names = {person.email.lower(): _name(person) for _, people in coming for person in people}
    known = await find_or_add_customers(db, workspace_id, dict(sorted(names.items())))
    for one, people in coming:
        ids = [known[person.email.lower()].id for person in people]
        ids = list(dict.fromkeys(each for each in ids if each != one.sender.id))
        await mail_people.add_participants(db, workspace_id, one.done.ticket_id, ids, one.sender.id)


def _name(person: Person) -> str:
    return person.name[:MAX_NAME_CHARS]


def _with_head(one: Taken) -> Done:
    message = one.each.message
    if isinstance(one.choice, Ours):
        message = msgspec.structs.replace(message, auto="own")
    head = head_of(message, one.each.authentication, forged=one.forged)
    return msgspec.structs.replace(one.done, head=head)
