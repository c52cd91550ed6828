"""The same over LMTP (RFC 2033), for a mail server on this machine: an answer for each recipient."""

from __future__ import annotations

from typing import Any

from aiosmtpd.smtp import syntax

from connectors.smtp.replies import BARE_LINE_END
from connectors.smtp.session import Session


class LocalSession(Session):
    """LHLO instead of EHLO; never encrypted, as it never leaves the machine."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for greeting in ("HELO", "EHLO"):
            del self._smtp_methods[greeting]  # RFC 2033 §4.1

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        """As EHLO."""
        await self.smtp_EHLO(hostname)

    async def _answer(self, refusal: str | None) -> None:
        """One for each recipient, in their order (RFC 2033 §4.2); a smuggler gets one."""
        if refusal == BARE_LINE_END:
            await self.push(refusal)
            return
        if refusal is None:
            replies = await self._reception.keep(self.session, self.envelope)
        else:
            replies = [refusal] * len(self.envelope.rcpt_tos)
        for reply in replies:
            await self.push(reply)
