"""Conditions by ETag (RFC 9110 §13)."""

from __future__ import annotations

import pytest

from server.domain.errors import PreconditionFailed
from server.http.preconditions import check_if_match, etag_of, expected_seq, is_known

ETAG = etag_of(b"body")


def test_a_tag_is_of_the_content() -> None:
    assert etag_of(b"body") == ETAG != etag_of(b"other")
    assert etag_of(b"body", 7).startswith('"7.')


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_what_is_known_is_not_sent_again(header: str) -> None:
    assert is_known(header, ETAG)


@pytest.mark.parametrize("header", [None, "", '"x"', ETAG[:-1]])
def test_what_is_not_known_is_sent(header: str | None) -> None:
    assert not is_known(header, ETAG)


def test_an_edit_of_what_has_changed_is_refused() -> None:
    check_if_match(None, ETAG)
    check_if_match("*", ETAG)
    check_if_match(f'"x", {ETAG}', ETAG)
    for header in ('"x"', f"W/{ETAG}", ""):
        with pytest.raises(PreconditionFailed):
            check_if_match(header, ETAG)


def test_a_tickets_tag_names_its_seq() -> None:
    assert expected_seq(etag_of(b"body", 12)) == 12
    assert expected_seq(None) is None
    assert expected_seq("*") is None
    for header in ("", '"x"', '"x.y"', '"-1.y"', '"1"', '"9999999999999.x"', '"١.x"'):
        with pytest.raises(PreconditionFailed):
            expected_seq(header)
