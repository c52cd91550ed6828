"""The alarm clocks, told the time by hand."""

from hypothesis import given
from hypothesis import strategies as st

from server.streams.clocks import Clocks
from tests.laws.budget import examples


def test_clocks_ring_in_the_order_of_their_instants_not_of_their_arming():
    clocks = Clocks[str, int]()
    for key, at in [("b", 2.0), ("c", 3.0), ("a", 1.0)]:
        clocks.arm(key, at, 7)
    assert clocks.next_at() == 1.0
    assert clocks.take_due(2.5, limit=10) == [("a", 7), ("b", 7)]
    assert clocks.next_at() == 3.0
    assert len(clocks) == 1


def test_a_clock_rings_at_its_very_instant_and_once():
    clocks = Clocks[str, None]()
    clocks.arm("a", 5.0, None)
    assert clocks.take_due(4.999, limit=1) == []
    assert clocks.take_due(5.0, limit=1) == [("a", None)]
    assert clocks.take_due(9.0, limit=1) == []


def test_a_clock_armed_again_is_moved():
    clocks = Clocks[str, str]()
    clocks.arm("a", 1.0, "first")
    clocks.arm("a", 4.0, "second")
    assert clocks.take_due(2.0, limit=9) == []
    clocks.arm("a", 3.0, "third")
    assert clocks.take_due(9.0, limit=9) == [("a", "third")]


def test_a_cancelled_clock_stays_silent_and_may_be_armed_anew():
    clocks = Clocks[str, int]()
    clocks.arm("a", 1.0, 1)
    clocks.cancel("a")
    clocks.cancel("never armed")
    assert clocks.next_at() is None
    clocks.arm("a", 1.0, 2)
    assert "a" in clocks
    assert clocks.take_due(1.0, limit=9) == [("a", 2)]


def test_no_more_than_the_limit_ring_at_once_and_none_is_lost():
    clocks = Clocks[int, None]()
    for n in range(10):
        clocks.arm(n, 0.0, None)
    rung = [key for _ in range(4) for key, _ in clocks.take_due(1.0, limit=3)]
    assert rung == list(range(10))


def test_moving_clocks_for_ever_takes_no_room_for_ever():
    clocks = Clocks[int, None]()
    for n in range(100_000):
        clocks.arm(n % 10, float(n), None)
    assert len(clocks._heap) <= 1_025


@examples(100)
@given(st.lists(st.tuples(st.sampled_from(["arm", "cancel", "ring"]), st.integers(0, 5), st.integers(0, 20))))
def test_clocks_agree_with_a_plain_dict_that_is_scanned(steps):
    clocks, model = Clocks[int, int](), dict[int, int]()
    for step, key, at in steps:
        match step:
            case "arm":
                clocks.arm(key, at, at)
                model[key] = at
            case "cancel":
                clocks.cancel(key)
                model.pop(key, None)
            case "ring":
                due = sorted((at_, key_) for key_, at_ in model.items() if at_ <= at)
                rung = clocks.take_due(at, limit=100)
                assert [at_ for _, at_ in rung] == [at_ for at_, _ in due]
                assert sorted((at_, key_) for key_, at_ in rung) == due
                for _, key_ in due:
                    del model[key_]
        assert len(clocks) == len(model)
        assert clocks.next_at() == min(model.values(), default=None)


def test_what_was_armed_since_a_mark_is_not_moved_by_older_news():
    clocks = Clocks[str, int]()
    clocks.arm("old", 1.0, 1)
    mark = clocks.mark
    clocks.arm("young", 2.0, 2)
    for key in ("old", "young", "unknown"):
        clocks.arm_older(key, 9.0, 3, mark)
    assert clocks.take_due(9.0, limit=9) == [("young", 2), ("old", 3), ("unknown", 3)]
