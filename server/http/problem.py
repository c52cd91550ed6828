"""Problems: the JSON form of every answer that says no (RFC 9457).

A refusal's `code` chooses the status; what is not a refusal is a bug, and its answer names
nothing but the request, so that an operator finds it in the log.
"""

import msgspec

from server.domain.errors import RateLimited, Refusal

CONTENT_TYPE = "application/problem+json"

# The first table from codes to an outside form; frames and SMTP have their own.
STATUS = {
    "malformed": 400,
    "unauthorized": 401,
    "not_permitted": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "ticket_closed": 409,
    "draft_sent": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "invalid": 422,
    "duplicate_mismatch": 422,
    "rate_limited": 429,
    "unavailable": 503,
}


class Malformed(Refusal):
    """The body is not JSON, or the form not a form."""

    code = "malformed"
    title = "The request cannot be read"


class MethodNotAllowed(Refusal):
    """The address exists, the method does not; `allow` lists those that do."""

    code = "method_not_allowed"
    title = "Method not allowed"

    def __init__(self, allow: str) -> None:
        super().__init__(f"Allowed here: {allow}")
        self.allow = allow


class UnsupportedMediaType(Refusal):
    """The body is of a type that this operation does not read."""

    code = "unsupported_media_type"
    title = "Unsupported media type"


class RangeNotSatisfiable(Refusal):
    """The range lies outside of the content."""

    code = "range_not_satisfiable"
    title = "Range not satisfiable"

    def __init__(self, size_bytes: int) -> None:
        super().__init__()
        self.size_bytes = size_bytes


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request, and where: a JSON pointer (RFC 6901)."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, for a program (`code`, `errors`) and for a person (`title`, `detail`)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] | None = None


def problem_of(refusal: Refusal, request_id: str) -> Problem:
    """The problem that tells of a refusal."""
    pointer = refusal.pointer
    return Problem(
        type=f"/docs#problem-{refusal.code}",
        title=refusal.title,
        status=STATUS[refusal.code],
        detail=refusal.detail,
        code=refusal.code,
        request_id=request_id,
        errors=[Fault(pointer, refusal.detail)] if pointer is not None else None,
    )


def bug(request_id: str) -> Problem:
    """The problem that tells of a bug, and nothing about it."""
    return Problem(
        type="/docs#problem-internal",
        title="Something broke on our side",
        status=500,
        detail="It was logged under this request id.",
        code="internal",
        request_id=request_id,
    )


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers that belong to a refusal."""
    match refusal:
        case RateLimited():
            return {"retry-after": str(max(1, round(refusal.retry_after_seconds)))}
        case MethodNotAllowed():
            return {"allow": refusal.allow}
        case RangeNotSatisfiable():
            return {"content-range": f"bytes */{refusal.size_bytes}"}
        case _:
            return _headers_of_code(refusal.code)


def _headers_of_code(code: str) -> dict[str, str]:
    match code:
        case "unauthorized":
            return {"www-authenticate": 'Bearer realm="parley"'}
        case "unavailable":
            return {"retry-after": "1"}
        case "too_large":  # the rest of the body stays unread
            return {"connection": "close"}
        case _:
            return {}
