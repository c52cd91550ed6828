"""DMARC (RFC 7489): does a domain that passed SPF or DKIM stand behind the one in From?

The organisational domain is found by walking up the tree of `_dmarc` records, as the standard's successor
does: no list of public suffixes to keep fresh. The walk asks at most eight times.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.authentication.resolver import Lookup
from server.domain.authentication import Result

MAX_STEPS = 8


class Policy(msgspec.Struct, frozen=True):
    """What a domain has published: where, what it wants done, how strictly domains must match."""

    domain: str
    wanted: str
    strict_spf: bool
    strict_dkim: bool


def steps(domain: str) -> Iterator[str]:
    """The domain and its parents down to two labels; a long name is cut so that the walk stays short."""
    labels = domain.rstrip(".").lower().split(".")
    yield ".".join(labels)
    for start in range(max(1, len(labels) - MAX_STEPS + 1), len(labels) - 1):
        yield ".".join(labels[start:])


def find_policy(domain: str, lookup: Lookup) -> Policy | None:
    """The record of the domain, or of the nearest parent that has one. Raises LookupFailed."""
    for step in steps(domain):
        records = [text for text in lookup(f"_dmarc.{step}", "TXT") if is_record(text)]
        if len(records) == 1:  # several are as good as none (RFC 7489 §6.6.3)
            return parse_policy(records[0], step, own=step == domain.rstrip(".").lower())
    return None


def is_record(text: str) -> bool:
    """Whether a TXT record is one of DMARC's."""
    return text.partition(";")[0].replace(" ", "").lower() == "v=dmarc1"


def parse_policy(record: str, domain: str, *, own: bool) -> Policy:
    """The tags of a record; `own` says that it stands at the very domain of From, else `sp` comes first."""
    tags: dict[str, str] = {}
    for piece in record.split(";")[:30]:
        name, _, value = piece.partition("=")
        tags.setdefault(name.strip().lower(), value.strip().lower())
    wanted = tags.get("p", "none")
    if not own:
        wanted = tags.get("sp", wanted)
    return Policy(domain, wanted, tags.get("aspf") == "s", tags.get("adkim") == "s")


def aligned(one: str, other: str, policy: Policy, *, strict: bool) -> bool:
    """Whether two domains belong together (RFC 7489 §3.1): the same, or both at or below the policy's."""
    one, other = one.rstrip(".").lower(), other.rstrip(".").lower()
    if one == other:
        return True
    return not strict and _below(one, policy.domain) and _below(other, policy.domain)


def judge(domain: str, policy: Policy, spf_domain: str | None, dkim_domains: list[str]) -> Result:
    """Pass when a domain that passed is aligned with From's. `spf_domain` and `dkim_domains` are those that
    passed."""
    if spf_domain and aligned(spf_domain, domain, policy, strict=policy.strict_spf):
        return "pass"
    if any(aligned(each, domain, policy, strict=policy.strict_dkim) for each in dkim_domains):
        return "pass"
    return "fail"


def _below(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith("." + parent)
