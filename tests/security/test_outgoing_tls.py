"""Security row D10: a relay's certificate must be good, and its ticket says when it is not.

The certificates are made here; the machine trusts their authority by SSL_CERT_FILE.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.outgoing.trial import try_relay
from server.domain.resources import InboxSettings, SmtpSettings
from server.store.pool import Store
from server.store.vault import Secrets
from tests.channels.certificates import Authority
from tests.channels.office import ADDRESS, Office, mail, running, until
from tests.channels.sink import Sink
from tests.channels.test_outgoing import answer, receive
from tests.channels.test_outgoing_relays import now_all, tried

BAD = {
    "of another host": ({"host": "other.test"}, "Hostname mismatch"),
    "expired": ({"days": -1}, "certificate has expired"),
    "self-signed": ({"own": True}, "self-signed certificate"),
}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that is trusted."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made


async def use(office: Office, port: int, security: str, username: str = "", password: str = "") -> None:
    """Let the inbox send over this relay, at `localhost`."""
    smtp = {"host": "localhost", "port": port, "username": username, "security": security}
    async with office.store.write(office.desk.workspace_id) as db:
        await db.execute(
            "UPDATE inboxes SET settings = $2, secrets = $3 WHERE id = $1",
            office.desk.mail,
            msgspec.json.encode({"smtp": smtp}).decode(),
            office.vault.seal_secrets(Secrets(smtp_password=password)),
        )


async def noted(office: Office) -> str:
    async def look() -> list[Any]:
        return [said["content"] for said in await office.said() if said["type"] == "note"]

    [note] = await until(look)
    return str(note)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("what", BAD)
async def test_a_bad_certificate_gets_nothing_and_the_ticket_says_why(
    store: Store, tmp_path: Path, authority: Authority, what: str, security: str
) -> None:
    wrong, why = BAD[what]
    context = authority.context(**wrong)  # type: ignore[arg-type]
    async with (
        Sink().open(context, implicit=security == "tls") as sink,
        running(store, tmp_path) as office,
    ):
        await use(office, sink.port, security, "desk", "s3cret")
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        assert (row["state"], sink.mails) == ("queued", [])
        assert row["error"].startswith(f"The relay's certificate is not trusted: {why}")
        assert why in await noted(office)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_good_certificate_and_password_get_the_mail_even_after_a_bad_time(
    store: Store, tmp_path: Path, authority: Authority, security: str
) -> None:
    good = authority.context()
    async with (
        Sink().open(good, implicit=security == "tls", users={"desk": "s3cret"}) as sink,
        running(store, tmp_path) as office,
    ):
        await use(office, sink.port, security, "desk", "wrong")
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        assert row["state"] == "queued"
        assert "does not let us sign in" in await noted(office)
        await use(office, sink.port, security, "desk", "s3cret")

        async def sent() -> list[Any]:
            await now_all(office)
            return sink.envelopes

        assert await until(sent) == [(ADDRESS, ["carla@customer.test"])]


async def test_where_tls_is_set_and_not_offered_nothing_is_said_in_the_clear(
    store: Store, tmp_path: Path
) -> None:
    async with Sink().open(users={"desk": "s3cret"}) as sink, running(store, tmp_path) as office:
        await use(office, sink.port, "starttls", "desk", "s3cret")
        await receive(office, mail(), 1)
        await answer(office, "Hello")
        [row] = await tried(office, 1)
        assert (row["state"], sink.mails) == ("queued", [])
        assert row["error"] == "The relay offers no TLS, which this inbox requires"


def settings(port: int, security: Any, username: str = "") -> InboxSettings:
    smtp = SmtpSettings(host="localhost", port=port, username=username, security=security)
    return InboxSettings(smtp=smtp)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_trial_tells_each_step(authority: Authority, security: str) -> None:
    context = authority.context()
    async with Sink().open(context, implicit=security == "tls", users={"a@b.test": "s3cret"}) as sink:
        steps = await try_relay(settings(sink.port, security, "a@b.test"), Secrets(smtp_password="s3cret"))
        names = ["resolve", "connect", "certificate", "greet", "sign_in", "sender", "leave"]
        assert [(step.name, step.ok) for step in steps] == [(name, True) for name in names]
        assert "certificate of localhost, 127.0.0.1, signed by Test Authority, until " in steps[2].detail
        wrong = await try_relay(settings(sink.port, security, "a@b.test"), Secrets(smtp_password="no"))
        assert (wrong[-1].name, wrong[-1].ok) == ("sign_in", False)
        assert "535" in wrong[-1].detail
        assert sink.mails == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("what", BAD)
async def test_a_trial_names_what_is_wrong_with_a_certificate(
    authority: Authority, what: str, security: str
) -> None:
    wrong, why = BAD[what]
    context: ssl.SSLContext = authority.context(**wrong)  # type: ignore[arg-type]
    async with Sink().open(context, implicit=security == "tls") as sink:
        steps = await try_relay(settings(sink.port, security), Secrets())
    assert [step.ok for step in steps] == [True, True, False]
    assert steps[-1].name == "certificate"
    assert why in steps[-1].detail


async def test_a_trial_tells_of_a_name_that_is_none_and_a_port_that_nobody_listens_on() -> None:
    nowhere = InboxSettings(smtp=SmtpSettings(host="relay.invalid", port=25, username="", security="none"))
    [step] = await try_relay(nowhere, Secrets())
    assert (step.name, step.ok) == ("resolve", False)
    async with Sink().open() as sink:
        port = sink.port
        plain = await try_relay(settings(port, "none"), Secrets())
        assert all(step.ok for step in plain)
        assert "not encrypted" in plain[2].detail
    steps = await try_relay(settings(port, "none"), Secrets())
    assert [(step.name, step.ok) for step in steps] == [("resolve", True), ("connect", False)]
