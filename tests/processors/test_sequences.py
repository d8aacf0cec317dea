"""Gateways' counters: how far all is stored, what is missing, and when one starts anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors import sequences as rules
from processors.sequences import SequenceTracker
from telemetry.batch import Sequences


def note(tracker: SequenceTracker, *seqs: int, gateway: int = 0) -> None:
    tracker.note(Sequences(np.full(len(seqs), gateway, np.int32), np.array(seqs, np.int64)))


def stand(tracker: SequenceTracker, gateway: int = 0) -> tuple[int | None, int | None]:
    """(contiguous, missing)."""
    summary = tracker.summary(gateway + 1)[gateway]
    return summary["contiguous"], summary["missing"]


def state(tracker: SequenceTracker) -> dict[str, list[object]]:
    return {name: array.tolist() for name, array in tracker.snapshot().items()}


@pytest.mark.parametrize("first", [0, 1])
def test_consecutive_messages_move_the_receipt(first: int) -> None:
    tracker = SequenceTracker()
    note(tracker, *range(first, 10))
    note(tracker, *range(10, 20))
    assert stand(tracker) == (19, 0)
    assert tracker.receipts() == [(0, 19)]
    assert tracker.receipts() == []


def test_a_gap_holds_the_receipt_until_it_is_filled() -> None:
    tracker = SequenceTracker()
    note(tracker, 1, 2, 3, 6, 7, 9)
    assert stand(tracker) == (3, 3)
    note(tracker, 10, 11)
    assert stand(tracker) == (3, 3)
    note(tracker, 5)
    assert stand(tracker) == (3, 2)
    note(tracker, 4)
    assert stand(tracker) == (7, 1)
    note(tracker, 8)
    assert stand(tracker) == (11, 0)


def test_the_middle_of_a_gap_may_come_first() -> None:
    tracker = SequenceTracker()
    note(tracker, 1, 10)
    note(tracker, 5, 6)
    assert stand(tracker) == (1, 6)
    assert tracker.holes[0] == [(2, 4), (7, 9)]
    note(tracker, *range(2, 10))
    assert stand(tracker) == (10, 0)
    assert tracker.summary(1)[0]["duplicates"] == 2


def test_repeats_are_counted_and_answered_with_the_same_receipt() -> None:
    """Whoever sends again has not got it."""
    tracker = SequenceTracker()
    note(tracker, *range(1, 50))
    tracker.receipts()
    note(tracker, 20, 21, 22, 40)
    assert stand(tracker) == (49, 0)
    assert tracker.summary(1)[0]["duplicates"] == 4
    assert tracker.receipts() == [(0, 49)]
    assert tracker.receipts() == []


def test_a_young_counter_lacks_what_came_before_it_was_seen() -> None:
    tracker = SequenceTracker()
    note(tracker, 5, 6)
    assert stand(tracker) == (0, 4)
    assert tracker.receipts() == [(0, 0)]
    note(tracker, 1, 2, 3, 4)
    assert stand(tracker) == (6, 0)
    assert tracker.summary(1)[0]["restarts"] == 0


def test_an_old_counter_is_followed_from_where_it_is_seen() -> None:
    tracker = SequenceTracker()
    note(tracker, rules.FIRST_SIGHT, rules.FIRST_SIGHT + 1)
    assert stand(tracker) == (rules.FIRST_SIGHT + 1, 0)


@pytest.mark.parametrize("first", [0, 1])
def test_a_restart_is_known_by_a_run_from_the_start(first: int) -> None:
    tracker = SequenceTracker()
    note(tracker, *range(1, 100), 105)
    note(tracker, first, first + 1)
    assert tracker.summary(1)[0]["restarts"] == 0
    note(tracker, first + 2, first + 3)
    assert tracker.summary(1)[0]["restarts"] == 1
    assert stand(tracker) == (first + 3, 0)
    assert tracker.summary(1)[0]["lost"] == 5


def test_repeats_that_do_not_run_on_are_no_restart() -> None:
    tracker = SequenceTracker()
    note(tracker, *range(1, 100))
    note(tracker, 1, 2, 100, 3, 50, 1, 1, 1, 2, 4)
    note(tracker, 1, 2)
    note(tracker, 101)
    note(tracker, 3)
    assert tracker.summary(1)[0]["restarts"] == 0
    assert stand(tracker) == (101, 0)


def test_a_filled_gap_breaks_a_run_of_repeats() -> None:
    tracker = SequenceTracker()
    note(tracker, *range(1, 50), 52)
    note(tracker, 1, 2, 50, 3, 4)
    assert tracker.summary(1)[0]["restarts"] == 0
    assert stand(tracker) == (50, 1)


def test_a_gateway_that_resends_everything_is_not_harmed() -> None:
    tracker = SequenceTracker()
    note(tracker, *range(1, 100))
    note(tracker, *range(1, 120))
    assert stand(tracker) == (119, 0)


def test_gateways_do_not_mix() -> None:
    tracker = SequenceTracker()
    gateway = np.array([1, 0, 1, -1, 0, 1], np.int32)
    tracker.note(Sequences(gateway, np.array([1, 1, 2, 77, 2, 4], np.int64)))
    assert stand(tracker, 0) == (2, 0)
    assert stand(tracker, 1) == (2, 1)
    assert stand(tracker, 2) == (None, 0)
    assert tracker.receipts() == [(0, 2), (1, 2)]


def test_too_many_holes_forget_the_shortest_run_and_promise_nothing_more() -> None:
    tracker = SequenceTracker()
    seqs = [1, *range(3, 3 + 4 * rules.MAX_HOLES, 4), 3 + 4 * rules.MAX_HOLES + 1]
    note(tracker, *seqs)
    assert len(tracker.holes[0]) == rules.MAX_HOLES
    assert tracker.summary(1)[0]["contiguous"] == 1
    note(tracker, *range(1, seqs[-1] + 1))
    assert stand(tracker) == (seqs[-1], 0)


def test_a_hole_is_given_up_only_while_its_gateway_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PATIENCE", 5)
    tracker = SequenceTracker()
    note(tracker, 1, 3, 6)
    for _ in range(50):
        tracker.tick()
    assert stand(tracker) == (1, 3)
    for seq in range(7, 11):
        note(tracker, seq)
        tracker.tick()
    assert stand(tracker) == (3, 2)
    assert tracker.summary(1)[0]["lost"] == 1
    for seq in range(11, 16):
        note(tracker, seq)
        tracker.tick()
    assert stand(tracker) == (15, 0)
    assert tracker.summary(1)[0]["lost"] == 3


RUN = st.tuples(st.integers(0, 2) | st.integers(0, 40), st.integers(1, 9)).map(lambda run: range(run[0], sum(run)))
SEQS = st.lists(RUN, max_size=12).map(lambda runs: [seq for run in runs for seq in run])


@settings(max_examples=150, deadline=None)
@given(SEQS, st.integers(1, 20))
def test_cutting_the_log_elsewhere_changes_nothing(seqs: list[int], size: int) -> None:
    whole, cut = SequenceTracker(), SequenceTracker()
    note(whole, *seqs)
    for at in range(0, len(seqs), size):
        note(cut, *seqs[at : at + size])
    assert state(whole) == state(cut)


@settings(max_examples=150, deadline=None)
@given(st.permutations(list(range(1, 30))).flatmap(lambda order: st.tuples(st.just(order), st.integers(0, 28))))
def test_without_repeats_the_receipt_is_what_a_set_would_say(case: tuple[list[int], int]) -> None:
    order, upto = case
    tracker = SequenceTracker()
    seen: set[int] = set()
    for seq in order[: upto + 1]:
        note(tracker, seq)
        seen.add(seq)
        expected = next(number for number in range(1, 32) if number not in seen) - 1
        assert stand(tracker) == (expected, max(seen) - len(seen))


def test_the_snapshot_does_not_tell_how_the_log_was_cut() -> None:
    whole, cut = SequenceTracker(), SequenceTracker()
    gateways, seq = np.arange(101, dtype=np.int32), np.ones(101, np.int64)
    whole.note(Sequences(gateways, seq))
    for at in range(0, 101, 10):
        cut.note(Sequences(gateways[at : at + 10], seq[at : at + 10]))
    assert state(whole) == state(cut)


@settings(max_examples=100, deadline=None)
@given(SEQS, SEQS)
def test_snapshots_go_on(before: list[int], after: list[int]) -> None:
    first, second = SequenceTracker(), SequenceTracker()
    note(first, *before)
    second.restore(first.snapshot())
    note(first, *after)
    note(second, *after)
    assert state(first) == state(second)
    assert first.totals()["missing"] == second.totals()["missing"] == first.missing(0)


def test_after_a_restart_of_nadi_every_receipt_is_told_again() -> None:
    first, second = SequenceTracker(), SequenceTracker()
    note(first, 1, 2)
    first.receipts()
    second.restore(first.snapshot())
    assert second.receipts() == [(0, 2)]


def test_a_counter_that_leaps_overflows_nothing() -> None:
    tracker = SequenceTracker()
    far, end = 2**62, 2**63 - 1
    for _ in range(3):
        note(tracker, 1, far, end, 1, 2, 3)
    note(tracker, 1, end)
    told = tracker.summary(1)[0]
    assert told["lost"] == end
    assert told["missing"] == end - 3 - 1
    assert told["highest"] == end
    assert told["contiguous"] == 3
    assert tracker.totals()["lost"] == end
    again = SequenceTracker()
    again.restore(tracker.snapshot())
    assert again.summary(1) == tracker.summary(1)
