"""Bytes from outside become typed values here, or an `Invalid` that points at the fault. Pure."""

import re
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from server.domain.errors import Invalid, NotFound
from server.http.faults import in_words
from server.http.problem import Malformed

T = TypeVar("T")

_FAULT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<where>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
MAX_PARAMETERS = 50


@cache
def _decoder(kind: Hashable) -> Callable[[bytes], Any]:
    form: Any = kind
    return msgspec.json.Decoder(form).decode


def decode_json(body: bytes, kind: type[T]) -> T:
    """Decode a JSON body; Malformed when it is not JSON, Invalid when it is of another form."""
    try:
        form: Any = kind
        value: T = _decoder(form)(body)
    except msgspec.ValidationError as wrong:
        raise _invalid(wrong, kind, "") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Malformed("The body is not JSON in UTF-8") from wrong
    return value


def decode_path(parameters: Mapping[str, str], kind: type[T]) -> T:
    """Type the parts of a path; what cannot be a name here names nothing, so NotFound."""
    try:
        return msgspec.convert(parameters, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise NotFound from wrong


def decode_query(query: bytes, kind: type[T]) -> T:
    """Type a query string; a list is written `a,b`, an unknown or doubled name is Invalid."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError as wrong:
        raise Malformed("The query is not percent-encoded UTF-8") from wrong
    form: Any = kind
    lists = _list_fields(form)
    values: dict[str, str | list[str]] = {}
    for name, text in pairs:
        if name in values:
            raise Invalid("Given twice", pointer=f"?{name}")
        values[name] = text.split(",") if name in lists else text
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as wrong:
        raise _invalid(wrong, kind, "?") from wrong


@cache
def _list_fields(kind: Hashable) -> frozenset[str]:
    """The outside names of the fields that are lists."""
    form: Any = kind
    hints = get_type_hints(form)
    return frozenset(
        field.encode_name for field in msgspec.structs.fields(form) if is_list(hints[field.name])
    )


def is_list(hint: Any) -> bool:
    """Whether a field's type is a tuple, perhaps an optional one."""
    if get_origin(hint) is Annotated:
        return is_list(get_args(hint)[0])
    return get_origin(hint) is tuple or any(get_origin(part) is tuple for part in get_args(hint))


def _invalid(wrong: msgspec.ValidationError, kind: Any, prefix: str) -> Invalid:
    found = _FAULT.match(str(wrong))
    what, where = (found["what"], found["where"]) if found else (str(wrong), None)
    steps = [name or index for name, index in _STEP.findall((where or "$")[1:])]
    pointer = "?" + steps[0] if prefix and steps else "".join("/" + step for step in steps)
    return Invalid(in_words(what, kind), pointer=pointer)
