"""Why a mail could not be sent, and whether trying again can help."""

from __future__ import annotations

from typing import ClassVar

import aiosmtplib

from connectors.mail.charset import mend


class SendError(Exception):
    """A mail was not taken; `permanent` when the same attempt will fail again."""

    permanent: ClassVar[bool] = False

    def __init__(self, text: str) -> None:
        super().__init__(mend(text)[:500])  # a relay may answer with any bytes


class NotNow(SendError):
    """The relay is away, slow, or asks to come again."""


class Refused(SendError):
    """The relay will not take this mail, or there is nobody to send it to."""

    permanent = True


class NoRelay(SendError):
    """No relay is set for the inbox, and none for the desk."""

    permanent = True


def send_error(error: Exception) -> SendError:
    """The error of an attempt: a 5xx is for ever, but not one about signing in, which an admin can mend."""
    if isinstance(error, SendError):
        return error
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refused = error.recipients
        text = "; ".join(f"{one.code} {one.message}" for one in refused)
        return Refused(text) if all(one.code >= 500 for one in refused) else NotNow(text)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return NotNow(f"The relay does not let us sign in: {error.code} {error.message}")
    if isinstance(error, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError):
        return NotNow(str(error))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        text = f"{error.code} {error.message}"
        return Refused(text) if error.code >= 500 else NotNow(text)
    return NotNow(f"{type(error).__name__}: {error}")
