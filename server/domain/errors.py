"""Refusals: the one short tree of answers that say no.

A refusal is an expected answer with a stable `code`, which HTTP, the live protocol and SMTP each map to
their own form. Anything else that is raised is a bug and ends its task, connection or request.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Somebody asked for something and the answer is no; `detail` is for a person, `code` for a program."""

    code: ClassVar[str] = "invalid"
    retry: ClassVar[bool] = False
    title: ClassVar[str] = "Not possible"

    def __init__(self, detail: str = "", *, pointer: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.pointer = pointer


class Invalid(Refusal):
    """What was sent does not have the form it must have."""

    code = "invalid"
    title = "The request is not valid"


class TooLarge(Refusal):
    """A bound on size or number was passed."""

    code = "too_large"
    title = "Too large"


class Unauthorized(Refusal):
    """Nobody is signed in, or the credentials no longer hold."""

    code = "unauthorized"
    title = "Sign in first"


class NotPermitted(Refusal):
    """The actor may know of the thing but not do this to it."""

    code = "not_permitted"
    title = "Not permitted"


class NotFound(Refusal):
    """There is no such thing, or the actor may not know that there is."""

    code = "not_found"
    title = "Not found"


class TicketClosed(Refusal):
    """A closed ticket takes no messages; a new ticket does."""

    code = "ticket_closed"
    title = "The ticket is closed"


class DraftSent(Refusal):
    """The draft of this generation was sent, and the next one has begun."""

    code = "draft_sent"
    title = "The draft was sent already"


class DuplicateMismatch(Refusal):
    """A key was used before, for something else."""

    code = "duplicate_mismatch"
    title = "The key was used before with another body"


class Conflict(Refusal):
    """The thing exists already, or another request with the same key is still running."""

    code = "conflict"
    title = "Conflict"


class PreconditionFailed(Refusal):
    """The thing has changed since the actor last saw it."""

    code = "precondition_failed"
    title = "It has changed in the meantime"


class RateLimited(Refusal):
    """Too much in too short a time; `retry_after_seconds` says when to come back."""

    code = "rate_limited"
    retry = True
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after_seconds: float = 1.0) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Refusal):
    """Storage is away or a queue is full; nothing was done, and the same request may be sent again."""

    code = "unavailable"
    retry = True
    title = "Not available at the moment"
