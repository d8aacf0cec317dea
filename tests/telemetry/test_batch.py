"""Batches: equal lengths, read-only, and rows that can be chosen and joined again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry import flags
from telemetry.batch import Anomalies, Readings, Sequences


def readings(length: int) -> Readings:
    numbers = np.arange(length)
    return Readings(
        series=numbers.astype(np.int32),
        time=1_763_769_600_000 + numbers,
        value=numbers.astype(np.float64),
        flags=numbers.astype(np.uint32),
        arrival=1_763_769_600_500 + numbers,
        gateway=np.full(length, -1, np.int32),
    )


def anomalies(*detectors: str) -> Anomalies:
    blank = np.zeros(len(detectors))
    return Anomalies(
        series=blank.astype(np.int32),
        time=blank.astype(np.int64),
        value=blank,
        baseline=blank.copy(),
        low=blank.copy(),
        high=blank.copy(),
        score=blank.copy(),
        severity=blank.astype(np.int64),
        detector=detectors,
        reason=tuple(f"{name} says so" for name in detectors),
    )


def columns(batch: Readings) -> dict[str, list[float]]:
    names = ("series", "time", "value", "flags", "arrival", "gateway")
    return {name: getattr(batch, name).tolist() for name in names}


def test_a_column_of_another_length_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"Sequences\.seq: 3 rows, expected 2"):
        Sequences(np.zeros(2, np.int32), np.zeros(3, np.int64))


def test_columns_are_read_only_once_made() -> None:
    batch = readings(3)
    with pytest.raises(ValueError, match="read-only"):
        batch.value[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        batch.take(slice(0, 2)).value[0] = 1.0
    with pytest.raises(AttributeError):
        batch.value = np.zeros(3)  # type: ignore[misc]


@pytest.mark.parametrize(
    "rows", [slice(1, 3), np.array([False, True, True, False]), np.array([1, 2])], ids=["slice", "mask", "indices"]
)
def test_rows_are_chosen_in_any_of_numpys_ways(rows: object) -> None:
    assert readings(4).take(rows).series.tolist() == [1, 2]
    assert anomalies("a", "b", "c", "d").take(rows).detector == ("b", "c")


def test_dtypes_survive() -> None:
    batch = readings(4)
    for other in (batch.take(slice(0, 0)), batch.take([2]), Readings.concat([batch, batch]), Readings.empty()):
        for name in ("series", "time", "value", "flags", "arrival", "gateway"):
            assert getattr(other, name).dtype == getattr(batch, name).dtype, name


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_cut_and_joined_it_is_the_same(sizes: list[int]) -> None:
    whole = readings(sum(sizes))
    ends = np.cumsum(sizes)
    pieces = [whole.take(slice(end - size, end)) for size, end in zip(sizes, ends, strict=True)]
    assert columns(Readings.concat(pieces)) == columns(whole)


def test_strings_are_joined_in_order() -> None:
    joined = Anomalies.concat([anomalies("a"), anomalies(), anomalies("b", "c")])
    assert joined.detector == ("a", "b", "c")
    assert joined.reason[2] == "c says so"
    assert len(joined) == 3


def test_other_flags_share_the_other_columns() -> None:
    batch = readings(2)
    flagged = batch.with_flags(np.array([flags.FAIL, 0], np.uint32))
    assert flagged.flags.tolist() == [flags.FAIL, 0]
    assert flagged.value is batch.value
    assert batch.flags.tolist() == [0, 1]


def test_flags_are_one_bit_each_and_duplicate_is_not_written_out() -> None:
    bits = [
        value
        for name, value in vars(flags).items()
        if name.isupper() and name not in {"STORED_MASK", "UNKNOWN_AGE", "TYPE_CHECKING"}
    ]
    assert all(bit & (bit - 1) == 0 for bit in bits)
    assert len(set(bits)) == len(bits)
    assert [bit for bit in bits if not bit & flags.STORED_MASK] == [flags.DUPLICATE]
