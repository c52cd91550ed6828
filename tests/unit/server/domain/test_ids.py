"""Ids: UUIDv7 as RFC 9562 §5.7 has them, and text that may be one."""

from uuid import UUID

import pytest

from server.domain.ids import parse_id, uuid7


def test_an_id_has_its_version_variant_and_instant() -> None:
    made = uuid7(1_700_000_000_123, (1 << 80) - 1)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == 1_700_000_000_123
    assert uuid7(1, 0).int & ((1 << 62) - 1) == 0


def test_ids_sort_by_their_instant() -> None:
    assert uuid7(1, (1 << 74) - 1) < uuid7(2, 0)


def test_random_bits_that_differ_make_ids_that_differ() -> None:
    assert len({uuid7(1, 1 << bit) for bit in range(74)}) == 74


@pytest.mark.parametrize(
    "text",
    ["", "1", "{01900000-0000-7000-8000-000000000000}", "0190000000007000800000000000000x" * 2, "x" * 36],
)
def test_what_is_no_id_names_nothing(text: str) -> None:
    assert parse_id(text) is None


def test_an_id_is_read_in_either_case() -> None:
    text = "0190abcd-0000-7000-8000-000000000000"
    assert parse_id(text) == parse_id(text.upper()) == UUID(text)
