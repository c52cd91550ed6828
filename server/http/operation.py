"""One declaration of an operation: from it come its route, its checks and its documentation.

    @operation("POST", "/teams", Action.MANAGE_DESK, {201: Team})
    async def create(call: Call, db: Connection, body: NewTeam) -> Team:
        \"\"\"Make a team.\"\"\"

What an operation takes is what its function's signature names: `path`, `query` and `body` are
msgspec structs; `db` is a transaction in the actor's
workspace, a writing one unless the method is GET, and an `Idempotency-Key` is kept in it. The
docstring's first line is the summary. The first of `answers` is what a plain value is sent as.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import Enum, auto
from inspect import getdoc, signature
from typing import Any, Literal, get_type_hints

import msgspec

from server.domain.rights import Action

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Audience(Enum):
    """Whose credentials an operation reads."""

    DESK = auto()  # agents, by cookie or token; a visitor is known and finds nothing
    WIDGET = auto()  # visitors, by their token
    ANYONE = auto()  # no credentials needed; those of an agent are honoured


class Answer(msgspec.Struct, frozen=True):
    """What an operation says when it is more than a value: a status, headers, cookies."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


class FileSlice(msgspec.Struct, frozen=True):
    """A body that is read from a file as it is sent; `chunks` blocks."""

    chunks: Callable[[], Iterator[bytes]]
    length: int


class Operation(msgspec.Struct, frozen=True):
    """Everything there is to know about one operation."""

    method: Method
    path: str
    action: Action | None
    audience: Audience
    answers: Mapping[int, Any]
    refusals: tuple[str, ...]
    max_body_bytes: int | None
    media_types: tuple[str, ...]
    also_as: tuple[str, ...]
    timeout_seconds: float
    tagged: bool
    shared: bool
    function: Callable[..., Awaitable[Any]]
    summary: str
    description: str
    section: str
    path_type: type[msgspec.Struct] | None
    query_type: type[msgspec.Struct] | None
    body_type: Any
    takes_db: bool
    takes_upload: bool

    @property
    def name(self) -> str:
        """The operation's id, unique and stable: `tickets.open`."""
        return f"{self.section}.{self.function.__name__}"

    @property
    def changes(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET"

    @property
    def keyed(self) -> bool:
        """Whether an `Idempotency-Key` is honoured: on every POST of somebody who is known."""
        return self.method == "POST" and self.audience is not Audience.ANYONE


Declared = Callable[..., Awaitable[Any]]


def operation(
    method: Method,
    path: str,
    action: Action | None,
    answers: Mapping[int, Any],
    *,
    audience: Audience = Audience.DESK,
    refusals: tuple[str, ...] = (),
    max_body_bytes: int | None = None,
    media_types: tuple[str, ...] = ("application/json",),
    also_as: tuple[str, ...] = (),
    timeout_seconds: float = 20.0,
    tagged: bool = False,
    shared: bool = False,
    takes_upload: bool = False,
) -> Callable[[Declared], Operation]:
    """Declare the function below as an operation.

    `tagged`: the answer carries an ETag, and an edit honours `If-Match`. `refusals` are codes
    beyond those that follow from the declaration itself. `max_body_bytes` is for operations
    that need more or less than the setting for all. `also_as` are media types that the answer may have
    instead of JSON. `shared`: pages of other origins may call it.
    `takes_upload`: the function reads a form with a file itself.
    """

    def declare(function: Declared) -> Operation:
        hints = get_type_hints(function, include_extras=True)
        parameters = signature(function).parameters
        summary, _, rest = (getdoc(function) or function.__name__).partition("\n")
        return Operation(
            method=method,
            path=path,
            action=action,
            audience=audience,
            answers=answers,
            refusals=refusals,
            max_body_bytes=max_body_bytes,
            media_types=media_types,
            also_as=also_as,
            timeout_seconds=timeout_seconds,
            tagged=tagged,
            shared=shared,
            function=function,
            summary=summary.rstrip("."),
            description=rest.strip(),
            section=function.__module__.rpartition(".")[2],
            path_type=hints.get("path"),
            query_type=hints.get("query"),
            body_type=hints.get("body"),
            takes_db="db" in parameters,
            takes_upload=takes_upload,
        )

    return declare


def documented_refusals(it: Operation) -> set[str]:
    """The codes of every refusal that an operation can answer with."""
    codes = {"unavailable", "rate_limited", *it.refusals}
    if it.audience is not Audience.ANYONE:
        codes |= {"unauthorized", "not_permitted", "not_found"}
    if it.path_type is not None:
        codes.add("not_found")
    if it.query_type is not None:
        codes |= {"malformed", "invalid"}
    if it.body_type is not None or it.takes_upload:
        codes |= {"malformed", "invalid", "too_large", "unsupported_media_type"}
    if it.keyed:
        codes |= {"conflict", "duplicate_mismatch", "invalid"}
    if it.tagged and it.changes:
        codes.add("precondition_failed")
    return codes
