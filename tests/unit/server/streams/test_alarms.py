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
from server.store.armed import Armed
from server.streams.alarms import Alarm, Alarms, arm_row, hear
from server.streams.clocks import Clocks

WORKSPACE, TICKET, POLICY = UUID(int=1), UUID(int=2), UUID(int=3)
ALARM = Alarm(WORKSPACE, TICKET, "resolution")
NOON = datetime(2026, 11, 22, 12, 0, 0, 123457, tzinfo=UTC)
WARN, DUE = NOON + timedelta(minutes=48), NOON + timedelta(hours=1)
RINGS = (Ring(WARN, "warning", POLICY), Ring(DUE, "due"))
STARTED = SlaStarted("resolution", POLICY, NOON, DUE, POLICY, DUE - NOON, RINGS)
WARNED = SlaWarned("resolution", DUE, POLICY, next_at=DUE)


def after(*events: SlaEvent) -> Alarms:
    alarms: Alarms = Clocks()
    for event in events:
        hear(alarms, WORKSPACE, TICKET, event)
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
    alarms: Alarms = Clocks()
    arm_row(alarms, Armed(WORKSPACE, TICKET, "resolution", WARN))
    assert alarms.next_at() == WARN.timestamp()
    assert alarms.get(ALARM) == WARN
