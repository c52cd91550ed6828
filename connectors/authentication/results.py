"""The Authentication-Results header (RFC 8601) of a relay that is trusted by its name. Pure.

Anybody can write such a header: only one that carries the trusted name counts, and only the topmost, since a
relay writes above what came in, and removes forgeries of its own name (§5).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.domain.authentication import RESULTS, Authentication, Result

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_METHOD = re.compile(r"\s*(spf|dkim|dmarc)(?:/1)?\s*=\s*([a-z]+)", re.IGNORECASE)
_SIGNER = re.compile(r"header\.d\s*=\s*\"?([a-z0-9._-]{1,253})", re.IGNORECASE)
_POLICY = re.compile(r"\bp\s*=\s*(reject|quarantine)\b", re.IGNORECASE)
_KNOWN: dict[str, Result] = {result: result for result in RESULTS} | {
    "bestguesspass": "none",
    "hardfail": "fail",
}
MAX_CHARS = 8000


def read_results(headers: Sequence[str], trusted: str) -> Authentication | None:
    """What the relay called `trusted` found, from the unfolded values of the header, topmost first."""
    for header in headers[:20]:
        text = header[:MAX_CHARS]
        name = (_COMMENT.sub(" ", text).partition(";")[0].split() or [""])[0]
        if name.lower() == trusted.lower():
            return _read(text)
    return None


def _read(text: str) -> Authentication:
    found: dict[str, Result] = {}
    signers: list[str] = []
    for piece in text.split(";")[1:30]:
        plain = _COMMENT.sub(" ", piece)
        method = _METHOD.match(plain)
        if method is None:
            continue
        name, result = method[1].lower(), _KNOWN.get(method[2].lower(), "none")
        if name == "dkim" and result == "pass":
            signers += _SIGNER.findall(plain)
        if found.get(name) != "pass":  # of several signatures one that holds is enough
            found[name] = result
    return Authentication(
        spf=found.get("spf", "none"),
        dkim=found.get("dkim", "none"),
        dmarc=found.get("dmarc", "none"),
        source="relay",
        signed_by=next(iter(signers), None),
        wants_refusal=_POLICY.search(text) is not None,
    )
