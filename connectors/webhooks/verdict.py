"""What an answer means: taken, later again, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

MAX_ASKED = timedelta(hours=1)
# Not about this delivery: the endpoint's others would fare no better now.
_ENDPOINT_WIDE = frozenset({429, 502, 503, 504})


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt. Without `error` it was taken.

    `again` when the same may be taken later; `resting` when the endpoint asks, or needs, to be left alone for
    a while, and `asked` for how long; `gone` when it wants to be told nothing any more.
    """

    status: int | None = None
    error: str | None = None
    again: bool = False
    resting: bool = False
    gone: bool = False
    asked: timedelta | None = None


def judge(status: int, headers: Mapping[str, str]) -> Verdict:
    """The verdict on an answer; header names are lower-cased."""
    if 200 <= status < 300:
        return Verdict(status=status)
    if 300 <= status < 400:
        return Verdict(status=status, error=f"{status}: redirects are not followed")
    if status == 410:
        return Verdict(status=status, error="410: it is gone", gone=True)
    if status >= 500 or status in (408, 429):
        return Verdict(
            status=status,
            error=str(status),
            again=True,
            resting=status in _ENDPOINT_WIDE,
            asked=_asked(headers.get("retry-after", "")),
        )
    return Verdict(status=status, error=str(status))


def refused(reason: str) -> Verdict:
    """We do not go there."""
    return Verdict(error=reason)


def unreachable(reason: str) -> Verdict:
    """There was no answer, or none in time."""
    return Verdict(error=reason, again=True, resting=True)


def _asked(retry_after: str) -> timedelta | None:
    """RFC 9110 §10.2.3, in seconds; as a date it is ignored."""
    if not (retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 8):
        return None
    return min(timedelta(seconds=int(retry_after)), MAX_ASKED)
