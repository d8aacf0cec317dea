"""Times: the scalar way against exact fractions, and the column way against the scalar one."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.time import NEVER, epoch_ms, epochs_ms, iso8601_ms, rfc3339_ms, rfc3339s_ms

MOMENT = 1_763_769_600_123


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1763769600", 1_763_769_600_000),
        ("1763769600.123", MOMENT),
        ("1763769600.1239", MOMENT),
        ("1763769600123", MOMENT),
        ("1763769600123.999", MOMENT),
        ("1763769600123999", MOMENT),
        ("1763769600123999.5", MOMENT),
        ("1763769600123999999", MOMENT),
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
        ("99999999999999", 99_999_999_999_999),
        ("100000000000000", 100_000_000_000),
        ("99999999999999999", 99_999_999_999_999),
        ("100000000000000000", 100_000_000_000),
        ("0", 0),
        ("-1.5", -1_500),
    ],
)
def test_epoch_numbers_are_told_apart_by_magnitude(text: str, expected: int) -> None:
    number = int(text) if text.lstrip("-").isdigit() else float(text)
    assert epoch_ms(number) == expected
    column = np.array([number])
    assert epochs_ms(column).tolist() == [expected]


@given(st.integers(0, 10**11 * 10**6 - 1))
def test_microseconds_written_as_seconds_are_truncated_exactly(micros: int) -> None:
    seconds = Decimal(micros) / 10**6
    if seconds < 4_000_000_000:  # beyond the year 2096 a double does not hold microseconds
        assert epoch_ms(float(seconds)) == micros // 1000


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(0, 2 * 10**18)))
def test_columns_of_integers_equal_each_alone(numbers: list[int]) -> None:
    assert epochs_ms(np.array(numbers, np.int64)).tolist() == [epoch_ms(number) for number in numbers]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.floats(0, 2e18)))
def test_columns_of_floats_equal_each_alone(numbers: list[float]) -> None:
    assert epochs_ms(np.array(numbers, np.float64)).tolist() == [epoch_ms(number) for number in numbers]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_no_time(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        epoch_ms(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T16:00:00Z", 1_795_276_800_000),
        ("2026-11-21t16:00:00.5z", 1_795_276_800_500),
        ("2026-11-21 23:00:00.1239+07:00", 1_795_276_800_123),
        ("2026-11-21T15:30:00.123456789-00:30", 1_795_276_800_123),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2017-01-01T06:59:60.25+07:00", 1_483_228_800_250),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ("2000-01-01T00:00:00-23:59", 946_771_140_000),
    ],
)
def test_rfc3339(text: str, expected: int) -> None:
    assert rfc3339_ms(text) == expected
    assert rfc3339s_ms([text, text]).tolist() == [expected, expected]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T16:00:00",
        "2026-11-21T16:00Z",
        "2026-13-21T16:00:00Z",
        "2026-02-29T16:00:00Z",
        "2026-04-31T16:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T16:60:00Z",
        "2026-11-21T16:00:61Z",
        "2026-11-21T16:00:60Z",
        "2026-11-21T16:00:00.Z",
        "2026-11-21T16:00:00+24:00",
        "2026-11-21T16:00:00+07:60",
        "2026-11-21T16:00:00*07:00",
        "2026-11-21T16:00:00+0700",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-11-21T16:00:00Z",
        "2026-11-21T16:00:00Z\n",
        "1763769600000",
    ],
)
def test_what_is_not_rfc3339(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rfc3339_ms(text)
    assert rfc3339s_ms([text, "2026-11-21T16:00:00Z", text]).tolist() == [NEVER, 1_795_276_800_000, NEVER]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T16:00:00Z", 1_795_276_800_000),
        ("2026-11-21T16:00:00", 1_795_276_800_000),
        ("2026-11-21T23:00+0700", 1_795_276_800_000),
        ("20261121T230000,1239+07", 1_795_276_800_123),
        ("2026-11-21", 1_795_219_200_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("1969-12-31T23:59:59.9999Z", -1),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140_000),
    ],
)
def test_iso8601(text: str, expected: int) -> None:
    assert iso8601_ms(text) == expected


@pytest.mark.parametrize("text", ["", "noon", "2026-13-21", "2026-11-21T25:00:00Z", "1763769600000", "٢٠٢٦-11-21"])
def test_what_is_not_iso8601(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        iso8601_ms(text)


@given(
    st.datetimes(datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30)),
    st.integers(-1439, 1439),
    st.integers(0, 9),
)
def test_rfc3339_against_the_standard_library(moment: datetime.datetime, offset: int, digits: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=offset))
    fraction = f"{moment.microsecond:06}000"[:digits]
    text = moment.strftime("%Y").rjust(4, "0") + moment.strftime("-%m-%dT%H:%M:%S")
    text += (
        f".{fraction}" if digits else ""
    ) + f"{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    kept = moment.replace(microsecond=int(f"{fraction:0<3}"[:3]) * 1000, tzinfo=zone)
    exact = (kept - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)) // datetime.timedelta(milliseconds=1)
    assert rfc3339_ms(text) == exact
    assert rfc3339s_ms([text]).tolist() == [exact]


def test_a_column_of_mixed_forms_keeps_its_order() -> None:
    texts = [
        "2026-11-21T16:00:00Z",
        "2026-11-21T16:00:00.001Z",
        "x",
        "2026-11-21T16:00:00.1234Z",
        "2026-11-21T16:00:00+00:00",
    ]
    base = 1_795_276_800_000
    assert rfc3339s_ms(texts).tolist() == [base, base + 1, NEVER, base + 123, base]
    assert rfc3339s_ms([]).tolist() == []
