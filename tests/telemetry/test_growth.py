"""Arrays that grow: their values stay bit for bit, and what nobody writes to takes no memory."""

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from telemetry.growth import PAGES, copied, extended, zeros

MEGABYTE = 1 << 20


def resident() -> float:
    """MB that are this process's own, also where they are swapped out: pages of files come and go by themselves."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return sum(int(lines[name].split()[0]) for name in ("RssAnon", "VmSwap")) / 1024


@given(
    npst.arrays(
        st.sampled_from([np.int64, np.float64, np.float32, np.uint16, np.bool_]),
        npst.array_shapes(max_dims=3, max_side=5),
    ),
    st.integers(0, 3000),
    st.sampled_from([0, 1]),
)
def test_what_was_there_stays_and_new_rows_are_filled(rows: np.ndarray, more: int, fill: int) -> None:
    bigger = extended(rows, len(rows) + more, fill)
    assert bigger.dtype == rows.dtype
    assert bigger.shape[1:] == rows.shape[1:]
    assert bigger[: len(rows)].tobytes() == rows.tobytes()
    assert (bigger[len(rows) :] == fill).all()
    assert len(bigger) >= len(rows) + more
    assert (bigger is rows) == (more == 0)


def test_a_negative_zero_is_no_blank() -> None:
    assert np.signbit(extended(np.full(5, -0.0), 10)[:5]).all()
    assert np.signbit(copied(np.full(5, -0.0))).all()


def test_a_copy_is_one() -> None:
    rows = np.arange(3 * PAGES).reshape(3, -1)
    copy = copied(rows)
    assert copy.tobytes() == rows.tobytes()
    assert (copy.dtype, copy.shape) == (rows.dtype, rows.shape)
    assert not np.shares_memory(copy, rows)


@pytest.mark.parametrize("count", [0, 1, PAGES // 8, 3 * PAGES + 1])
def test_zeros_are_zeros_and_may_be_written_to(count: int) -> None:
    one, other = zeros((count, 2), np.dtype(np.int64)), zeros((count, 2), np.dtype(np.int64))
    one += 7
    assert (one == 7).all()
    assert not other.any()


def test_only_what_is_written_to_takes_memory() -> None:
    gc.collect()  # what other tests left is not to be given back in between
    before = resident()
    rows = zeros((100 * MEGABYTE,), np.dtype(np.uint8))
    rows = copied(extended(rows, 200 * MEGABYTE))
    assert rows.sum() == 0, "reading them takes none either"
    assert resident() - before < 20
    rows[: 50 * MEGABYTE] = 1
    assert 45 < resident() - before < 70
    del rows
    assert resident() - before < 20
