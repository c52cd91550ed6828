"""What is wrong with a value, in words for people instead of the decoder's. Pure."""

import re
from collections.abc import Hashable
from functools import cache
from typing import Any

from msgspec import inspect

_LENGTH = re.compile(r"Expected `(str|array|object)` of length (>=|<=) (\d+)$")
_SIZE = re.compile(r"Expected `(?:int|float)` (>=|<=|>|<) (\S+)$")
_FORM = "Expected `str` matching regex "
_COUNTED = {"str": "character", "array": "entry", "object": "entry"}
_BOUNDS = {">=": "At least", "<=": "At most", ">": "More than", "<": "Less than"}


def in_words(fault: str, kind: Hashable) -> str:
    """The decoder's fault with a value of that type, as a person would say it; its own words for the rest."""
    if found := _LENGTH.match(fault):
        what, bound, number = found.groups()
        return f"{_BOUNDS[bound]} {number} {_plural(_COUNTED[what], int(number))}"
    if found := _SIZE.match(fault):
        return f"{_BOUNDS[found[1]]} {found[2].removesuffix('.0')}"
    if fault.startswith(_FORM):
        pattern = fault.removeprefix(_FORM)
        described = [said for known, said in _descriptions(kind).items() if repr(known) == pattern]
        return f"Expected: {described[0]}" if described else "Not of the form that is asked for"
    return fault


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else noun.removesuffix("y") + "ies" if noun.endswith("y") else f"{noun}s"


@cache
def _descriptions(kind: Hashable) -> dict[str, str]:
    """What each pattern within a type is described as."""
    found: dict[str, str] = {}
    seen: set[type] = set()
    waiting: list[Any] = [inspect.type_info(kind)]
    while waiting:
        each = waiting.pop()
        if isinstance(each, inspect.Metadata):
            described = (each.extra_json_schema or {}).get("description")
            if described and isinstance(each.type, inspect.StrType) and each.type.pattern:
                found[each.type.pattern] = described
            waiting.append(each.type)
        elif isinstance(each, inspect.StructType) and each.cls not in seen:
            seen.add(each.cls)
            waiting += [field.type for field in each.fields]
        elif isinstance(each, inspect.UnionType):
            waiting += each.types
        elif isinstance(each, inspect.ListType | inspect.VarTupleType | inspect.FrozenSetType):
            waiting.append(each.item_type)
        elif isinstance(each, inspect.DictType):
            waiting += [each.key_type, each.value_type]
    return found
