"""Which clock each event sets, and when it rings."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from server.domain.events import (
    Ring,
    SlaBreached,
    SlaEvent,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaStarted,
    SlaStopped,
    SlaWarned,
)
from server.domain.log import PARTITIONS, partition_of
from server.store.armed import Armed
from server.streams.alarms import Alarm, Alarms

WORKSPACE, TICKET, POLICY = UUID(int=1), UUID(int=2), UUID(int=3)
ALARM = Alarm(WORKSPACE, TICKET, "resolution")
NOON = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=UTC)
WARN, DUE = NOON + timedelta(minutes=48), NOON + timedelta(hours=1)
RINGS = (Ring(WARN, "warning", POLICY), Ring(DUE, "due"))
STARTED = SlaStarted("resolution", POLICY, NOON, DUE, POLICY, DUE - NOON, RINGS)
WARNED = SlaWarned("resolution", DUE, POLICY, next_at=DUE)


def after(*events: SlaEvent) -> Alarms:
    alarms = Alarms(range(PARTITIONS))
    for event in events:
        alarms.hear(WORKSPACE, TICKET, event)
    return alarms


def test_a_started_target_rings_at_its_warning_first_to_the_microsecond():
    alarms = after(STARTED)
    assert alarms.next_at() == WARN.timestamp()
    assert alarms.take_due(WARN.timestamp(), 9) == [(ALARM, WARN)]
    assert datetime.fromtimestamp(DUE.timestamp(), UTC) == DUE


def test_a_warned_target_rings_when_it_is_due():
    assert after(STARTED, WARNED).next_at() == DUE.timestamp()


def test_a_resumed_target_rings_as_much_later_as_it_stood_still():
    later = timedelta(hours=2)
    resumed = SlaResumed("resolution", DUE + later, (Ring(WARN + later, "warning", POLICY),))
    alarms = after(STARTED, SlaPaused("resolution"), resumed)
    assert alarms.next_at() == (WARN + later).timestamp()
    assert alarms.get(ALARM) == WARN + later


@pytest.mark.parametrize(
    "event",
    [
        SlaPaused("resolution"),
        SlaMet("resolution", DUE),
        SlaBreached("resolution", DUE),
        SlaStopped("resolution"),
    ],
)
def test_what_no_longer_runs_does_not_ring(event: SlaEvent):
    assert len(after(STARTED, event)) == 0


def test_the_targets_of_a_ticket_have_clocks_of_their_own():
    alarms = after(STARTED, SlaMet("first_response", NOON))
    assert ALARM in alarms


def test_hearing_it_all_again_changes_nothing():
    story = [STARTED, WARNED]
    assert after(*story, *story).next_at() == after(*story).next_at()


def test_a_step_after_the_breach_rings_too():
    later = DUE + timedelta(minutes=5)
    assert (
        after(STARTED, WARNED, SlaBreached("resolution", DUE, next_at=later)).next_at() == later.timestamp()
    )


def test_a_row_sets_the_clock_as_its_events_would():
    alarms = Alarms(range(PARTITIONS))
    alarms.read(Armed(WORKSPACE, TICKET, "resolution", WARN), alarms.marks())
    assert alarms.next_at() == WARN.timestamp()
    assert alarms.get(ALARM) == WARN


def test_a_row_changes_nothing_that_was_heard_since_it_was_asked_for():
    alarms = after(STARTED)
    marks = alarms.marks()
    alarms.hear(WORKSPACE, TICKET, WARNED)
    alarms.read(Armed(WORKSPACE, TICKET, "resolution", WARN), marks)
    assert alarms.get(ALARM) == DUE


def test_a_row_replaces_what_was_heard_before_it_was_asked_for():
    alarms = after(STARTED)
    alarms.read(Armed(WORKSPACE, TICKET, "resolution", DUE), alarms.marks())
    assert alarms.get(ALARM) == DUE


def test_only_the_alarms_of_kept_partitions_are_known():
    alarms = after(STARTED)
    others = set(range(PARTITIONS)) - {partition_of(TICKET)}
    alarms.keep({partition_of(TICKET)})
    assert ALARM in alarms
    alarms.keep(others)
    assert (len(alarms), alarms.next_at()) == (0, None)
    alarms.hear(WORKSPACE, TICKET, STARTED)
    alarms.read(Armed(WORKSPACE, TICKET, "resolution", DUE), alarms.marks())
    alarms.try_again(ALARM, 1.0, DUE)
    assert ALARM not in alarms


def test_alarms_of_all_partitions_ring_in_the_order_of_their_instants():
    alarms = Alarms(range(PARTITIONS))
    tickets = [UUID(int=n) for n in range(40)]
    for n, ticket in enumerate(reversed(tickets)):
        row = Armed(WORKSPACE, ticket, "resolution", NOON + timedelta(seconds=n))
        alarms.read(row, alarms.marks())
    rung = [alarms.take_due((NOON + timedelta(seconds=29)).timestamp(), 7) for _ in range(6)]
    assert [len(due) for due in rung] == [7, 7, 7, 7, 2, 0]
    assert [alarm.ticket_id for due in rung for alarm, _ in due] == list(reversed(tickets))[:30]
