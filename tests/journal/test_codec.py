"""Entries to bytes and back: lossless, whatever form a column is stored in."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal import codec
from journal.entries import Derived, Entry, ReadingsEntry
from telemetry.batch import Anomalies, IncidentEvents, Incidents, Readings, Sequences, Windows
from tests.journal.samples import command, derived, entry, full_entry, readings, same, tick

ROWS = codec.COMPACT_ROWS


def through(given: Entry) -> Entry:
    encoded = codec.encode(given)
    assert len(encoded.payload) % 8 == 0, "frames keep columns aligned"
    return codec.decode(encoded.kind, encoded.payload)


@pytest.mark.parametrize(
    "given",
    [full_entry(), entry(0), entry(1), entry(5000), tick(), command(), derived(77), derived(8, 5000)],
)
def test_what_goes_in_comes_out(given: Entry) -> None:
    assert same(through(given), given)


def test_entries_of_before_incidents_are_read() -> None:
    """A log written by an earlier nadi has neither gateways' states nor incidents in it."""
    given = replace(full_entry(), gateways=())
    assert same(codec.decode(codec.READINGS, without_last(codec.encode(given).payload, 1)), given)
    results = replace(derived(9), incidents=None, incident_events=None, after=-1, stored=-1, indicators=None)
    assert same(codec.decode(codec.DERIVED, without_last(codec.encode(results).payload, 5)), results)


def test_entries_of_before_indicators_are_read() -> None:
    results = replace(derived(9), indicators=None)
    assert same(codec.decode(codec.DERIVED, without_last(codec.encode(results).payload, 1)), results)


def without_last(payload: bytes, fields: int) -> bytes:
    """The payload as it was before the last `fields` of its meta were added."""
    length = int.from_bytes(payload[:4], "little")
    meta = msgspec.msgpack.encode(msgspec.msgpack.decode(payload[4 : 4 + length])[:-fields])
    columns = payload[4 + length + (-(4 + length) % 8) :]
    return len(meta).to_bytes(4, "little") + meta + bytes(-(4 + len(meta)) % 8) + columns


def spread(low: int, high: int, kind: type) -> Any:
    column: Any = np.full(ROWS, low, kind)
    column[ROWS // 2] = high
    return column


@given(
    low=st.integers(-(2**63), 2**63 - 1),
    width=st.sampled_from([0, 1, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**40]),
)
@settings(max_examples=60, deadline=None)
def test_integers_of_any_range_are_kept(low: int, width: int) -> None:
    high = min(low + width, 2**63 - 1)
    sequences = Sequences(np.zeros(ROWS, np.int32), spread(low, high, np.int64))
    assert same(
        through(ReadingsEntry(Readings.empty(), sequences=sequences)),
        ReadingsEntry(Readings.empty(), sequences=sequences),
    )


@given(low=st.integers(-(2**31), 2**31 - 1), high=st.integers(-(2**31), 2**31 - 1), flags=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_small_integers_of_any_range_are_kept(low: int, high: int, flags: int) -> None:
    sequences = Sequences(spread(low, high, np.int32), np.arange(ROWS))
    given = ReadingsEntry(readings(ROWS).with_flags(spread(0, flags, np.uint32)), sequences=sequences)
    assert same(through(given), given)


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, np.inf, 1e-320])
def test_floats_are_kept_bit_for_bit(value: float) -> None:
    for column in (np.full(ROWS, value), np.where(np.arange(ROWS) == 7, value, 0.0)):
        base = readings(ROWS)
        given = ReadingsEntry(Readings(base.series, base.time, column, base.flags, base.arrival, base.gateway))
        assert same(through(given), given)


def test_a_city_s_readings_take_less_than_24_bytes() -> None:
    assert len(codec.encode(entry(8192)).payload) < 16 * 8192
    assert len(codec.encode(entry(codec.COMPACT_ROWS - 1)).payload) < 37 * codec.COMPACT_ROWS


def test_arrays_that_are_views_or_of_another_type_are_stored_as_the_layout_says() -> None:
    flags = np.arange(20, dtype=np.int64)[::2]
    back = through(Derived(5, flags=flags))  # type: ignore[arg-type]
    assert isinstance(back, Derived)
    assert back.flags is not None
    assert back.flags.dtype == np.uint32
    assert back.flags.tolist() == flags.tolist()


def test_what_is_decoded_is_read_only() -> None:
    back = through(entry(ROWS))
    assert isinstance(back, ReadingsEntry)
    assert not any(getattr(back.readings, name).flags.writeable for name, _ in codec.LAYOUT[Readings])


@pytest.mark.parametrize("batch", [Readings, Sequences, Windows, Anomalies, Incidents, IncidentEvents])
def test_the_stored_layout_is_that_of_the_batch(batch: type) -> None:
    """If this fails the format has changed: give segments.VERSION another number."""
    kinds = {"Int32": "<i4", "Int64": "<i8", "UInt32": "<u4", "Float64": "<f8"}
    columns = [(each.name, np.dtype(kinds[each.type])) for each in fields(batch) if each.type in kinds]
    assert sorted(columns) == sorted(codec.LAYOUT[batch])
