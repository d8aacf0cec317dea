"""States to bytes and back."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pipeline.processing.snapshots import MAGIC, decode, encode, states_of
from processors.base import State
from telemetry.errors import Incompatible

ARRAYS = npst.arrays(
    st.sampled_from([np.int64, np.float64, np.uint32, np.bool_, np.int32, np.uint8]),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)
STATES = st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), ARRAYS, min_size=1), max_size=3)


def blob(states: dict[str, State]) -> bytes:
    return b"".join(encode(states.items()))


@settings(max_examples=30, deadline=None)
@given(STATES)
def test_what_is_saved_comes_back_bit_for_bit(states: dict[str, State]) -> None:
    back = decode(blob(states))
    assert back.keys() == states.keys()
    for owner, state in states.items():
        for name, array in state.items():
            found = back[owner][name]
            assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())
            assert found.flags.writeable


def test_arrays_that_are_not_contiguous_are_saved_too() -> None:
    array = np.arange(20).reshape(4, 5)[:, ::2]
    assert decode(blob({"a": {"x": array}}))["a"]["x"].tolist() == array.tolist()


@given(st.data())
def test_a_damaged_blob_is_refused_in_words(data: st.DataObject) -> None:
    whole = blob({"a": {"x": np.arange(9)}})
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(Incompatible, match="snapshot"):
        decode(cut)


def test_another_version_is_refused_in_words() -> None:
    with pytest.raises(Incompatible, match="another version"):
        decode(MAGIC.replace(b"2", b"9") + b"\0" * 100)


MEGABYTE = 1 << 20


class InPieces:
    """Ten columns of a megabyte."""

    name = "large"

    def __init__(self) -> None:
        self.columns = {f"c{number}": np.full(MEGABYTE, number, np.uint8) for number in range(10)}

    def pieces(self) -> Iterator[State]:
        for name, column in self.columns.items():
            yield {name: column.copy()}

    def snapshot(self) -> State:
        return {name: column.copy() for name, column in self.columns.items()}

    def restore(self, state: State) -> None:
        self.columns = {name: column.copy() for name, column in state.items()}


def peak_of(work: Callable[[], object]) -> float:
    """MB taken at the most while `work` runs, beyond what was taken before."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return (tracemalloc.get_traced_memory()[1] - before) / MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_piece_at_a_time_is_in_memory_twice() -> None:
    part = InPieces()
    assert peak_of(lambda: [len(piece) for piece in encode(states_of([part]))]) < 2.5
    saved = decode(b"".join(encode(states_of([part]))))
    assert saved.keys() == {"large"}
    assert {name: int(column[-1]) for name, column in saved["large"].items()} == {f"c{n}": n for n in range(10)}


def test_what_is_saved_is_copied_out_an_owner_at_a_time() -> None:
    column = np.zeros(MEGABYTE, np.uint8)
    saved = blob({f"owner{number}": {"c": column} for number in range(10)})

    def read() -> None:
        states = decode(saved)
        assert sum(states[owner]["c"].size for owner in states) == 10 * MEGABYTE

    assert peak_of(read) < 2.5
