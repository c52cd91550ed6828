"""Any value of a typed struct, from its own types and bounds, so that a new field or class is covered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as types

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(), timedelta(days=4000))


def any_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Any instance of a struct."""
    return _any(types.type_info(kind))


def _any(kind: types.Type) -> st.SearchStrategy[Any]:
    match kind:
        case types.StructType():
            fields = {field.name: _any(field.type) for field in kind.fields}
            return st.fixed_dictionaries(fields).map(lambda values: kind.cls(**values))
        case types.StrType():
            return st.text(
                TEXT_CHARACTERS, min_size=kind.min_length or 0, max_size=min(kind.max_length or 40, 40)
            )
        case types.IntType():
            return st.integers(kind.ge or 0, 2**53 if kind.le is None else kind.le)
        case types.BoolType():
            return st.booleans()
        case types.NoneType():
            return st.none()
        case types.UUIDType():
            return st.uuids()
        case types.DateTimeType():
            return INSTANTS
        case types.TimeDeltaType():
            return SPANS
        case types.LiteralType():
            return st.sampled_from(kind.values)
        case types.UnionType():
            return st.one_of(*map(_any, kind.types))
        case types.ListType():
            return st.lists(_any(kind.item_type), max_size=3)
        case types.VarTupleType():
            return st.lists(_any(kind.item_type), max_size=3).map(tuple)
        case types.DictType():
            return st.dictionaries(_any(kind.key_type), _any(kind.value_type), max_size=3)
        case types.AnyType():
            return st.dictionaries(
                TEXT, TEXT | st.integers(0, 9) | st.none() | st.lists(TEXT, max_size=2), max_size=3
            )
        case _:
            raise TypeError(f"no values for {kind}")


TEXT_CHARACTERS = st.characters(exclude_categories=["Cs"])
