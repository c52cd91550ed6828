"""SPF, DKIM and DMARC over a DNS that is a dictionary; the mails are signed with a key made here."""

import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.authentication.resolver import LookupFailed
from connectors.authentication.verify import Delivery, verify
from server.domain.authentication import Authentication

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()
MAIL = b"From: Carla <carla@shop.example>\r\nTo: desk@parley.example\r\nSubject: Hello\r\n\r\nA lamp.\r\n"
DNS = {
    ("shop.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 include:relay.example -all"],
    ("relay.example", "TXT"): ["v=spf1 mx -all"],
    ("relay.example", "MX"): ["10 mx.relay.example"],
    ("mx.relay.example", "A"): ["198.51.100.7"],
    ("mail._domainkey.shop.example", "TXT"): [f"v=DKIM1; k=rsa; p={PUBLIC}"],
    ("mail._domainkey.stranger.example", "TXT"): [f"v=DKIM1; k=rsa; p={PUBLIC}"],
    ("_dmarc.shop.example", "TXT"): ["v=DMARC1; p=reject; sp=quarantine"],
}


def lookup(name: str, kind: str) -> list[str]:
    return DNS.get((name.lower(), kind), [])


def silent(name: str, kind: str) -> list[str]:
    raise LookupFailed(name)


def signed(mail: bytes = MAIL, domain: bytes = b"shop.example") -> bytes:
    signature: bytes = dkim.sign(mail, b"mail", domain, PEM, include_headers=[b"from", b"subject"])
    return signature + mail


def delivered(peer: str, mail_from: str = "carla@shop.example") -> Delivery:
    return Delivery(peer, "mx.example", mail_from)


def test_a_mail_from_a_permitted_address_passes_spf_and_dmarc() -> None:
    found = verify(MAIL, "shop.example", delivered("192.0.2.9"), lookup)
    assert found == Authentication("pass", "none", "pass", "verified", None, True)
    assert found.proves_sender


def test_an_include_and_its_mx_are_followed() -> None:
    assert verify(MAIL, "shop.example", delivered("198.51.100.7"), lookup).spf == "pass"


def test_a_mail_from_elsewhere_is_forged_when_the_domain_asks_for_refusal() -> None:
    found = verify(MAIL, "shop.example", delivered("203.0.113.5"), lookup)
    assert (found.spf, found.dmarc) == ("fail", "fail")
    assert found.forged


def test_a_signature_saves_a_forwarded_mail() -> None:
    found = verify(signed(), "shop.example", delivered("203.0.113.5"), lookup)
    assert (found.spf, found.dkim, found.dmarc) == ("fail", "pass", "pass")
    assert found.signed_by == "shop.example"


def test_a_changed_subject_breaks_the_signature() -> None:
    changed = signed().replace(b"Subject: Hello", b"Subject: Money")
    found = verify(changed, "shop.example", None, lookup)
    assert (found.spf, found.dkim, found.dmarc) == ("none", "fail", "fail")


def test_somebody_elses_signature_proves_nothing_of_the_sender() -> None:
    found = verify(signed(domain=b"stranger.example"), "shop.example", None, lookup)
    assert (found.dkim, found.dmarc, found.signed_by) == ("pass", "fail", "stranger.example")


def test_a_sub_domain_is_judged_by_its_parents_policy() -> None:
    found = verify(MAIL, "news.shop.example", delivered("192.0.2.9"), lookup)
    assert found.dmarc == "pass"
    found = verify(MAIL, "news.shop.example", delivered("203.0.113.5"), lookup)
    assert found.forged


def test_a_domain_without_a_policy_has_no_verdict() -> None:
    found = verify(MAIL, "stranger.example", None, lookup)
    assert (found.dmarc, found.forged) == ("none", False)


@pytest.mark.parametrize("raw", [MAIL, signed()])
def test_without_dns_nothing_is_called_forged(raw: bytes) -> None:
    found = verify(raw, "shop.example", delivered("203.0.113.5"), silent)
    assert found.dmarc == "temperror"
    assert not found.forged


def test_a_bounce_is_checked_by_helo() -> None:
    found = verify(MAIL, "shop.example", Delivery("192.0.2.9", "shop.example", ""), lookup)
    assert found.spf == "pass"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=mail; h=from; b=%%%; bh=\r\n" + MAIL,
        b"DKIM-Signature: \xff\xfe;;==;\r\n" + MAIL,
        b"DKIM-Signature: v=1\r\n" * 1000 + MAIL,
    ],
)
def test_nonsense_is_no_reason_to_fail(raw: bytes) -> None:
    assert verify(raw, "shop.example", delivered("not an address", "@@"), lookup).dkim != "pass"


def test_records_that_are_nonsense_are_a_permanent_error() -> None:
    def odd(name: str, kind: str) -> list[str]:
        return ["v=spf1 ip4:nonsense -all"] if kind == "TXT" else []

    assert verify(MAIL, "shop.example", delivered("192.0.2.9"), odd).spf == "permerror"
