"""The session's cookie among the cookies of other programs."""

from __future__ import annotations

import pytest

from server.queries.credentials import cookie_name, find_cookie


@pytest.mark.parametrize(
    "others", ["", "a=1; ", 'prefs={"a":[1, 2]}; ', "a b=c; ", "=; ;; ", "ünï=ö; ", 'q="1; ', "xparley=no; "]
)
def test_a_cookie_is_found_whatever_stands_beside_it(others: str) -> None:
    assert find_cookie(f"{others}parley=secret; b=2", "parley") == "secret"
    assert find_cookie(f"{others}b=2", "parley") is None


def test_the_first_of_two_is_taken_and_names_are_exact() -> None:
    assert find_cookie("parley=one; parley=two", "parley") == "one"
    assert find_cookie("Parley=1; parley", "parley") is None
    assert find_cookie("", "parley") is None


def test_over_tls_the_cookie_is_bound_to_its_host() -> None:
    assert (cookie_name(secure=True), cookie_name(secure=False)) == ("__Host-parley", "parley")
