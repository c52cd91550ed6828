"""Whether a mail comes from where it says: what SPF, DKIM and DMARC found, and what follows from it."""

from __future__ import annotations

from typing import Literal

import msgspec

Result = Literal["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"]
Source = Literal["verified", "relay"]
RESULTS: tuple[Result, ...] = ("pass", "fail", "softfail", "neutral", "none", "temperror", "permerror")


class Authentication(msgspec.Struct, frozen=True):
    """The three results (RFC 8601 §2.7) and who found them: we, or the relay that handed the mail over.

    `signed_by` is the domain of a DKIM signature that holds; `wants_refusal` says that the From domain's own
    policy asks receivers to reject or quarantine what fails DMARC (RFC 7489 §6.3).
    """

    spf: Result = "none"
    dkim: Result = "none"
    dmarc: Result = "none"
    source: Source | None = None
    signed_by: str | None = None
    wants_refusal: bool = False

    @property
    def proves_sender(self) -> bool:
        """The domain in From vouches for the mail."""
        return self.dmarc == "pass"

    @property
    def forged(self) -> bool:
        """The domain in From disowns the mail: what its policy calls a failure."""
        return self.dmarc == "fail" and self.wants_refusal
