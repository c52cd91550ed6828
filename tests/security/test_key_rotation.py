"""Row J3: after a change of the secret key, what the old one signed holds while it is named, not after."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from connectors.inbound.reading import read_mail
from connectors.mail.address import reply_address
from connectors.post_office import token_secret
from server.clock import new_id, now
from server.domain.links import AttachmentLinks
from server.queries.credentials import Credentials
from server.queries.visitor_token import Visit, sign_visit, visitor_key
from server.store import webhooks
from server.store.mails import Envelope, RawMail
from server.store.pool import Store
from server.store.vault import Secrets, Vault
from server.workspace import seal_again
from tests.people import settle

OLD, NEW = b"the key of last year, thirty-two bytes", b"the key of this year, thirty-two bytes"


async def test_a_visitor_signed_in_under_the_old_key_stays_within_grace_only(store: Store) -> None:
    vic = (await settle(store)).vic
    assert vic.visitor_id is not None
    token = sign_visit(visitor_key(OLD), Visit(vic.workspace_id, vic.visitor_id), now())
    within = await Credentials(store, NEW, OLD).find_visit(token)
    assert within is not None and within.actor == vic
    assert await Credentials(store, NEW).find_visit(token) is None


async def test_the_grace_of_a_key_does_not_outlast_the_token(store: Store) -> None:
    vic = (await settle(store)).vic
    assert vic.visitor_id is not None
    long_ago = now() - timedelta(days=31)
    token = sign_visit(visitor_key(OLD), Visit(vic.workspace_id, vic.visitor_id), long_ago)
    assert await Credentials(store, NEW, OLD).find_visit(token) is None


def test_a_link_of_the_old_key_holds_within_grace_only() -> None:
    file_id = new_id()
    url = AttachmentLinks(OLD).url(file_id, 0)
    expires, signature = (part.split("=")[1] for part in url.split("?")[1].split("&"))
    assert AttachmentLinks(NEW, OLD).holds(file_id, int(expires), signature, 0)
    assert not AttachmentLinks(NEW).holds(file_id, int(expires), signature, 0)


def test_what_the_old_key_sealed_opens_within_grace_only() -> None:
    sealed = Vault(OLD).seal_secrets(Secrets(smtp_password="s3cret"))
    assert Vault(NEW, OLD).open_secrets(sealed).smtp_password == "s3cret"
    assert Vault(NEW).open_secrets(sealed) == Secrets()


async def test_after_a_start_within_grace_the_new_key_has_sealed_everything(store: Store) -> None:
    desk = await settle(store)
    async with store.write(desk.workspace_id) as db:
        sealed = Vault(OLD).seal_secrets(Secrets(imap_password="s3cret"))
        await db.execute("UPDATE inboxes SET secrets = $2 WHERE id = $1", desk.mail, sealed)
    await seal_again(store, Vault(NEW, OLD))
    await seal_again(store, Vault(NEW, OLD))
    async with store.read(desk.workspace_id) as db:
        kept = await db.fetchval("SELECT secrets FROM inboxes WHERE id = $1", desk.mail)
    assert Vault(NEW).open_secrets(kept).imap_password == "s3cret"


def test_a_reply_address_of_the_old_key_finds_its_ticket_within_grace_only() -> None:
    workspace_id = new_id()
    address = reply_address("support@desk.test", token_secret(OLD), workspace_id, 7)
    mail = raw_mail(workspace_id, address)
    assert read_mail(mail, [token_secret(NEW), token_secret(OLD)]).number == 7
    assert read_mail(mail, [token_secret(NEW)]).number is None


def raw_mail(workspace_id: UUID, to: str) -> RawMail:
    raw = f"From: carla@customer.test\r\nTo: {to}\r\nSubject: Re: Lamp\r\n\r\nThanks\r\n".encode()
    envelope = Envelope(mail_from="carla@customer.test", recipients=(to,))
    return RawMail(workspace_id, new_id(), new_id(), envelope, raw, now(), 1)


async def test_after_a_start_within_grace_webhooks_are_signed_with_the_secrets_they_had(store: Store) -> None:
    desk = await settle(store)
    webhook_id, sealed = new_id(), Vault(OLD).seal(b"whsec_s3cret")
    async with store.write(desk.workspace_id) as db:
        terms = webhooks.Terms("Hook", "https://hooks.x.test/", (), True)
        await webhooks.add_webhook(db, desk.workspace_id, webhook_id, terms, sealed)
    await seal_again(store, Vault(NEW, OLD))
    async with store.read(desk.workspace_id) as db:
        found = await webhooks.find_secret(db, desk.workspace_id, webhook_id)
    assert found is not None
    assert Vault(NEW).open(found[1]) == b"whsec_s3cret"
