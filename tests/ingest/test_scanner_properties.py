"""Neither cuts nor what was learnt change what the scanner finds, and no bytes break it."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import wire
from tests.ingest.kit import NOW, TOPIC, feed, publish, refusals, rows, scanner, take
from tests.ingest.messages import FORMS, REASONS, reading

# Properties.
messages = st.one_of(
    st.sampled_from([form[1] for form in FORMS] + [reason[1] for reason in REASONS if len(str(reason[1])) < 400]),
    st.builds(reading, st.floats(), st.integers(NOW - 10**6, NOW + 10**6)),
    st.binary(max_size=30),
)

topics = st.sampled_from([TOPIC, TOPIC + "2", "nadi/v1/3578/energy/a/b", "nadi/v1/3578/gateway/g/status", "bad"])

heads = st.sampled_from([0x32, 0x32, 0x32, 0x30, 0x33, 0x3A])

streams = st.lists(st.tuples(messages, topics, heads), max_size=12)


def packets(stream: list[tuple[Any, str, int]], version: int) -> bytes:
    return b"".join(
        publish(payload, topic, number + 1, version, head) for number, (payload, topic, head) in enumerate(stream)
    )


def summary(one: Any, results: list[Any]) -> tuple[Any, ...]:
    return (
        rows(one, results),
        refusals(results),
        [number for scanned in results for number in scanned.packet_ids.tolist()],
        [number for scanned in results for number in scanned.sequences.seq.tolist()],
        [state for scanned in results for state in scanned.gateways],
        sum(scanned.messages for scanned in results),
        sum(scanned.consumed for scanned in results) if results[-1].error is None else None,
    )


@settings(max_examples=60, deadline=None)
@given(streams, st.lists(st.integers(0, 3000), max_size=8), st.sampled_from([wire.V311, wire.V5]))
def test_the_result_does_not_depend_on_how_the_bytes_are_cut(
    stream: list[tuple[Any, str, int]], cuts: list[int], version: int
) -> None:
    data = packets(stream, version)
    whole, cut = scanner(version), scanner(version)
    expected = summary(whole, feed(whole, data, []))
    assert summary(cut, feed(cut, data, [at for at in cuts if at < len(data)])) == expected


@settings(max_examples=40, deadline=None)
@given(streams)
def test_the_result_does_not_depend_on_what_was_learnt(stream: list[tuple[Any, str, int]]) -> None:
    data = packets(stream, wire.V5)
    learnt, careful = scanner(), scanner()
    feed(learnt, data, [])
    careful.devices.learn = lambda *_: None  # type: ignore[method-assign]
    feed(careful, data, [])
    assert summary(learnt, feed(learnt, data, [])) == summary(careful, feed(careful, data, []))


@settings(max_examples=150, deadline=None)
@given(streams, st.data())
def test_mutated_bytes_raise_nothing_but_wire_errors(stream: list[tuple[Any, str, int]], draw: st.DataObject) -> None:
    data = bytearray(packets(stream, wire.V5))
    for _ in range(draw.draw(st.integers(1, 5))):
        if data:
            data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cuts = draw.draw(st.lists(st.integers(0, max(1, len(data))), max_size=4))
    whole, cut = scanner(), scanner()
    expected = feed(whole, bytes(data), [])
    found = feed(cut, bytes(data), [at for at in cuts if at < len(data)])
    assert str(found[-1].error) == str(expected[-1].error)
    assert rows(whole, expected) == rows(cut, found)


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing(data: bytes) -> None:
    feed(scanner(), data, [len(data) // 2])


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(NOW - 10**6, NOW)), min_size=1))
def test_values_keep_every_bit(readings: list[tuple[float, int]]) -> None:
    one = scanner()
    take(one, reading())
    found, _ = take(one, *(reading(value, ts) for value, ts in readings))
    assert np.array_equal([row[2] for row in found], [value for value, _ in readings])
    assert [row[1] for row in found] == [ts for _, ts in readings]
