"""SPF, DKIM and DMARC of a mail, by dkimpy and pyspf. Blocks on DNS: call it in a thread."""

from __future__ import annotations

import dkim
import msgspec
import spf

from connectors.authentication import dmarc
from connectors.authentication.resolver import Lookup, LookupFailed
from server.domain.authentication import RESULTS, Authentication, Result

MAX_SIGNATURES = 4
MAX_SIGNED_BYTES = 32 * 1024 * 1024
SPF_SECONDS = 10


class Delivery(msgspec.Struct, frozen=True):
    """Who handed a mail over, as the SMTP session knew it; unknown for mail that was fetched."""

    peer: str
    helo: str
    mail_from: str


def verify(raw: bytes, from_domain: str, delivery: Delivery | None, lookup: Lookup) -> Authentication:
    """All three results. Never raises: what cannot be found out now is a `temperror`."""
    spf_result, spf_domain = ("none", None) if delivery is None else check_spf(delivery, lookup)
    dkim_result, signers = check_dkim(raw, lookup)
    passed = spf_domain if spf_result == "pass" else None
    dmarc_result, policy = _check_dmarc(from_domain, passed, signers, lookup)
    if dmarc_result == "fail" and "temperror" in (spf_result, dkim_result):
        dmarc_result = "temperror"  # what could not be asked might have passed
    return Authentication(
        spf=spf_result,
        dkim=dkim_result,
        dmarc=dmarc_result,
        source="verified",
        signed_by=next(iter(signers), None),
        wants_refusal=policy is not None and policy.wanted in ("reject", "quarantine"),
    )


def check_spf(delivery: Delivery, lookup: Lookup) -> tuple[Result, str | None]:
    """SPF of the envelope's sender (RFC 7208), or of HELO for bounces (§2.4), and the domain it is about."""
    sender = delivery.mail_from or f"postmaster@{delivery.helo}"
    domain = sender.rpartition("@")[2]
    if not domain or not delivery.peer:
        return "none", None
    try:
        query = _Query(delivery.peer, sender, delivery.helo, lookup)
        found = str(query.check()[0])
    except Exception:  # noqa: BLE001 (records are anybody's text, and the library reads them)
        return "permerror", domain
    return next((result for result in RESULTS if result == found), "neutral"), domain


class _Query(spf.query):  # type: ignore[misc]
    """pyspf, asking our resolver; it caches for one mail and counts look-ups itself (RFC 7208 §4.6.4)."""

    def __init__(self, peer: str, sender: str, helo: str, lookup: Lookup) -> None:
        super().__init__(peer, sender, helo, strict=True, timeout=SPF_SECONDS, querytime=SPF_SECONDS)
        self._lookup = lookup

    def dns(self, name, qtype, cnames=None, ignore_void=False):  # type: ignore[no-untyped-def]
        if qtype == "SPF" or not all(0 < len(label) < 64 for label in str(name).rstrip(".").split(".")):
            return []
        try:
            texts = self._lookup(str(name), qtype)
        except LookupFailed as failed:
            raise spf.TempError(str(failed)) from failed
        if not texts and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many look-ups of nothing")
        return [_as_pyspf(qtype, text) for text in texts]


def _as_pyspf(kind: str, text: str) -> object:
    """A record in the shape that pyspf takes from its own look-ups."""
    if kind == "TXT":
        return (text.encode("ascii", "replace"),)
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return (int(preference), host.rstrip("."))
    if kind == "AAAA":
        return spf.ipaddress.IPv6Address(text)
    if kind == "A":
        return spf.ipaddress.IPv4Address(text)
    return text


def check_dkim(raw: bytes, lookup: Lookup) -> tuple[Result, list[str]]:
    """The best result of the first signatures (RFC 6376), and the domains whose signature holds."""
    if len(raw) > MAX_SIGNED_BYTES:
        return "none", []
    asked = _Asked(lookup)
    passed: list[str] = []
    result: Result = "none"
    try:
        message = dkim.DKIM(raw, minkey=1024)
        signatures = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    except Exception:  # noqa: BLE001 (no headers that the library can read: nothing is signed)
        return "none", []
    for index in range(min(signatures, MAX_SIGNATURES)):
        each = _check_signature(message, index, asked)
        if each == "pass":
            passed.append(message.domain.decode("ascii", "replace").lower())
        if each == "pass" or result == "none":
            result = each
    return result, passed


def _check_signature(message: dkim.DKIM, index: int, asked: _Asked) -> Result:
    asked.failed = False
    try:
        holds = message.verify(index, dnsfunc=asked)
    except (dkim.MessageFormatError, dkim.ParameterError):
        return "permerror"
    except Exception:  # noqa: BLE001 (keys and signatures are anybody's bytes, and the library reads them)
        return "permerror"
    if holds:
        return "pass"
    return "temperror" if asked.failed else "fail"


class _Asked:
    """DNS as dkimpy asks it; remembers that an answer did not come."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.failed = False

    def __call__(self, name: bytes, timeout: int = 5) -> bytes | None:
        try:
            found = self._lookup(name.decode("ascii", "replace").rstrip("."), "TXT")
        except LookupFailed:
            self.failed = True
            return None
        return found[0].encode("ascii", "replace") if found else None


def _check_dmarc(
    domain: str, spf_domain: str | None, signers: list[str], lookup: Lookup
) -> tuple[Result, dmarc.Policy | None]:
    if not domain:
        return "none", None
    try:
        policy = dmarc.find_policy(domain, lookup)
    except LookupFailed:
        return "temperror", None
    if policy is None:
        return "none", None
    return dmarc.judge(domain, policy, spf_domain, signers), policy
