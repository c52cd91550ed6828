"""What only mailboxes have: pushes, renumbering, restarts, and neighbours that must not suffer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from connectors.imap.mailbox import Account, MailboxError, sequence_set
from connectors.imap.poller import Poller
from connectors.imap.source import Source
from server.clock import new_id
from server.store.mailboxes import Folder
from server.store.pool import Store
from tests.channels.dovecot import Dovecot
from tests.channels.office import Office, mail, running, until
from tests.channels.test_contract import by_post, by_smtp, fetch_from, mailbox


def numbered(number: int) -> bytes:
    return mail(f"Mail {number}", message_id=f"<{number}@c>", subject=str(number))


async def seen(office: Office) -> dict[str, object]:
    """The mailbox's row, once it was read."""

    async def look() -> object:
        rows = await office.rows("SELECT * FROM mailboxes WHERE workspace_id = $1")
        return rows if rows and rows[0]["last_seen_at"] else None

    [row] = await until(look)
    return dict(row)


async def test_new_mail_is_pushed_long_before_the_next_poll(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    async with running(store, tmp_path) as office:
        deliver = await mailbox(office, dovecot)
        office.post.fetching._settings = office.post.fetching._settings.model_copy(
            update={"imap_poll_seconds": 600}
        )
        await seen(office)
        await deliver(numbered(1))
        await office.settled(1)  # gives up long before the ten minutes of a poll


async def test_nothing_is_marked_as_read_and_the_cursor_stands_at_the_last_mail(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = f"u{new_id().hex}"
    dovecot.deliver(user, *(numbered(n) for n in range(5)))
    async with running(store, tmp_path) as office:
        await fetch_from(office, dovecot.port, user)
        await office.settled(5)
        assert len(await office.tickets()) == 5
        assert (await seen(office))["last_uid"] == 5
    with dovecot.session(user) as client:
        client.select("INBOX")
        assert client.search(None, "UNSEEN")[1] == [b"1 2 3 4 5"]


async def test_mails_that_are_fetched_together_are_taken_in_as_they_lie(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = f"u{new_id().hex}"
    answers = (
        mail(f"Mail {n}", message_id=f"<{n}@c>", more=f"In-Reply-To: <{n - 1}@c>\r\n") for n in range(1, 9)
    )
    dovecot.deliver(user, numbered(0), *answers)
    async with running(store, tmp_path) as office:
        await fetch_from(office, dovecot.port, user)
        await office.settled(9)
        [ticket] = await office.tickets()
        said = [row["content"] for row in await office.said(ticket["id"])]
        assert said == [f"Mail {n}" for n in range(9)]


async def test_a_mailbox_that_is_numbered_anew_is_read_again_and_nothing_doubled(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    user = f"u{new_id().hex}"
    dovecot.deliver(user, numbered(1), numbered(2))
    async with running(store, tmp_path) as office:
        await fetch_from(office, dovecot.port, user)
        await office.settled(2)
        before = (await seen(office))["uidvalidity"]
        with dovecot.session(user) as client:
            client.create("Copy")
            client.select("INBOX")
            client.copy("1:*", "Copy")
        async with store.write(office.desk.workspace_id) as db:
            await db.execute("UPDATE mailboxes SET uidvalidity = uidvalidity - 1")
        await fetch_from(office, dovecot.port, user)  # as a new connection would
        await until(lambda: renumbered(office, before))
        dovecot.deliver(user, numbered(3))
        await until(lambda: three(office))
        assert {row["subject"] for row in await office.tickets()} == {"1", "2", "3"}


async def renumbered(office: Office, uidvalidity: object) -> bool:
    row = await seen(office)
    return row["uidvalidity"] == uidvalidity and row["last_uid"] == 2


async def three(office: Office) -> bool:
    return len(await office.tickets()) == 3


async def test_one_mail_that_comes_by_smtp_and_from_the_mailbox_at_once_is_one_message(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    async with running(store, tmp_path) as office:
        deliver = await mailbox(office, dovecot)
        ways = (deliver, by_smtp(office), by_post(office))
        await asyncio.gather(*(way(numbered(number)) for number in range(3) for way in ways))
        raw = await office.settled(9)
        assert sorted(row["subject"] for row in await office.tickets()) == ["0", "1", "2"]
        assert len(await office.said()) == 3
        assert len({row["interaction_id"] for row in raw}) == 3


async def test_after_a_restart_of_the_server_fetching_goes_on(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    async with running(store, tmp_path) as office:
        deliver = await mailbox(office, dovecot)
        await deliver(numbered(1))
        await office.settled(1)
        await asyncio.to_thread(dovecot.restart)
        await deliver(numbered(2))
        await office.settled(2)


async def test_a_mailbox_that_cannot_be_opened_says_why_and_delays_no_other(
    store: Store, tmp_path: Path, dovecot: Dovecot
) -> None:
    async with running(store, tmp_path) as office:
        silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(3600), "127.0.0.1", 0)
        async with store.write(office.desk.workspace_id) as db:
            for number, port in enumerate((1, silent.sockets[0].getsockname()[1])):
                imap = f'{{"imap": {{"host": "127.0.0.1", "port": {port}, "username": "x", "folder": "x"'
                await db.execute(
                    "INSERT INTO inboxes (workspace_id, id, name, channel, address, settings)"
                    " VALUES ($1, gen_random_uuid(), 'x', 'email', $2, $3)",
                    office.desk.workspace_id,
                    f"broken{number}@example.test",
                    f'{imap}, "security": "none"}}}}',
                )
        deliver = await mailbox(office, dovecot)
        await deliver(numbered(1))
        await office.settled(1)

        async def told() -> list[object]:
            return await office.rows(
                "SELECT error FROM mailboxes WHERE workspace_id = $1 AND error IS NOT NULL"
            )

        assert len(await until(told)) == 1
        silent.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_an_encrypted_mailbox_is_read_when_its_certificate_is_good(
    store: Store, tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    """Security row D10: refused by default, and the mailbox says why."""
    user = f"u{new_id().hex}"
    dovecot.deliver(user, numbered(1))
    async with running(store, tmp_path) as office:
        await fetch_from(office, dovecot.tls_port if security == "tls" else dovecot.port, user, security)

        async def refused() -> object:
            return await office.rows(
                "SELECT error FROM mailboxes WHERE workspace_id = $1 AND error IS NOT NULL"
            )

        [row] = await until(refused)
        assert "certificate verify failed" in row["error"]
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        await office.settled(1)


async def test_a_mail_that_the_server_does_not_give_says_so_and_blocks_none(
    store: Store, tmp_path: Path
) -> None:
    class Stubborn:
        """A mailbox of three mails; it fails for the second, and for whatever is asked with it."""

        uidvalidity = 1

        async def list_uids(self, after: int) -> list[int]:
            return [uid for uid in (1, 2, 3) if uid > after]

        async def fetch_sizes(self, uids: list[int]) -> dict[int, int]:
            return dict.fromkeys(uids, 100)

        async def fetch(self, uids: list[int], max_bytes: int) -> dict[int, bytes]:
            if 2 in uids:
                raise MailboxError("internal error")
            return {uid: numbered(uid) for uid in uids}

    async with running(store, tmp_path) as office:
        desk = office.desk
        account = Account("127.0.0.1", 1, "none", "carla", "pw", "INBOX")
        source = Source(Folder(desk.workspace_id, desk.mail, "INBOX", account.name), account)
        poller = Poller(store, source, poll_seconds=1, max_bytes=1000, fetched=lambda: None)
        assert await poller._catch_up(Stubborn(), 0) == 3  # type: ignore[arg-type]
        await office.settled(3)
        assert {row["subject"] for row in await office.tickets()} == {
            "1",
            "A mail that could not be fetched",
            "3",
        }


@pytest.mark.parametrize(
    ("uids", "written"), [([5], "5"), ([1, 2, 3], "1:3"), ([1, 3, 4, 9], "1,3:4,9"), ([], "")]
)
def test_numbers_are_written_as_runs(uids: list[int], written: str) -> None:
    assert sequence_set(uids) == written
