"""Columns to lines and back, by a strict reader of line protocol."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.incident_lines import event_lines, incident_lines
from sinks.lineprotocol import CHUNK_ROWS, LineEncoder, escape_measurement, window_label
from telemetry import flags
from telemetry.batch import Readings
from telemetry.series import Declaration, Identity
from tests.sinks.parser import Point, parse
from tests.sinks.samples import (
    TIME,
    anomalies_of,
    any_names,
    events_of,
    finite,
    identities,
    incidents_of,
    plain_table,
    readings_of,
    table_of,
    windows_of,
)

optional = st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf]))


def lines(pieces: Iterator[tuple[bytes, int]]) -> list[Point]:
    """The points of all pieces, which say how many they are."""
    found: list[Point] = []
    for data, count in pieces:
        points = parse(data)
        assert len(points) == count
        found += points
    return found


def tags_of(identity: Identity) -> dict[str, str]:
    return {key: value for key, value in identity._asdict().items() if key != "domain"}


def same(left: float, right: float) -> bool:
    return left == right and math.copysign(1, left) == math.copysign(1, right)


@given(
    names=st.lists(identities(), min_size=1, max_size=4, unique=True),
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**42), optional, st.integers(0, 2**32 - 1)), max_size=8),
)
def test_readings_come_back(names: list[Identity], rows: list[tuple[int, int, float, int]]) -> None:
    rows = [(series % len(names), time, value, bits) for series, time, value, bits in rows]
    points = lines(LineEncoder(table_of(names)).readings(readings_of(rows)))
    whole = [row for row in rows if math.isfinite(row[2])]
    broken = [row for row in rows if not math.isfinite(row[2])]
    assert len(points) == len(rows)
    for point, (series, time, value, bits) in zip(points, whole + broken, strict=True):
        assert (point.measurement, point.tags, point.time) == (names[series].domain, tags_of(names[series]), time)
        assert point.fields["flags"] == bits & flags.STORED_MASK
        assert ("value" in point.fields) == math.isfinite(value)
        assert "value" not in point.fields or same(float(point.fields["value"]), value)


HOSTILE = "a\n", "\nwater,city=1 value=9 9\n", "a\r\nb", "a\0", "\t", "\x7f", "\x85", "a\\", "\\", "\\\\", "a\ud800"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("place", ["city", "zone", "device", "quantity", "detector", "reason"])
def test_no_hostile_name_can_inject_a_line(name: str, place: str) -> None:
    names = {"city": "c", "zone": "z", "device": "d", "quantity": "q", "detector": "limits", "reason": "r", place: name}
    identity = Identity(names["city"], "water", names["zone"], names["device"], names["quantity"])
    check_that_nothing_is_injected(identity, names["detector"], names["reason"])


@given(identity=identities(any_names), detector=any_names, reason=st.text())
def test_no_name_can_inject_a_line(identity: Identity, detector: str, reason: str) -> None:
    check_that_nothing_is_injected(identity, detector, reason)


def check_that_nothing_is_injected(identity: Identity, detector: str, reason: str) -> None:
    encoder = LineEncoder(table_of([identity]))
    raw = lines(encoder.readings(readings_of([(0, TIME, 1.5, 0)])))
    rows = lines(encoder.windows(windows_of([{"count": 1, "mean": 1.5}])))
    found = lines(encoder.anomalies(anomalies_of([{"value": 1.5, "detector": detector, "reason": reason}])))
    place = {"city": identity.city, "zone": identity.zone, "kind": detector, "reason": reason, "state": detector}
    told = lines(incident_lines(incidents_of([{"incident": identity.device, **place}])))
    happened = lines(event_lines(events_of([{"incident": identity.device, "by": reason, **place}])))
    batches = [(raw, identity.domain), (rows, f"{identity.domain}_1m"), (found, "anomalies")]
    for points, measurement in (*batches, (told, "incidents"), (happened, "incident_events")):
        assert [(point.measurement, point.time) for point in points] == [(measurement, TIME)]
    assert set(raw[0].tags) == {"city", "device", "quantity", "zone"}
    assert raw[0].fields == {"value": 1.5, "flags": 0}
    assert set(found[0].fields) == {"value", "severity", "reason"}
    assert set(told[0].tags) == set(happened[0].tags) == {"city", "domain", "kind", "zone"}
    assert set(told[0].fields) == {"incident", "state", "severity", "updated", "reason"}
    assert set(happened[0].fields) == {"incident", "event", "state", "severity", "by", "reason"}


@pytest.mark.parametrize(
    "value",
    [0.0, -0.0, 1.0, 1e300, -1e-300, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 12345678901234567.0, 1e15, 1e16, 1e22],
)
def test_numbers_keep_every_digit(value: float) -> None:
    rows = [(0, TIME, value, 0), (0, TIME + 1, 2.5, 0)]
    points = lines(LineEncoder(plain_table()).readings(readings_of(rows)))
    assert same(float(points[0].fields["value"]), value)
    assert isinstance(points[0].fields["value"], float)
    assert isinstance(points[0].fields["flags"], int)


def test_a_reading_looks_as_the_schema_says() -> None:
    encoder = LineEncoder(table_of([Identity("3578", "water", "Keputih Timur", "p=17", "flow")]))
    [(data, count)] = encoder.readings(readings_of([(0, TIME, 12.4, flags.LATE | flags.DUPLICATE)]))
    assert count == 1
    assert data == (
        rb"water,city=3578,device=p\=17,quantity=flow,zone=Keputih\ Timur value=12.4,flags=8i 1763769600000" + b"\n"
    )


def test_a_window_looks_as_the_schema_says() -> None:
    row = {"count": 2, "mean": 1.5, "min": 1, "max": 2, "std": 0.5, "first": 1, "last": 2}
    row |= {"p50": 1.5, "p95": 1.95, "delta": 3, "expected": 6}
    [(data, _)] = LineEncoder(plain_table(domain="energy")).windows(
        windows_of([{**row, "completeness": 33.5, "failed": 1, "revision": 2}], 900_000)
    )
    assert data == (
        b"energy_15m,city=3578,device=d0,quantity=flow,zone=z1 count=2i,mean=1.5,min=1.0,max=2.0,std=0.5,first=1.0,"
        b"last=2.0,p50=1.5,p95=1.95,delta=3.0,expected=6i,completeness=33.5,failed=1i,revision=2i 1763769600000\n"
    )


window_rows = st.fixed_dictionaries(
    {"count": st.integers(0, 2**53), "failed": st.integers(0, 9), "revision": st.integers(0, 3)},
    optional={
        "series": st.integers(0, 2),
        "expected": st.integers(0, 100),
        **dict.fromkeys(
            ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta", "completeness"), optional
        ),
    },
)


@given(rows=st.lists(window_rows, min_size=1, max_size=12))
def test_windows_come_back_without_their_absent_fields(rows: list[dict[str, Any]]) -> None:
    rows = [{**row, "start": TIME + 60_000 * number} for number, row in enumerate(rows)]
    points = lines(LineEncoder(plain_table()).windows(windows_of(rows)))
    assert len(points) == len(rows)
    for point in points:
        row = rows[(point.time - TIME) // 60_000]
        wanted = {
            name: value for name, value in row.items() if name not in ("series", "start") and math.isfinite(value)
        }
        assert point.fields == wanted
        assert point.tags["device"] == f"d{row.get('series', 0)}"


def test_of_one_window_the_highest_revision_is_written_last() -> None:
    rows: list[dict[str, float]] = [
        {"count": 0, "revision": 0, "expected": 6},
        {"count": 2, "revision": 1, "expected": 6, "mean": 1.0},
        {"count": 2, "revision": 3, "mean": 1.0},
        {"count": 2, "revision": 2, "expected": 6, "mean": 1.0, "delta": 1.0},
    ]
    points = lines(LineEncoder(plain_table()).windows(windows_of(rows)))
    assert [point.fields["revision"] for point in points] == [0, 1, 2, 3]


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "severity": st.integers(0, 2),
                "detector": st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1),
            },
            optional=dict.fromkeys(("value", "baseline", "low", "high", "score"), optional),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_anomalies_come_back(rows: list[dict[str, Any]]) -> None:
    rows = [
        {**row, "time": TIME + number, "detector": row["detector"].rstrip("\\") or "d", "reason": f'"{number}\\ über'}
        for number, row in enumerate(rows)
    ]
    points = lines(LineEncoder(plain_table()).anomalies(anomalies_of(rows)))
    assert len(points) == len(rows)
    for point in points:
        row = rows[point.time - TIME]
        numbers = {name: row[name] for name in ("value", "baseline", "low", "high", "score") if name in row}
        strings = {"severity": ["info", "warning", "critical"][row["severity"]], "reason": row["reason"]}
        assert point.fields == {name: value for name, value in numbers.items() if math.isfinite(value)} | strings
        assert point.tags["detector"] == row["detector"]


def test_batches_of_any_length_are_cut_into_pieces() -> None:
    count = 2 * CHUNK_ROWS + 1
    rows = [(number % 3, TIME + number, float(number), number % 2) for number in range(count)]
    pieces = list(LineEncoder(plain_table()).readings(readings_of(rows)))
    assert [points for _, points in pieces] == [CHUNK_ROWS, CHUNK_ROWS, 1]
    points = parse(b"".join(data for data, _ in pieces))
    assert [point.fields["value"] for point in points] == [float(number) for number in range(count)]


def test_an_empty_batch_has_no_lines() -> None:
    encoder = LineEncoder(plain_table())
    assert list(encoder.readings(Readings.empty())) == []
    assert list(encoder.windows(windows_of([]))) == []
    assert list(encoder.anomalies(anomalies_of([]))) == []


def test_series_made_later_are_known() -> None:
    table = plain_table(1)
    encoder = LineEncoder(table)
    lines(encoder.readings(readings_of([(0, TIME, 1.0, 0)])))
    for number in range(1, 3000):
        table.intern(Identity("3578", "waste", "z1", f"d{number}", "fill"))
    points = lines(encoder.readings(readings_of([(2999, TIME, 1.0, 0), (0, TIME, 2.0, 0)])))
    assert [(point.measurement, point.tags["device"]) for point in points] == [("waste", "d2999"), ("water", "d0")]


def test_an_id_given_to_another_series_has_its_new_tags() -> None:
    table = plain_table(1)
    encoder = LineEncoder(table)
    lines(encoder.readings(readings_of([(0, TIME, 1.0, 0)])))
    table.restore([Declaration(0, 0, identity=Identity("3578", "water", "z1", "another", "flow"))])
    [point] = lines(encoder.readings(readings_of([(0, TIME, 1.0, 0)])))
    assert point.tags["device"] == "another"


def test_inputs_are_not_changed() -> None:
    batch = readings_of([(0, TIME, math.nan, 8)])
    before = batch.value.copy()
    lines(LineEncoder(plain_table()).readings(batch))
    np.testing.assert_array_equal(batch.value, before)


@pytest.mark.parametrize(
    ("length", "label"),
    [
        (5_000, "5s"),
        (60_000, "1m"),
        (90_000, "90s"),
        (900_000, "15m"),
        (3_600_000, "1h"),
        (86_400_000, "1d"),
        (250, "250ms"),
    ],
)
def test_window_labels(length: int, label: str) -> None:
    assert window_label(length) == label


def test_a_name_may_begin_with_a_quote() -> None:
    name = Identity('"3578', "water", '"', '"d" x=1', "flow")
    [point] = lines(LineEncoder(table_of([name])).readings(readings_of([(0, TIME, 1.0, 0)])))
    assert point.tags == tags_of(name)


def test_measurements_are_escaped() -> None:
    assert escape_measurement("a b,c=d\n") == "a\\ b\\,c=d\N{REPLACEMENT CHARACTER}".encode()


def test_incidents_as_the_schema_has_them() -> None:
    rows: list[dict[str, Any]] = [
        {"value": 12.25, "severity": 2},
        {"time": TIME + 1, "ended": TIME + 60_000, "state": "returned"},
    ]
    open_one, ended = lines(incident_lines(incidents_of(rows)))
    assert open_one.tags == {"city": "3578", "domain": "water", "kind": "burst", "zone": "Genteng"}
    assert open_one.time == TIME
    assert open_one.fields == {
        "incident": "burst-1",
        "state": "unacknowledged",
        "severity": "critical",
        "updated": TIME,
        "value": 12.25,
        "reason": "flow rose",
    }
    assert (ended.time, ended.fields["ended"], "value" in ended.fields) == (TIME + 1, TIME + 60_000, False)


def test_more_incidents_than_fit_in_a_chunk() -> None:
    points = lines(event_lines(events_of([{"time": TIME + number} for number in range(CHUNK_ROWS + 3)])))
    assert [point.time for point in points] == [TIME + number for number in range(CHUNK_ROWS + 3)]
