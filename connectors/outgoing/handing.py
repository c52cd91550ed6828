"""One reply, or one letter to an agent, from the store into the hands of its relay."""

from __future__ import annotations

import asyncio
from uuid import UUID

import aiosmtplib
import msgspec

from connectors.mail.compose import BadAddress, File, Outgoing, compose
from connectors.outgoing.accounts import Accounts
from connectors.outgoing.errors import NotNow, Refused
from connectors.outgoing.letter import letter, recipients, return_path
from connectors.outgoing.notice import notice_letter
from connectors.outgoing.relay import Connection, Relay, relay_of
from connectors.outgoing.signing import sign
from server.store.blobs import Blobs
from server.store.mails import StoredFile
from server.store.notices import Notice
from server.store.outgoing import Queued, Reply
from server.store.vault import Secrets, Vault

Letter = Reply | Notice


class Handing:
    """Composes, signs and hands over; what can go wrong is raised, as `errors` knows it."""

    def __init__(
        self,
        accounts: Accounts,
        blobs: Blobs,
        vault: Vault,
        token_secret: bytes,
        relay_url: str | None,
        desk_url: str = "",
    ) -> None:
        self._accounts = accounts
        self._blobs = blobs
        self._vault = vault
        self._secret = token_secret
        self._relay_url = relay_url
        self._desk_url = desk_url

    async def hand_over(self, queued: Queued, reply: Letter, connection: Connection) -> list[str]:
        """Return once the relay has it; says whom of several readers it was not taken for, and why."""
        secrets = self._vault.open_secrets(reply.secrets)
        if isinstance(reply, Reply) and (
            not reply.customer_email or reply.customer_email.endswith(".invalid")
        ):
            raise Refused("The customer has no address")
        try:
            mail, raw = await asyncio.to_thread(self._written, queued, reply, secrets)
        except BadAddress as error:
            raise Refused(f"An address of the ticket cannot be used: {error}") from error
        sender, readers = (
            return_path(mail),
            recipients(mail, reply.settings.bcc if isinstance(reply, Reply) else ()),
        )
        options = [] if "".join((sender, *readers)).isascii() else ["SMTPUTF8"]
        client = await self._connected(queued, reply, secrets, connection)
        async with asyncio.timeout(connection.patience.mail):
            refused, _ = await client.sendmail(sender, readers, raw, mail_options=options)
        return [f"{reader}: {answer.code} {answer.message}" for reader, answer in refused.items()]

    async def _connected(
        self, queued: Queued, reply: Letter, secrets: Secrets, connection: Connection
    ) -> aiosmtplib.SMTP:
        """Signed in; a token that is refused is fetched anew, once: it may have been taken back early."""
        hostname = reply.address.rpartition("@")[2]
        try:
            return await connection.to(await self._relay(queued, reply, secrets), hostname)
        except aiosmtplib.SMTPAuthenticationError:
            if reply.settings.smtp is None or reply.settings.smtp.auth != "xoauth2":
                raise
            self._accounts.forget_token(queued.inbox_id)
            return await connection.to(await self._relay(queued, reply, secrets), hostname)

    async def _relay(self, queued: Queued, reply: Letter, secrets: Secrets) -> Relay:
        relay = relay_of(reply.settings.smtp, secrets.smtp_password, self._relay_url)
        if relay.auth == "password":
            return relay
        token = await self._accounts.fetch_token(
            queued.workspace_id, queued.inbox_id, reply.settings, secrets
        )
        return msgspec.structs.replace(relay, password=token)

    def _written(self, queued: Queued, reply: Letter, secrets: Secrets) -> tuple[Outgoing, bytes]:
        """The mail and its bytes; reads files and computes, so it runs in a thread."""
        workspace_id, message_id = queued.workspace_id, queued.message_id
        if isinstance(reply, Notice):
            mail = notice_letter(reply, workspace_id, message_id, self._secret, self._desk_url)
        else:
            files = [self._load(workspace_id, file) for file in reply.files]
            mail = letter(reply, workspace_id, message_id, files, self._secret)
        return mail, sign(compose(mail), reply.settings.dkim, secrets.dkim_key)

    def _load(self, workspace_id: UUID, file: StoredFile) -> File:
        try:
            data = b"".join(self._blobs.read(workspace_id, file.content_key, 0, file.size_bytes))
        except FileNotFoundError as error:
            raise Refused(f"The bytes of {file.filename} are not in this process's folder") from error
        except OSError as error:
            raise NotNow(f"The bytes of {file.filename} cannot be read: {error.strerror}") from error
        return File(file.filename, file.mime_type, data)
