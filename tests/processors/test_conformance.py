"""Every processor keeps the contract of `processors/base.py`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from processors.base import Outputs, Piecewise
from telemetry.batch import Readings
from tests.processors.conformance import PROCESSORS, Make, Results, city, copied, recut, same, size_of, stream

everyone = pytest.mark.parametrize("make", PROCESSORS.values(), ids=PROCESSORS)


@everyone
def test_inputs_are_unchanged(make: Make, tmp_path: Path) -> None:
    processor = make(*city(), tmp_path)
    for item in stream(1, 30):
        if isinstance(item, Readings):
            names = list(Readings.__slots__)
            before = [getattr(item, name).tobytes() for name in names]
            processor.process(item, Outputs())
            assert [getattr(item, name).tobytes() for name in names] == before
        else:
            processor.tick(item, Outputs())


@everyone
def test_an_empty_batch_is_returned_as_it_is(make: Make, tmp_path: Path) -> None:
    nothing = Readings.empty()
    assert len(make(*city(), tmp_path).process(nothing, Outputs())) == 0


@everyone
def test_the_same_object_is_returned_where_nothing_changes(make: Make, tmp_path: Path) -> None:
    calm = Readings(
        series=np.arange(12, dtype=np.int32),
        time=np.full(12, 1_763_769_600_000),
        value=np.full(12, 50.0),
        flags=np.zeros(12, np.uint32),
        arrival=np.full(12, 1_763_769_600_000),
        gateway=np.full(12, -1, np.int32),
    )
    assert make(*city(), tmp_path).process(calm, Outputs()) is calm


@everyone
def test_survives_what_is_not_a_number(make: Make, tmp_path: Path) -> None:
    results = Results()
    with np.errstate(all="ignore"):
        results.feed(make(*city(), tmp_path), stream(2, 40, (float("nan"), float("inf"), -float("inf"), 1e308)))
    assert len(results.flags) > 0


@everyone
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_batch_cuts_change_nothing(make: Make, size: int, tmp_path: Path) -> None:
    whole, cut = Results(), Results()
    inputs = stream(3, 60)
    whole.feed(make(*city(), tmp_path / "whole"), inputs)
    cut.feed(make(*city(), tmp_path / "cut"), recut(inputs, size))
    assert cut.final() == whole.final()


@everyone
@pytest.mark.parametrize("place", [1, 30, 77])
def test_a_snapshot_restores_bit_for_bit(make: Make, place: int, tmp_path: Path) -> None:
    inputs = stream(4, 60)
    first = make(*city(), tmp_path)
    Results().feed(first, inputs[:place])
    state = first.snapshot()
    kept = copied(state)
    expected = Results()
    expected.feed(first, inputs[place:])
    assert same(state, kept), "a snapshot must not change afterwards"
    second = make(*city(), tmp_path)
    second.restore(state)
    assert same(kept, state), "restoring must not change the snapshot"
    after = Results()
    after.feed(second, inputs[place:])
    assert after.final() == expected.final()
    assert same({**second.snapshot()}, {**first.snapshot()})


@everyone
def test_pieces_are_the_snapshot(make: Make, tmp_path: Path) -> None:
    processor = make(*city(), tmp_path)
    if not isinstance(processor, Piecewise):
        return
    Results().feed(processor, stream(4, 30))
    state, pieces = processor.snapshot(), [copied(piece) for piece in processor.pieces()]
    assert sum(map(len, pieces)) == len(state), "each array stands in one piece"
    joined = {name: array for piece in pieces for name, array in piece.items()}
    # The windows count their snapshots in `store`.
    assert same({**joined, "store": np.zeros(0)}, {**state, "store": np.zeros(0)})


@everyone
def test_a_snapshot_straight_after_a_restore_is_the_same(make: Make, tmp_path: Path) -> None:
    first = make(*city(), tmp_path)
    Results().feed(first, stream(4, 30))
    state = copied(first.snapshot())
    second = make(*city(), tmp_path)
    second.restore(state)
    # The windows go on in a new file of chunks, whose number is in `store`.
    again, before = (
        {name: each for name, each in one.items() if not name.endswith("store")} for one in (second.snapshot(), state)
    )
    assert same(again, before)


@everyone
def test_state_is_bounded(make: Make, tmp_path: Path) -> None:
    """A longer stream of the same series leaves no more behind."""
    processor = make(*city(), tmp_path)
    inputs = stream(5, 600)
    Results().feed(processor, inputs[:400])
    then = size_of(processor.snapshot())
    Results().feed(processor, inputs[400:])
    assert size_of(processor.snapshot()) <= 1.5 * then + 1000
