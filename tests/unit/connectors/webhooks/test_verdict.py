"""What each answer of an endpoint means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.webhooks.deliverer import Patience
from connectors.webhooks.verdict import MAX_ASKED, judge


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_two_hundreds_are_taken(status: int) -> None:
    assert judge(status, {}).error is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 422])
def test_what_will_not_change_is_not_tried_again(status: int) -> None:
    verdict = judge(status, {"location": "http://127.0.0.1/"})
    assert verdict.error is not None
    assert (verdict.again, verdict.resting, verdict.gone) == (False, False, False)


@pytest.mark.parametrize(
    ("status", "resting"), [(500, False), (408, False), (429, True), (502, True), (503, True)]
)
def test_what_may_change_is_tried_again(status: int, resting: bool) -> None:
    verdict = judge(status, {})
    assert (verdict.again, verdict.resting) == (True, resting)


def test_gone_is_gone() -> None:
    verdict = judge(410, {})
    assert (verdict.again, verdict.gone) == (False, True)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("30", timedelta(seconds=30)),
        ("999999", MAX_ASKED),
        ("99999999999999999999", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", None),
        ("-1", None),
        ("", None),
    ],
)
def test_a_wish_for_time_is_heard_within_bounds(said: str, asked: timedelta | None) -> None:
    assert judge(503, {"retry-after": said}).asked == asked


def test_pauses_grow_to_their_bound_and_differ_by_chance() -> None:
    patience = Patience()
    pauses = [patience.pause(attempt, 0.5) for attempt in range(1, 12)]
    assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == patience.longest
    assert patience.pause(10_000, 1.0) == patience.longest * 1.25
    assert patience.pause(1, 0.0) < patience.pause(1, 1.0)
