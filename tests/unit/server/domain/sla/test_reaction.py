"""What a change of a ticket does to its clocks. Times are minutes from the opening, a Monday at nine."""

from __future__ import annotations

from uuid import UUID

import msgspec

from server.domain.events import (
    Priority,
    SlaBreached,
    SlaMet,
    SlaPaused,
    SlaResumed,
    SlaRetimed,
    SlaStarted,
    SlaStopped,
)
from server.domain.sla.policy import Conditions, CustomerFacts, Pause, Promise
from server.domain.sla.target import next_due
from tests.promised import (
    CLOCK,
    CUSTOMER,
    MACHINE,
    VIC,
    Promised,
    at,
    minutes,
    plain,
    policy,
)


def of(priority: Priority) -> Conditions:
    return Conditions(priorities=(priority,))


NORMAL = plain(1, 30, 100, conditions=of("normal"))
URGENT = plain(2, 5, 50, conditions=of("urgent"))
WITH_NEXT = plain(3, 30, 100, 20)


def test_a_policy_starts_its_targets_at_the_opening() -> None:
    desk = Promised(NORMAL)
    assert [(type(event), event.target, event.due_at) for event in desk.begun] == [
        (SlaStarted, "first_response", at(30)),
        (SlaStarted, "resolution", at(100)),
    ]
    assert [(ring.at, ring.kind) for ring in desk.of("resolution").rings] == [
        (at(80), "warning"),
        (at(100), "due"),
    ]


def test_no_policy_another_one_and_a_machine_start_nothing() -> None:
    assert Promised().begun == []
    assert Promised(URGENT).begun == []
    assert Promised(NORMAL, by=MACHINE).begun == []


def test_the_first_policy_that_means_the_ticket_has_it() -> None:
    desk = Promised(URGENT, NORMAL, plain(9, 1))
    assert {target.policy_id for target in desk.ticket.targets} == {NORMAL.id}


def test_the_first_response_meets_its_target_once() -> None:
    desk = Promised(NORMAL)
    assert desk.answered(10) == [SlaMet("first_response", at(10), minutes(10))]
    assert desk.answered(20) == []
    assert next_due(desk.ticket.targets) == at(100)


def test_a_machine_answers_nothing() -> None:
    desk = Promised(NORMAL)
    assert desk.says(CLOCK, 10) == []
    assert desk.says(MACHINE, 11) == []


def test_a_late_response_breaches_at_the_due_time_and_is_met_late() -> None:
    desk = Promised(NORMAL)
    _, *events = desk.answered(45)
    assert events == [SlaBreached("first_response", at(30)), SlaMet("first_response", at(45), minutes(45))]


def test_waiting_pauses_the_resolution_and_nothing_else() -> None:
    desk = Promised(NORMAL)
    assert desk.moves("pending", 10) == [SlaPaused("resolution", minutes(10))]
    assert desk.moves("on_hold", 15) == []
    assert desk.rings("resolution", 100) == []
    assert next_due(desk.ticket.targets) == at(30)
    desk.rings_all(39)
    [resumed] = desk.moves("open", 40)
    assert isinstance(resumed, SlaResumed)
    assert (resumed.due_at, [ring.at for ring in resumed.rings]) == (at(130), [at(110), at(130)])


def test_a_pause_may_need_its_reason() -> None:
    supplier, other = UUID(int=71), UUID(int=72)
    promise = Promise("resolution", minutes(100), pauses=(Pause("on_hold", supplier),))
    desk = Promised(policy(1, [promise]))
    desk.desk = msgspec.structs.replace(desk.desk, reasons={supplier: "supplier", other: "other"})
    assert desk.moves("on_hold", 10, other) == []
    assert desk.moves("on_hold", 20, supplier) == [SlaPaused("resolution", minutes(20))]
    [resumed] = desk.moves("on_hold", 50, other)
    assert isinstance(resumed, SlaResumed) and resumed.due_at == at(130)


def test_what_is_overdue_is_breached_before_it_stands_still() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    assert [type(event).__name__ for event in desk.moves("pending", 120)] == [
        "SlaWarned",
        "SlaBreached",
        "SlaPaused",
    ]
    desk.moves("open", 130)
    assert desk.of("resolution").breached_at == at(100)


def test_resolving_meets_the_resolution_and_stops_an_answer_nobody_gave() -> None:
    desk = Promised(NORMAL)
    assert desk.moves("resolved", 20) == [
        SlaMet("resolution", at(20), minutes(20)),
        SlaStopped("first_response", minutes(20)),
    ]
    assert desk.moves("closed", 25) == []
    assert next_due(desk.ticket.targets) is None


def test_reopening_gives_back_the_time_that_was_left() -> None:
    desk = Promised(NORMAL)
    desk.moves("resolved", 20)
    assert [(type(e), e.target, e.due_at) for e in desk.moves("open", 60)] == [  # type: ignore[union-attr]
        (SlaResumed, "first_response", at(70)),
        (SlaResumed, "resolution", at(140)),
    ]


