"""The protobuf reader against Google's, and against payloads that are meant to hurt."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders.sparkplug.wire import (
    BOOL,
    INT,
    NOTHING,
    OTHER,
    REAL,
    TEMPLATE,
    Malformed,
    Oversized,
    read_metric,
    read_payload,
)
from tests.cpu import at_most
from tests.ingest.decoders.sparkplug_encoder import metric, payload, tagged, varint
from tests.ingest.decoders.sparkplug_official import Payload

_UINT32, _UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
_VALUES = st.one_of(
    st.tuples(st.just("int_value"), _UINT32),
    st.tuples(st.just("long_value"), _UINT64),
    st.tuples(st.just("float_value"), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just("double_value"), st.floats(allow_nan=False)),
    st.tuples(st.just("boolean_value"), st.booleans()),
    st.tuples(st.just("string_value"), st.text(max_size=200)),
    st.tuples(st.just("bytes_value"), st.binary(max_size=200)),
)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=200),
        "alias": _UINT64,
        "timestamp": st.one_of(st.integers(2**35, 2**42 - 1), _UINT64),
        "datatype": st.integers(0, 40),
        "is_historical": st.booleans(),
        "is_transient": st.booleans(),
        "is_null": st.booleans(),
    },
)
_HELD = {
    "int_value": INT,
    "long_value": INT,
    "float_value": REAL,
    "double_value": REAL,
    "boolean_value": BOOL,
    "string_value": OTHER,
    "bytes_value": OTHER,
    None: NOTHING,
}


def _official(one: Any) -> tuple[object, ...]:
    which = one.WhichOneof("value")
    held = _HELD[which]
    return (
        one.name.encode() if one.HasField("name") else None,
        one.alias if one.HasField("alias") else None,
        one.timestamp if one.HasField("timestamp") else None,
        one.datatype,
        one.is_transient or one.is_null,
        held,
        None if held in (OTHER, NOTHING) else getattr(one, which),
    )


@given(
    metrics=st.lists(st.tuples(_FIELDS, st.none() | _VALUES), max_size=6),
    timestamp=st.none() | _UINT64,
    seq=st.none() | st.integers(0, 255),
)
@settings(max_examples=200, deadline=None)
def test_reads_what_googles_protobuf_wrote(metrics: list[Any], timestamp: int | None, seq: int | None) -> None:
    message = Payload(timestamp=timestamp, seq=seq)
    for fields, value in metrics:
        one = message.metrics.add(**fields)
        if value is not None:
            setattr(one, *value)
    written = message.SerializeToString()
    read = read_payload(written)
    moments: dict[bytes, int] = {}
    assert (read.timestamp, read.seq) == (timestamp, seq)
    assert [read_metric(written, *span, moments)[:7] for span in read.metrics] == [
        _official(one) for one in message.metrics
    ]


def test_googles_protobuf_reads_what_the_tests_encoder_writes() -> None:
    written = payload(
        metric("Flow", "Float", 1.5, alias=300, at=1_763_769_600_000, properties={"engUnit": "m3/h", "Quality": 192}),
        metric("Level", "Int16", -87, historical=1),
        at=5,
        seq=255,
    )
    message = Payload.FromString(written)
    first, second = message.metrics
    assert (message.timestamp, message.seq, first.name, first.alias, first.float_value) == (5, 255, "Flow", 300, 1.5)
    assert list(first.properties.keys) == ["engUnit", "Quality"]
    assert first.properties.values[0].string_value == "m3/h"
    assert (second.int_value, second.is_historical) == (4294967209, True)


@pytest.mark.parametrize(
    "broken",
    [
        b"\x08" + b"\xff" * 11,
        b"\x08\xff",
        b"\x12\x05\x0a",
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        b"\x0b",
        b"\x00\x01",
        b"\x2a\x05abc",
        b"\x31abc",
    ],
    ids=[
        "a varint without end",
        "cut in a varint",
        "cut in a metric",
        "a length beyond all bytes",
        "a group",
        "field number 0",
        "cut in a body",
        "cut in eight bytes",
    ],
)
def test_a_payload_that_is_none_is_refused(broken: bytes) -> None:
    with pytest.raises(Malformed):
        read_payload(broken)


@pytest.mark.parametrize(
    "broken",
    [
        b"\x10" + b"\x80" * 11,
        b"\x0a\x7fabc",
        b"\x65\x00\x00",
        b"\x69\x00",
        b"\x18\xff\xff\xff\xff\xff",
        b"\x4a\x05\x00",
    ],
    ids=["alias", "name", "float", "double", "timestamp", "properties"],
)
def test_a_metric_that_reaches_past_its_end_is_refused(broken: bytes) -> None:
    framed = tagged(2, broken) + tagged(2, metric("the next one", "Double", 1.0))
    (begin, end), _ = read_payload(framed).metrics
    with pytest.raises(Malformed):
        read_metric(framed, begin, end, {})


def test_a_template_is_found_and_not_entered() -> None:
    inner = b"\xff" * 40
    one = metric("m", "Template", inner)
    *_, held, span, _ = read_metric(one, 0, len(one), {})
    assert held is TEMPLATE
    assert one[slice(*span)] == inner


def test_extensions_are_stepped_over() -> None:
    strange = tagged(100, b"third party") + varint(101 << 3 | 5) + b"1234" + varint(102 << 3 | 1) + b"12345678"
    one = strange + metric("m", "Double", 2.5) + strange
    assert read_metric(one, 0, len(one), {})[6] == 2.5


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_what_googles_protobuf_refuses_or_reads_is_never_an_accident_here(data: bytes) -> None:
    try:
        spans = read_payload(data).metrics
    except Malformed:
        return
    for begin, end in spans:
        try:
            value = read_metric(data, begin, end, {})[6]
        except Malformed:
            continue
        assert value is None or isinstance(value, int | float | tuple)


@pytest.mark.parametrize("piece", [b"\x12\x00", b"\x08\x01", b"\x12\x7f" + b"\x0a\x7d" + b"a" * 125, b"\xff"])
def test_time_is_linear_in_the_size(piece: bytes) -> None:
    data = piece * (1_000_000 // len(piece))
    with at_most(2.0), suppress(Malformed, Oversized):
        for begin, end in read_payload(data).metrics:
            read_metric(data, begin, end, {})


def test_times_of_any_length_are_read() -> None:
    for moment in (0, 127, 128, 2**35 - 1, 2**35, 1_763_769_600_123, 2**42 - 1, 2**42, 2**64 - 1):
        one = metric("m", at=moment)
        moments: dict[bytes, int] = {}
        assert read_metric(one, 0, len(one), moments)[2] == moment
        assert read_metric(one, 0, len(one), moments)[2] == moment
