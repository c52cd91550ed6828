"""Commands read back from a log: what belongs together, and what somebody asked for."""

from __future__ import annotations

from server.domain.events import InteractionAdded, SlaMet, StatusChanged, TicketOpened
from server.domain.sla.history import commands
from tests.promised import Promised, at, plain


def kinds(desk: Promised) -> list[list[str]]:
    return [[type(record.event).__name__ for record in done.records] for done in commands(desk.records)]


def test_a_command_has_its_events_and_what_followed_for_the_clocks() -> None:
    desk = Promised(plain(1, 30, 100))
    desk.answered(5)
    desk.moves("resolved", 6)
    assert kinds(desk) == [
        ["TicketOpened", "InteractionAdded", "SlaStarted", "SlaStarted"],
        ["InteractionAdded", "SlaMet"],
        ["StatusChanged", "SlaMet"],
    ]
    asked = [[type(record.event) for record in done.asked_for] for done in commands(desk.records)]
    assert asked == [[TicketOpened, InteractionAdded], [InteractionAdded], [StatusChanged]]


def test_two_commands_of_one_instant_are_told_apart() -> None:
    desk = Promised(plain(1, 30, 100))
    desk.answered(5)
    desk.moves("resolved", 5)
    desk.answered(5)
    assert [len(done.records) for done in commands(desk.records)] == [4, 2, 2, 1]
    met = [record.event for done in commands(desk.records) for record in done.records]
    assert [event.met_at for event in met if isinstance(event, SlaMet)] == [at(5), at(5)]
