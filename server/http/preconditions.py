"""ETags and the conditions that name them (RFC 9110 §13): a read that nothing new answers with
304, an edit of what has changed meanwhile is refused with 412. Pure.
"""

from hashlib import blake2b

from server.domain.errors import PreconditionFailed


def etag_of(body: bytes, seq: int | None = None) -> str:
    """The strong tag of a representation; for a ticket it starts with its `seq`."""
    digest = blake2b(body, digest_size=9).hexdigest()
    return f'"{digest}"' if seq is None else f'"{seq}.{digest}"'


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this representation already (a weak comparison, §13.1.2)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _tags(if_none_match)


def check_if_match(if_match: str | None, etag: str) -> None:
    """Raise PreconditionFailed unless the client means this representation (§13.1.1)."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag not in [tag.strip() for tag in if_match.split(",")]:
        raise PreconditionFailed


def expected_seq(if_match: str | None) -> int | None:
    """The ticket's `seq` that an edit was based on, for a check under its row's lock.

    None asks for no check; a tag that is none of ours can match nothing.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    seq, dot, _ = if_match.strip().strip('"').partition(".")
    if not dot or not seq.isascii() or not seq.isdigit() or len(seq) > 12:
        raise PreconditionFailed
    return int(seq)


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
