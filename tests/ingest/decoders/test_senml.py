"""SenML: what the RFCs' examples don't show."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import senml
from ingest.decoders.base import MAX_READINGS, Decoded, Message
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples import senml_cbor, senml_json


class TestJson(Conformance):
    format = "senml-json"
    examples = senml_json.EXAMPLES


class TestCbor(Conformance):
    format = "senml-cbor"
    examples = senml_cbor.EXAMPLES


LABELS = {"bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6} | {
    label: at for at, label in enumerate(("n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"))
}


def as_cbor(pack: Any) -> bytes:
    return cbor2.dumps([{LABELS.get(label, label): record[label] for label in record} for record in pack])


def both(pack: list[dict[str, Any]], topic: str = "") -> Decoded:
    """The pack read as JSON and as CBOR, anew and by decoders that have seen its like: all must agree."""
    text, binary = Message(topic, json.dumps(pack).encode(), ARRIVAL), Message(topic, as_cbor(pack), ARRIVAL)
    of_text, of_binary = senml.json_decoder(), senml.cbor_decoder()
    first = of_text.decode(text)
    assert first == of_text.decode(text) == of_binary.decode(binary) == of_binary.decode(binary)
    return first


def read(text: str) -> Decoded:
    return senml.json_decoder().decode(Message("", text.encode(), ARRIVAL))


def test_base_value_and_base_sum_are_added() -> None:
    pack = [{"bn": "m:", "bv": 20, "bs": 1000, "bu": "W", "n": "p", "v": 3.5}, {"n": "p", "v": -1, "s": 7, "t": 1}]
    assert both(pack).readings == [
        ("m", "p", 23.5, "W", None),
        ("m", "p.sum", 1000.0, "J", None),
        ("m", "p", 19.0, "W", ARRIVAL + 1000),
        ("m", "p.sum", 1007.0, "J", ARRIVAL + 1000),
    ]


def test_a_base_sum_alone_is_the_sum() -> None:
    once = [{"n": "m:p", "v": 1}]
    pack = [*once, {"bn": "m:", "bs": 10, "n": "q", "s": 1}, {"n": "p", "v": 1}]
    assert [reading[1:3] for reading in both(pack).readings] == [
        ("p", 1.0),
        ("q.sum", 11.0),
        ("p", 1.0),
        ("p.sum", 10.0),
    ]


def test_a_base_holds_until_the_next() -> None:
    pack = [{"bn": "a/", "bu": "V", "n": "x", "v": 1}, {"n": "y", "u": "A", "v": 2}, {"bu": "K", "n": "z", "v": 3}]
    assert [(quantity, unit) for _, quantity, _, unit, _ in both(pack).readings] == [("x", "V"), ("y", "A"), ("z", "K")]


def test_a_unit_of_null_is_none() -> None:
    pack: list[dict[str, Any]] = [
        {"bn": "a/", "bu": "V", "n": "x", "v": 1},
        {"n": "y", "u": None, "v": 2},
        {"bu": None, "n": "z", "v": 3},
    ]
    assert [reading[3] for reading in both(pack).readings] == ["V", None, None]


def test_one_name_for_several_things_becomes_several() -> None:
    pack = [
        {"bn": "urn:dev:ow:10e2073a01080063:", "n": "env", "u": "Cel", "v": 20},
        {"n": "env", "u": "%RH", "v": 50},
        {"n": "env", "u": "K", "v": 293},
        {"n": "x", "u": "furlong", "v": 1},
        {"n": "x", "u": "fortnight", "v": 2},
        {"n": "p", "u": "W", "v": 3},
        {"n": "p", "u": "kW", "v": 4},
        {"n": "p", "v": 5},
    ]
    assert [(quantity, unit) for _, quantity, _, unit, _ in both(pack).readings] == [
        ("env.temperature", "Cel"),
        ("env.humidity", "%RH"),
        ("env.temperature", "K"),
        ("x.furlong", "furlong"),
        ("x.fortnight", "fortnight"),
        ("p", "W"),
        ("p", "kW"),
        ("p", None),
    ]


def test_a_sum_needs_no_value() -> None:
    assert both([{"n": "a:b", "s": 5, "u": "m3/s"}]).readings == [("a", "b.sum", 5.0, "m3", None)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-0.0005, ARRIVAL - 1),
        (-3600, ARRIVAL - 3_600_000),
        (2**28 - 1, ARRIVAL + (2**28 - 1) * 1000),
        (2**28, 2**28 * 1000),
        (1_763_769_600.123, 1_763_769_600_123),
        (0, None),
    ],
)
def test_times_below_2_to_the_28_count_from_now(seconds: float, expected: int | None) -> None:
    assert both([{"n": "a:b", "v": 1, "t": seconds}]).readings[0][4] == expected


@pytest.mark.parametrize("seconds", [1.7e12, -1e12, 1e300, 1e15])
def test_a_time_outside_all_years_is_refused(seconds: float) -> None:
    decoded = both([{"n": "a:b", "v": 1, "t": seconds}, {"n": "a:c", "v": 2}])
    assert [refused.reason for refused in decoded.refused] == ["time"]
    assert [reading[1] for reading in decoded.readings] == ["c"]


@pytest.mark.parametrize(
    ("pack", "reason", "words"),
    [
        ([{"n": "a:b", "v": 1, "bver": 11}], "schema", "bver: 11"),
        ([{"n": "a:b", "v": 1, "bver": 42}], "schema", "bver: 42"),
        ([{"n": "a:b", "v": 1, "bver": 10}, {"n": "a:b", "v": 1, "bver": 5}], "schema", "a pack of version 10"),
        ([{"n": "a:b", "v": 1}, {"n": "a:b", "v": 1, "bver": 9}], "schema", "a pack of version 10"),
        ([{"n": "a:b", "v": 1}, {"n": "a:c", "v": 1, "new_": 1}], "schema", "'new_' must be understood"),
    ],
)
def test_what_refuses_the_whole_pack(pack: list[dict[str, Any]], reason: str, words: str) -> None:
    decoded = both(pack)
    assert not decoded.readings
    [refused] = decoded.refused
    assert refused.reason == reason
    assert words in refused.detail


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"n": "a:x", "v": "1"}, "v: expected a number"),
        ({"n": "a:x", "v": True}, "v: expected a number"),
        ({"n": "a:x", "vb": 1}, "vb: expected true or false"),
        ({"n": "a:x", "v": 1, "vs": "one"}, "a record has one value"),
        ({"n": "a:x"}, "neither a value"),
        ({"n": "a x", "v": 1}, "not allowed"),
        ({"n": "_a:x", "v": 1}, "not allowed"),
        ({"n": "", "v": 1}, "needs a name"),
        ({"n": "a" * 513, "v": 1}, "of 513 characters"),
        ({"n": 5, "v": 1}, "n: expected a text"),
        ({"n": "a:x", "v": 1, "u": 3}, "u: expected a text"),
        ({"n": "a:x", "v": 1, "t": None}, "t: expected a number, got null"),
        ({"n": "a:x", "v": 10**400}, "not a finite number"),
    ],
)
def test_a_bad_record_keeps_its_neighbours(record: dict[str, Any], words: str) -> None:
    decoded = read(json.dumps([{"n": "a:first", "v": 1}, record, {"n": "a:last", "v": 2}]))
    assert [reading[1] for reading in decoded.readings] == ["first", "last"]
    [refused] = decoded.refused
    assert refused.detail.startswith("record 1: ")
    assert words in refused.detail


def test_a_bad_base_refuses_what_it_would_resolve() -> None:
    decoded = both([{"n": "a:b", "v": 1}, {"bt": "now", "n": "a:c", "v": 2}, {"n": "a:d", "v": 3}])
    assert [reading[1] for reading in decoded.readings] == ["b"]
    assert decoded.refused[0].detail.startswith("record 1, and all after it: bt: expected a number")


@pytest.mark.parametrize("payload", ['{"n":"a:b","v":1}', "[]x", "", "null", '["a"]', "3"])
def test_what_is_no_pack(payload: str) -> None:
    decoded = read(payload)
    assert not decoded.readings
    assert len(decoded.refused) == 1


def test_unknown_labels_and_update_times_are_ignored() -> None:
    assert both([{"n": "a:b", "v": 1, "ut": 60, "colour": "red"}]).readings == [("a", "b", 1.0, None, None)]


def test_a_pack_of_too_many_records_is_refused() -> None:
    decoded = read("[" + ",".join(['{"n":"a:b","v":1}'] * (MAX_READINGS // 2 + 1)) + "]")
    assert [refused.reason for refused in decoded.refused] == ["too_large"]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("81a20063613a62020100", "bytes after the pack"),
        ("81a30063613a620201020 2".replace(" ", ""), "Duplicate map key"),
        ("81a20063613a6202f97e00", "nan is not a finite number"),
        ("81a20063613a6202f97c00", "inf is not a finite number"),
        ("81a20063613a6202c4821b7fffffffffffffff01", "inf is not a finite number"),
        ("81a20063613a6202c5821b7fffffffffffffff01", "inf is not a finite number"),
        ("81a20063613a6202c0613a", "v: expected a number"),
        ("81a20063613a6202d81c01", "v: expected a number"),
        ("81a20063613a6202", "not CBOR"),
        ("81a30063613a6202016178" + "81" * 40 + "01", "not CBOR"),
        ("81a30063613a62616e6163020 1".replace(" ", ""), "a label that comes twice"),
        ("81a2006 3ff3a620201".replace(" ", ""), "not CBOR"),
        ("a20063613a620201", "expected an array"),
        ("81a2206105006161", "bver"),
    ],
)
def test_what_cbor_must_not_hold(payload: str, words: str) -> None:
    decoded = senml.cbor_decoder().decode(Message("", bytes.fromhex(payload), ARRIVAL))
    assert not decoded.readings
    assert words in decoded.refused[0].detail


@given(st.binary(min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_whatever_follows_a_pack_refuses_it(rest: bytes) -> None:
    decoder = senml.cbor_decoder()
    pack = bytes.fromhex("81a20063613a620201")
    assert decoder.decode(Message("", pack, ARRIVAL)).readings
    decoded = decoder.decode(Message("", pack + rest, ARRIVAL))
    assert not decoded.readings
    assert len(decoded.refused) == 1


def test_tiny_decimal_fractions_are_zero_and_do_no_harm() -> None:
    for tag in ("c4", "c5"):
        payload = bytes.fromhex(f"81a20063613a6202{tag}823b7fffffffffffffff01")
        assert senml.cbor_decoder().decode(Message("", payload, ARRIVAL)).readings == [("a", "b", 0.0, None, None)]


def test_an_epoch_tag_around_a_time_is_its_seconds() -> None:
    payload = bytes.fromhex("81a30063613a62020106c11a514b67b0")
    assert senml.cbor_decoder().decode(Message("", payload, ARRIVAL)).readings[0][4] == 1_363_896_240_000


def test_cbor_labels_may_be_texts_and_the_pack_self_described() -> None:
    payload = b"\xd9\xd9\xf7" + cbor2.dumps([{"n": "a:b", 2: 5}])
    assert senml.cbor_decoder().decode(Message("", payload, ARRIVAL)).readings == [("a", "b", 5.0, None, None)]
    assert senml.looks_like_cbor(Message("", payload, ARRIVAL))


def test_without_a_topic_a_local_name_is_the_sensors() -> None:
    assert both([{"n": "temp", "u": "Cel", "v": 20}]).readings == [("temp", "temperature", 20.0, "Cel", None)]


def test_a_value_may_not_grow_beyond_a_double() -> None:
    known = [{"bn": "a:", "n": "y", "v": 1}, {"n": "y", "v": 2}]
    decoded = both([*known, {"bv": 1e308, "n": "x", "v": 1}, {"n": "y", "v": 1.7e308}, {"n": "z", "v": 2}])
    assert [reading[1] for reading in decoded.readings] == ["y", "y", "x", "z"]
    assert [refused.reason for refused in decoded.refused] == ["not_finite"]


def test_negative_bignums() -> None:
    payload = bytes.fromhex("81a20063613a6202c34163")
    assert senml.cbor_decoder().decode(Message("", payload, ARRIVAL)).readings == [("a", "b", -100.0, None, None)]


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**6), 10**6)
names = st.from_regex(r"(urn:dev:ow:[0-9a-f]{16}|[a-z]{1,4}/[a-z]{1,4})[:/][a-z_]{1,8}", fullmatch=True)
resolved = st.lists(
    st.fixed_dictionaries(
        {"n": names, "v": numbers, "t": st.integers(2**28, 2**33)}, optional={"u": st.sampled_from(["Cel", "V", "/"])}
    ),
    min_size=1,
    max_size=20,
)


def compressed(records: list[dict[str, Any]], cut: int, time: int) -> list[dict[str, Any]]:
    """The same records with a base name, time and value, anew whenever the first letters of the name change."""
    pack: list[dict[str, Any]] = []
    base = None
    for record in records:
        short = dict(record, n=record["n"][cut:], t=record["t"] - time)
        if record["n"][:cut] != base:
            base = record["n"][:cut]
            short |= {"bn": base, "bt": time}
        pack.append(short)
    return pack


@given(records=resolved, cut=st.integers(0, 3), time=st.integers(-(10**6), 10**9))
@settings(max_examples=150, deadline=None)
def test_a_pack_and_its_resolved_form_give_the_same(records: list[dict[str, Any]], cut: int, time: int) -> None:
    expected = [
        (record["n"][: max(record["n"].rfind(":"), record["n"].rfind("/"))], float(record["v"]), record["t"] * 1000)
        for record in records
    ]
    plain = both(records)
    assert not plain.refused
    assert [(sensor, value, moment) for sensor, _, value, _, moment in plain.readings] == expected
    assert both(compressed(records, cut, time)).readings == plain.readings