def test_reopening_may_restart_the_clock() -> None:
    promise = Promise("resolution", minutes(100), on_reopen="restart")
    desk = Promised(policy(1, [promise]))
    desk.moves("resolved", 90)
    [started] = desk.moves("open", 200)
    assert isinstance(started, SlaStarted) and started.due_at == at(300)


def test_reopening_gives_back_the_time_that_it_waited_before_it_was_resolved() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    desk.moves("pending", 10)
    desk.moves("resolved", 50)
    [resumed] = desk.moves("open", 60)
    assert isinstance(resumed, SlaResumed) and resumed.due_at == at(150)


def test_reopening_into_waiting_pauses_at_once() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    desk.moves("resolved", 10)
    assert [type(event) for event in desk.moves("pending", 30)] == [SlaResumed, SlaPaused]
    [resumed] = desk.moves("open", 40)
    assert isinstance(resumed, SlaResumed) and resumed.due_at == at(130)


def test_what_was_breached_is_not_revived() -> None:
    desk = Promised(NORMAL)
    desk.rings_all(100)
    desk.moves("resolved", 110)
    assert desk.moves("open", 120) == []
    assert desk.of("resolution").breached_at == at(100)


def test_another_priority_keeps_what_was_spent_and_promises_less_from_then_on() -> None:
    desk = Promised(NORMAL, URGENT)
    first, resolution = desk.has_priority("urgent", 2)
    assert isinstance(first, SlaRetimed) and isinstance(resolution, SlaRetimed)
    assert (first.spent, first.due_at, resolution.due_at) == (minutes(2), at(5), at(50))
    assert desk.of("first_response").started_at == at(0)


def test_more_spent_than_is_promised_now_is_due_at_that_moment() -> None:
    desk = Promised(NORMAL, URGENT)
    desk.answered(5)
    retimed, breached = desk.has_priority("urgent", 70)
    assert isinstance(retimed, SlaRetimed) and retimed.due_at == at(70)
    assert breached == SlaBreached("resolution", at(70))


def test_steps_whose_mark_has_passed_are_not_made_up_for() -> None:
    desk = Promised(NORMAL, URGENT)
    desk.answered(5)
    [retimed] = desk.has_priority("urgent", 45)
    assert isinstance(retimed, SlaRetimed)
    assert [(ring.at, ring.kind) for ring in retimed.rings] == [(at(50), "due")]


def test_another_priority_while_it_stands_still_leaves_it_standing() -> None:
    desk = Promised(NORMAL, URGENT)
    desk.answered(1)
    desk.moves("pending", 10)
    [retimed] = desk.has_priority("urgent", 30)
    assert isinstance(retimed, SlaRetimed) and not retimed.running and retimed.rings == ()
    [resumed] = desk.moves("open", 40)
    assert isinstance(resumed, SlaResumed) and resumed.due_at == at(80)


def test_a_priority_without_a_policy_stops_and_one_with_a_policy_goes_on() -> None:
    desk = Promised(NORMAL)
    assert desk.has_priority("low", 10) == [
        SlaStopped("first_response", minutes(10)),
        SlaStopped("resolution", minutes(10)),
    ]
    desk.has_priority("normal", 20)
    assert [desk.of(name).due_at for name in ("first_response", "resolution")] == [at(40), at(110)]  # type: ignore[arg-type]


def test_what_is_promised_first_in_the_middle_begins_then() -> None:
    desk = Promised(URGENT)
    assert [(e.target, e.due_at) for e in desk.has_priority("urgent", 10)] == [  # type: ignore[union-attr]
        ("first_response", at(15)),
        ("resolution", at(60)),
    ]
    other = Promised(URGENT)
    other.answered(5)
    assert [event.target for event in other.has_priority("urgent", 10)] == ["resolution"]


def test_what_stopped_because_its_policy_was_switched_off_goes_on_with_it() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    desk.governed_by(changed=20)
    assert desk.looks_again(20) == [SlaStopped("resolution", minutes(20))]
    assert desk.looks_again(25) == []
    desk.governed_by(NORMAL, changed=50)
    [resumed] = desk.looks_again(50)
    assert isinstance(resumed, SlaResumed) and resumed.due_at == at(130)
    assert desk.looks_again(51) == []


def test_a_new_policy_begins_nothing_that_a_ticket_never_had() -> None:
    desk = Promised()
    desk.governed_by(NORMAL, changed=20)
    assert desk.looks_again(20) == []


def test_an_edited_policy_counts_from_the_moment_of_its_edit() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    edited = policy(1, [Promise("resolution", minutes(60))], of("normal"), made=40, version=1)
    desk.governed_by(edited, changed=40)
    [retimed] = desk.looks_again(41)
    assert isinstance(retimed, SlaRetimed)
    assert (retimed.changed_at, retimed.spent, retimed.due_at) == (at(40), minutes(40), at(60))
    assert desk.looks_again(42) == []


