"""States to bytes and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pipeline.processing.snapshots import MAGIC, decode, encode
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
