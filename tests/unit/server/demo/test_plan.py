"""The demonstration's stories can be read, and their lives lie in the past."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from server.demo.book import parse_step, read_book
from server.demo.plan import RECENT, TICKETS, WEEKS, plan

NOW = datetime(2026, 11, 20, 3, 17, tzinfo=UTC)


def test_a_step_has_a_time_a_verb_and_perhaps_a_text() -> None:
    step = parse_step("+20m agent: Dear you,\n\nhello: there")
    assert (step.after, step.verb, step.text) == (timedelta(minutes=20), "agent", "Dear you,\n\nhello: there")
    assert parse_step("+2h take").text == ""


@pytest.mark.parametrize("line", ["take", "+2x take", "+2h dance", "2h take"])
def test_anything_else_is_no_step(line: str) -> None:
    with pytest.raises(ValueError, match="not a step"):
        parse_step(line)


def test_every_story_can_be_told_and_no_name_is_left_open() -> None:
    book = read_book()
    lives = plan(book, Random(1), NOW)
    assert len(lives) == TICKETS + RECENT
    for life in lives:
        for text in (life.subject, life.text, *(step.text for step in life.steps)):
            assert "{" not in text
    assert {life.story.subject for life in lives} == {story.subject for story in book.stories}


def test_lives_are_in_the_past_and_each_in_order() -> None:
    for seed in range(5):
        lives = plan(read_book(), Random(seed), NOW)
        assert [life.opens_at for life in lives] == sorted(life.opens_at for life in lives)
        assert lives[0].opens_at > NOW - WEEKS - timedelta(days=6)
        for life in lives:
            times = [life.opens_at, *(step.at for step in life.steps)]
            assert times == sorted(times)
            assert times[-1] < NOW


def test_one_seed_makes_one_desk() -> None:
    assert plan(read_book(), Random(7), NOW) == plan(read_book(), Random(7), NOW)