def test_a_ticket_that_is_touched_before_the_edit_was_applied_is_measured_by_it_first() -> None:
    desk = Promised(NORMAL)
    desk.answered(5)
    desk.governed_by(
        policy(1, [Promise("resolution", minutes(60))], of("normal"), made=40, version=1), changed=40
    )
    retimed, breached, met = desk.moves("resolved", 70)
    assert isinstance(retimed, SlaRetimed) and retimed.changed_at == at(40)
    assert breached == SlaBreached("resolution", at(60))
    assert met == SlaMet("resolution", at(70), minutes(70))


def test_an_edit_that_gives_more_time_comes_before_what_was_due_since() -> None:
    edited = policy(1, [Promise("resolution", minutes(200))], of("normal"), made=40, version=1)
    desk = Promised(NORMAL)
    desk.answered(5)
    desk.governed_by(edited, changed=40)
    [retimed] = desk.looks_again(150)
    assert isinstance(retimed, SlaRetimed) and retimed.due_at == at(200)
    ringing = Promised(NORMAL)
    ringing.answered(5)
    ringing.governed_by(edited, changed=40)
    [retimed] = ringing.rings("resolution", 80)
    assert isinstance(retimed, SlaRetimed) and retimed.due_at == at(200)
    assert ringing.rings("resolution", 200) == [SlaBreached("resolution", at(200))]


def test_what_was_late_before_an_edit_that_gives_more_time_stays_late() -> None:
    """Planted bug that was seen: it is measured anew before it is stamped."""
    desk = Promised(NORMAL)
    desk.answered(5)
    edited = policy(1, [Promise("resolution", minutes(200))], of("normal"), made=120, version=1)
    desk.governed_by(edited, changed=120)
    assert SlaBreached("resolution", at(100)) in desk.looks_again(150)
    assert desk.of("resolution").breached_at == at(100)


def test_an_edit_counts_from_its_own_moment_although_other_rules_changed_since() -> None:
    """Planted bug that was seen: it counts from when any rule last changed."""
    desk = Promised(NORMAL)
    desk.answered(5)
    edited = policy(1, [Promise("resolution", minutes(60))], of("normal"), made=20, version=1)
    desk.governed_by(edited, URGENT, changed=40)
    [retimed] = desk.looks_again(41)
    assert isinstance(retimed, SlaRetimed)
    assert (retimed.changed_at, retimed.spent) == (at(20), minutes(20))


def test_a_policy_that_ends_stops_what_ran_under_it() -> None:
    desk = Promised(NORMAL)
    desk.governed_by(changed=20)
    assert [type(event) for event in desk.looks_again(21)] == [SlaStopped, SlaStopped]


def test_another_customers_tier_may_mean_another_policy() -> None:
    gold = plain(4, 10, conditions=Conditions(tiers=("Gold",)))
    desk = Promised(gold, NORMAL, customers={VIC: CustomerFacts(tier="silver")})
    assert desk.of("first_response").policy_id == NORMAL.id
    desk.customers[VIC] = CustomerFacts(tier="gold", changed_at=at(3))
    events = desk.looks_again(4)
    assert isinstance(events[0], SlaRetimed)
    assert (events[0].changed_at, events[0].due_at) == (at(3), at(10))


def test_a_question_after_the_answer_begins_a_next_response_that_a_second_one_does_not_restart() -> None:
    desk = Promised(WITH_NEXT)
    assert desk.asked(5) == []
    desk.answered(10)
    [started] = desk.asked(15)
    assert isinstance(started, SlaStarted) and started.due_at == at(35)
    assert desk.asked(20) == []
    assert desk.says(MACHINE, 21) == []
    assert desk.answered(30) == [SlaMet("next_response", at(30), minutes(15))]
    [again] = desk.asked(40)
    assert isinstance(again, SlaStarted) and again.due_at == at(60)


def test_a_second_question_in_a_ticket_that_waits_opens_it_and_restarts_no_next_response() -> None:
    """Planted bug that was seen: whoever asks begins one, whether an answer is owed already or not."""
    desk = Promised(WITH_NEXT)
    desk.answered(1)
    desk.asked(5)
    desk.moves("pending", 10)
    assert [(type(event), event.target) for event in desk.asked(15)] == [(SlaResumed, "resolution")]
    assert desk.ticket.status == "open"
    assert desk.of("next_response").due_at == at(25)


def test_a_resolved_ticket_owes_no_next_response_until_the_customer_asks_again() -> None:
    desk = Promised(WITH_NEXT)
    desk.answered(1)
    desk.asked(2)
    desk.moves("resolved", 3)
    assert desk.of("next_response").stopped_at == at(3)
    events = desk.asked(10)
    assert [(type(event), event.target) for event in events] == [
        (SlaResumed, "resolution"),
        (SlaStarted, "next_response"),
    ]


def test_who_writes_in_a_machines_ticket_is_owed_a_first_response() -> None:
    desk = Promised(WITH_NEXT, by=MACHINE)
    [started] = desk.says(CUSTOMER, 10)
    assert isinstance(started, SlaStarted)
    assert (started.target, started.due_at) == ("first_response", at(40))
