"""Takes mails that were read: looks up what they may belong to, submits, and notes what became of them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.answer_text import has_agent_token
from server.domain.commands import AddInteraction, CommandKey, Envelope, NewInteraction
from server.domain.errors import TicketClosed
from server.domain.identity import Actor, Customer, System
from server.domain.inbound import InboundAttachment, InboundMessage, attachment_id
from server.domain.mail import is_machine
from server.handle import Handle, Outcome
from server.intake.agents import comes_by_relay, judge
from server.intake.answering import Answering
from server.intake.choice import Answer, Arrived, Begin, Choice, Continue, Ours, Remark, choose
from server.intake.concluding import conclude
from server.intake.parking import UNKNOWN_SENDER, Parking
from server.intake.taken import Taken
from server.intake.wording import command_of, overlong, remark_on
from server.store import mails, notices
from server.store.blobs import Blobs
from server.store.customers import Known, find_or_add_customers
from server.store.mail_people import Own, fetch_own
from server.store.mails import Done, RawMail, StoredFile
from server.store.notices import Answerer
from server.store.pool import Connection, Store


class Intake:
    """Takes read mails of one workspace at a time; repeating any of it is harmless."""

    def __init__(
        self, store: Store, handle: Handle, blobs: Blobs, answering: Answering | None = None
    ) -> None:
        self._store = store
        self._handle = handle
        self._blobs = blobs
        self._answering = answering
        self.parking = Parking(store, handle)

    async def take(self, workspace_id: UUID, arrived: Sequence[Arrived]) -> list[Exception | None]:
        """Make interactions of mails that do not refer to each other; one result each, None for success.

        Raises Unavailable when storage is away before anything was done.
        """
        senders, own, choices = await self._look_up(workspace_id, arrived)
        results = await asyncio.gather(
            *(
                self._take_one(workspace_id, each, sender, choice)
                for each, sender, choice in zip(arrived, senders, choices, strict=True)
            ),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
        taken = [
            Taken(each, sender, choice, result, own)
            for each, sender, choice, result in zip(arrived, senders, choices, results, strict=True)
            if isinstance(result, Done)
        ]
        if self._answering is not None:
            await self._answering.answer(workspace_id, taken)
        if taken:
            async with self._store.write(workspace_id, by_key=True) as db:
                await conclude(db, workspace_id, taken)
        return [result if isinstance(result, Exception) else None for result in results]

    async def _look_up(
        self, workspace_id: UUID, arrived: Sequence[Arrived]
    ) -> tuple[list[Known], Own, list[Choice]]:
        """Who wrote each, made a customer if need be, who we are, and where each belongs."""
        people = {address for each in arrived for address in _addresses(each.message)}
        named = {known for each in arrived for known in _ids(each.message)}
        numbers = {number for each in arrived for number in _numbers(each)}
        async with self._store.write(workspace_id, by_key=True) as db:
            own = await fetch_own(db, workspace_id, sorted(people))
            ids = await mails.find_message_ids(db, workspace_id, sorted(named)) if named else {}
            tickets = await mails.find_numbers(db, workspace_id, sorted(numbers)) if numbers else {}
            agents = await _find_answerers(db, workspace_id, arrived)
            judged = [judge(each, tickets, agents) for each in arrived]
            writers = [
                None if isinstance(choice, Answer) else _sender(each)
                for each, choice in zip(arrived, judged, strict=True)
            ]
            named_writers = dict(sorted(writer for writer in writers if writer is not None))
            customers = await find_or_add_customers(db, workspace_id, named_writers)
        senders, choices = [], []
        for each, choice, writer in zip(arrived, judged, writers, strict=True):
            if isinstance(choice, Answer):
                sender = Known(choice.agent.id, choice.agent.name, choice.email)
            else:
                assert writer is not None
                sender = customers[writer[0]]
            senders.append(sender)
            choices.append(choice or choose(each, sender.id, tickets, ids, own))
        return senders, own, choices

    async def _take_one(self, workspace_id: UUID, each: Arrived, sender: Known, choice: Choice) -> Done:
        if isinstance(choice, Ours):
            return _done(each, choice.known.ticket.id, choice.known.interaction_id)
        actor: Actor = System(workspace_id)
        if isinstance(choice, Answer):
            actor = choice.agent
        elif not isinstance(choice, Remark):
            actor = _customer(workspace_id, sender, choice, automatic=is_machine(each.message))
        files = await self._keep_files(each, actor, _files(each, choice))
        key = CommandKey("mail", each.key, each.message.digest)
        try:
            outcome = await self._submit(each, actor, choice, files, key)
        except TicketClosed:  # closed since it was chosen
            if not isinstance(choice, Continue):  # an agent's: what it is now shows when it is taken again
                raise
            choice = Begin(choice.ticket)
            outcome = await self._submit(each, actor, choice, files, key)
        interaction_id = await self._interaction_of(outcome)
        if remark := remark_on(each, choice):
            await self._note(each, outcome.ticket.id, remark)
        await self.parking.made_up(each.mail, outcome.ticket)
        done = _done(each, outcome.ticket.id, interaction_id)
        if isinstance(choice, Answer) or (isinstance(choice, Remark) and choice.doubt):
            return msgspec.structs.replace(done, message_id=None)  # no customer's mail answers it
        return done

    async def _submit(
        self, each: Arrived, actor: Actor, choice: Choice, files: Sequence[StoredFile], key: CommandKey
    ) -> Outcome:
        return await self._handle.submit(Envelope(actor, command_of(each, actor, choice, files), key))

    async def _note(self, each: Arrived, ticket_id: UUID, remark: str) -> None:
        """Tell the agents something about a mail, once."""
        workspace_id = each.mail.workspace_id
        note = AddInteraction(ticket_id, NewInteraction(new_id(), "note", remark))
        key = CommandKey("mail-remark", each.key, each.message.digest)
        await self._handle.submit(Envelope(System(workspace_id), note, key))

    async def _interaction_of(self, outcome: Outcome) -> UUID | None:
        if outcome.interaction is not None:
            return outcome.interaction.id
        ticket = outcome.ticket
        async with self._store.read(ticket.workspace_id) as db:
            return await mails.find_interaction(db, ticket.workspace_id, ticket.id, outcome.seq)

    async def _keep_files(
        self, each: Arrived, actor: Actor, attachments: Sequence[InboundAttachment]
    ) -> list[StoredFile]:
        """The attachments, safe on disk and in rows of their own; the ids are the same each time."""
        if not attachments:
            return []
        mail = each.mail
        files = [
            await asyncio.to_thread(self._keep_file, mail, attachment_id(mail.id, index), attachment)
            for index, attachment in enumerate(attachments)
        ]
        async with self._store.write(mail.workspace_id) as db:
            await mails.add_files(db, mail.workspace_id, files, actor.type, actor.id)
        return files

    def _keep_file(self, mail: RawMail, file_id: UUID, attachment: InboundAttachment) -> StoredFile:
        blob = self._blobs.write(mail.workspace_id, io.BytesIO(attachment.data), max(1, attachment.size))
        return StoredFile(
            file_id, attachment.name, attachment.type, attachment.size, blob.key, attachment.content_id
        )


async def _find_answerers(
    db: Connection, workspace_id: UUID, arrived: Sequence[Arrived]
) -> Sequence[Answerer]:
    """Whoever of the agents may have written one of these; few mails ask for them."""
    references = {each.agent_token.reference for each in arrived if each.agent_token is not None}
    emails = {each.message.sender.email.lower() for each in arrived if comes_by_relay(each)}
    if not references and not emails:
        return ()
    return await notices.find_answerers(db, workspace_id, sorted(references), sorted(emails))


def _numbers(each: Arrived) -> list[int]:
    token = each.agent_token
    numbers = (each.number, each.subject_number, None if token is None else token.number)
    return [number for number in numbers if number]


def _files(each: Arrived, choice: Choice) -> list[InboundAttachment]:
    """What comes with a mail; an agent's answer brings nothing along that has a reply address in it."""
    if isinstance(choice, Answer):
        return [file for file in each.message.attachments if not has_agent_token(file.data)]
    return [*each.message.attachments, *overlong(each)]


def _sender(each: Arrived) -> tuple[str, str]:
    """Address and name of who seems to have written it."""
    sender = each.message.sender
    address = sender.email or each.mail.envelope.mail_from
    if "@" not in address:
        return UNKNOWN_SENDER, "Unknown sender"
    return address.lower(), sender.name[:200]


def _customer(workspace_id: UUID, sender: Known, choice: Choice, *, automatic: bool) -> Customer:
    """Who speaks; they are admitted to a ticket that is not theirs."""
    admitted = isinstance(choice, Continue) and choice.ticket.customer_id != sender.id
    name = sender.name or (sender.email or "")
    return Customer(workspace_id, sender.id, name, admitted=admitted, automatic=automatic)


def _addresses(message: InboundMessage) -> set[str]:
    return {person.email for person in (message.sender, *message.to, *message.cc) if person.email}


def _ids(message: InboundMessage) -> set[str]:
    return {known for known in (message.message_id, message.in_reply_to, *message.references) if known}


def _done(each: Arrived, ticket_id: UUID, interaction_id: UUID | None) -> Done:
    message = each.message
    return Done(
        each.mail.id, ticket_id, interaction_id, message.mail_class, message.defects, message.message_id
    )
