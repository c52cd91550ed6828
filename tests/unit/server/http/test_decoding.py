"""What comes in becomes typed, or is refused with a pointer to the fault."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from server.domain.errors import Invalid, NotFound
from server.http.decoding import decode_json, decode_path, decode_query
from server.http.inputs import ById, Email, Name
from server.http.problem import Malformed


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    names: list[Name]


class Body(msgspec.Struct, forbid_unknown_fields=True):
    inner: Inner
    count: int = 0


class Query(msgspec.Struct, forbid_unknown_fields=True):
    size: int = msgspec.field(name="page[size]", default=50)
    status: tuple[Literal["new", "open"], ...] | None = None
    breached: bool | None = None


def test_a_body_is_typed() -> None:
    assert decode_json(b'{"inner": {"names": ["a"]}}', Body) == Body(Inner(["a"]))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"inner": {"names": [""]}}', "/inner/names/0"),
        (b'{"inner": {"names": []}, "count": "x"}', "/count"),
        (b'{"inner": {"names": []}, "more": 1}', ""),
        (b"[]", ""),
    ],
)
def test_a_fault_is_pointed_at(body: bytes, pointer: str) -> None:
    assert fault(body, Body).pointer == pointer


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'"\\ud800"', b"[" * 100_000])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises((Malformed, Invalid)):
        decode_json(body, Body)


def test_a_query_is_typed_and_lists_are_comma_separated() -> None:
    query = decode_query(b"page%5Bsize%5D=7&status=new,open&breached=true", Query)
    assert query == Query(7, ("new", "open"), True)


@pytest.mark.parametrize(
    "query", [b"page[size]=x", b"page[size]=1&page[size]=2", b"other=1", b"status=closed", b"status="]
)
def test_a_wrong_query_is_invalid(query: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        decode_query(query, Query)
    assert refused.value.pointer is not None


@pytest.mark.parametrize("query", [b"status=%ff", b"a=1&" * 60, "ä=1".encode()])
def test_a_query_that_cannot_be_read_is_malformed(query: bytes) -> None:
    with pytest.raises(Malformed):
        decode_query(query, Query)


def test_a_path_that_names_nothing_is_not_found() -> None:
    assert decode_path({"id": "01900000-0000-7000-8000-000000000000"}, ById).id == UUID(
        "01900000-0000-7000-8000-000000000000"
    )
    for text in ("x", "", "%00", "1 OR 1=1"):
        with pytest.raises(NotFound):
            decode_path({"id": text}, ById)


class Bounded(msgspec.Struct):
    email: Email | None = None
    tags: Annotated[list[str], Meta(max_length=1)] = []
    share: Annotated[float, Meta(ge=1, lt=99)] = 1
    code: Annotated[str, Meta(pattern="^[a-z]$")] = "a"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"email": "carla"}', "Expected: an email address, like carla@example.org"),
        (b'{"email": "' + b"c" * 255 + b'"}', "At most 254 characters"),
        (b'{"tags": ["a", "b"]}', "At most 1 entry"),
        (b'{"share": 0}', "At least 1"),
        (b'{"share": 99}', "Less than 99"),
        (b'{"code": "1"}', "Not of the form that is asked for"),
        (b'{"tags": 1}', "Expected `array`, got `int`"),
    ],
)
def test_a_fault_is_told_in_words_of_people(body: bytes, said: str) -> None:
    assert fault(body, Bounded).detail == said


def fault(body: bytes, kind: type[msgspec.Struct]) -> Invalid:
    """What is wrong with a body."""
    with pytest.raises(Invalid) as refused:
        decode_json(body, kind)
    return refused.value
