"""Why a mail could not be sent, and whether trying again can help."""

from __future__ import annotations

import ssl
from typing import ClassVar

import aiosmtplib

from connectors.mail.charset import mend


class SendError(Exception):
    """A mail was not taken.

    `permanent` when the same attempt will fail again; `telling` when it is tried again, but its ticket is
    told at once; `relay_wide` when the inbox's other mails will fare no better now.
    """

    permanent: ClassVar[bool] = False
    telling: ClassVar[bool] = False
    relay_wide: ClassVar[bool] = False

    def __init__(self, text: str) -> None:
        super().__init__(mend(text)[:500])  # a relay may answer with any bytes


class NotNow(SendError):
    """The relay asks to come again with this mail."""


class Away(NotNow):
    """The relay cannot be reached, stalls, or breaks off."""

    relay_wide = True


class NeedsAdmin(Away):
    """The relay is there, but not to be used as it is set: its certificate, TLS, or our password."""

    telling = True


class Fault(NotNow):
    """It could not even be written: a fault of ours, which a newer version may not have."""

    telling = True


class Refused(SendError):
    """The relay will not take this mail, or there is nobody to send it to."""

    permanent = True


class NoRelay(SendError):
    """No relay is set for the inbox, and none for the desk."""

    permanent = True


def send_error(error: Exception) -> SendError:
    """The error of an attempt: a 5xx is for ever, but not one that an admin can mend."""
    if isinstance(error, SendError):
        return error
    if (refusal := _certificate_refusal(error)) is not None:
        return NeedsAdmin(f"The relay's certificate is not trusted: {refusal}")
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        text = "; ".join(f"{one.code} {one.message}" for one in error.recipients)
        return Refused(text) if all(one.code >= 500 for one in error.recipients) else NotNow(text)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _of_response(error)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Refused("The relay takes no addresses with letters beyond ASCII (SMTPUTF8)")
    if isinstance(error, aiosmtplib.SMTPException) and "STARTTLS" in str(error):
        return NeedsAdmin("The relay offers no TLS, which this inbox requires")
    if isinstance(error, aiosmtplib.SMTPException) and "AUTH" in str(error):
        return NeedsAdmin("The relay offers no way to sign in")
    if isinstance(error, TimeoutError):
        return Away("The relay does not answer in time")
    if isinstance(error, aiosmtplib.SMTPException | OSError | EOFError):
        return Away(str(error) or type(error).__name__)
    return Fault(f"It could not be written ({type(error).__name__})")


def _of_response(error: aiosmtplib.SMTPResponseException) -> SendError:
    text = f"{error.code} {error.message}"
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return NeedsAdmin(f"The relay does not let us sign in: {text}")
    if isinstance(error, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError):
        return Away(text)
    if error.code == 421 or error.code < 400:  # closing (RFC 5321 §3.8), or not a protocol that we know
        return Away(text)
    return Refused(text) if error.code >= 500 else NotNow(text)


def _certificate_refusal(error: BaseException) -> str | None:
    """What was wrong with a certificate, when that is why it failed."""
    seen: BaseException | None = error
    for _ in range(5):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return str(seen.verify_message)
        seen = None if seen is None else seen.__cause__ or seen.__context__
    return None
