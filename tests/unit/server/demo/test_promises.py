"""What the demonstration promises can be kept, and says something to every ticket."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from server.demo.book import read_book
from server.demo.promises import action_of, calendar_of, promises_of
from server.domain.calendar import Period, check, due_after
from server.domain.sla.policy import PRIORITIES

BOOK = read_book().people


def test_the_shop_closes_on_holidays_and_at_noon_on_christmas_eve() -> None:
    calendar = calendar_of(BOOK.hours, 2026)
    check(calendar)
    assert calendar.periods(date(2026, 12, 24)) == (Period(480, 720),)
    assert calendar.periods(date(2026, 12, 25)) == ()
    assert calendar.day_names[date(2027, 12, 31)] == "New Year's Eve"
    eve = datetime(2026, 12, 24, 10, 30, tzinfo=UTC)  # half an hour before it closes, by Vienna's clock
    assert due_after(calendar, eve, timedelta(hours=1)) == datetime(2026, 12, 28, 7, 30, tzinfo=UTC)


def test_the_last_policy_means_everybody_and_none_before_it_does() -> None:
    *others, last = BOOK.policies
    assert not (last.priorities or last.tags or last.tiers)
    assert all(policy.priorities or policy.tags or policy.tiers for policy in others)
    assert {priority for policy in others for priority in policy.priorities} <= set(PRIORITIES)


def test_every_policy_warns_twice_and_what_is_late_is_escalated() -> None:
    teams = {team.key: UUID(int=place) for place, team in enumerate(BOOK.teams)}
    for policy in BOOK.policies:
        for promise in promises_of(policy, BOOK.promises.warnings, UUID(int=7), teams):
            warnings = [step for step in promise.steps if not step.actions]
            assert len(warnings) == 2 and len(promise.steps) == 2 + bool(policy.late)
            assert (promise.calendar_id is not None) == policy.open_hours


def test_an_action_that_nobody_knows_is_told() -> None:
    with pytest.raises(ValueError, match="not an action"):
        action_of("dance wildly", {})
