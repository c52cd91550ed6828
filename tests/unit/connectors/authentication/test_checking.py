"""What is asked about a sender, and what is not; no socket is opened here."""

from __future__ import annotations

import dns.resolver
import pytest

from connectors.authentication.checking import Came, Checking, header_values
from connectors.authentication.resolver import LookupFailed, Resolver
from connectors.authentication.verify import Delivery
from server.domain.authentication import Authentication

MAIL = b"From: a@shop.example\r\nSubject: x\r\n\r\nReceived: in the body\r\n"
DIRECT = Came(False, Delivery("203.0.113.5", "mx", "a@shop.example"))
RELAYED = Came(True, DIRECT.delivery)


def answering(monkeypatch: pytest.MonkeyPatch, records: dict[str, str]) -> list[str]:
    """Let look-ups answer from `records`; returns the names that are asked for."""
    asked: list[str] = []

    def lookup(self: Resolver, name: str, kind: str) -> list[str]:
        asked.append(name)
        return [records[name]] if name in records and kind == "TXT" else []

    monkeypatch.setattr(Resolver, "__call__", lookup)
    return asked


async def test_behind_a_relay_nothing_fails_for_the_lack_of_spf(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, {"_dmarc.shop.example": "v=DMARC1; p=reject", "shop.example": "v=spf1 -all"})
    checking = Checking([("192.0.2.1", 53)])
    direct = await checking.check(MAIL, "a@shop.example", DIRECT, "")
    relayed = await checking.check(MAIL, "a@shop.example", RELAYED, "")
    checking.close()
    assert (direct.spf, direct.dmarc, direct.forged) == ("fail", "fail", True)
    assert (relayed.spf, relayed.dmarc, relayed.forged) == ("none", "none", False)


@pytest.mark.parametrize("sender", ["a@shop.example", "a@localhost", "a@b.test", "nobody", ""])
async def test_domains_that_nobody_can_own_are_not_looked_up(
    monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    asked = answering(monkeypatch, {})
    checking = Checking()
    found = await checking.check(MAIL, sender, DIRECT, "")
    checking.close()
    assert (found, asked) == (Authentication(), [])


async def test_a_relays_header_is_believed_only_when_it_brought_the_mail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, {})
    raw = b"Authentication-Results: mx.ours;\r\n\tdmarc=pass\r\n" + MAIL
    checking = Checking(verified=False)
    relayed = await checking.check(raw, "a@shop.example", RELAYED, "mx.ours")
    direct = await checking.check(raw, "a@shop.example", DIRECT, "mx.ours")
    checking.close()
    assert (relayed.dmarc, relayed.source) == ("pass", "relay")
    assert direct == Authentication()


def test_values_are_those_of_the_head_unfolded_and_topmost_first() -> None:
    raw = b"received: one\r\n  two\r\nX: y\nRECEIVED:three\r\n\r\nReceived: four\r\n"
    assert header_values(raw, b"received") == ["one two", "three"]
    assert header_values(b"", b"received") == []


def test_a_server_that_says_nothing_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def silent(self: object, name: str, *_: object, **__: object) -> None:
        asked.append(name)
        raise dns.resolver.LifetimeTimeout(timeout=3, errors=[])  # type: ignore[no-untyped-call]

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", silent)
    resolver = Resolver([("192.0.2.1", 53)])
    for number in range(20):
        with pytest.raises(LookupFailed):
            resolver(f"d{number}.example", "TXT")
    assert len(asked) == 5
