"""JSON by a mapping: paths, topics, times, values, and what is said of a mapping that is wrong."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import json_mapping
from ingest.decoders.base import MAX_READINGS, Decoded, Message
from ingest.decoders.json_mapping import JsonMapping, MappingFault, publish, topics
from ingest.mapping.documents import load_mapping
from tests.ingest.decoders.conformance import Conformance, grown
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.json import CITY, EXAMPLES


class TestJson(Conformance):
    format = "json"
    examples = EXAMPLES


def read(mapping: dict[str, Any], document: Any, topic: str = "t") -> Decoded:
    return JsonMapping(mapping).decode(Message(topic, json.dumps(document).encode(), ARRIVAL))


def one(reading: dict[str, Any], document: Any) -> Decoded:
    return read({"readings": [{"quantity": "q", "value": "v"} | reading]}, document)


def test_an_expression_that_fails_refuses_only_its_reading() -> None:
    mapping = {"readings": [{"quantity": "n", "value": "length(a)"}, {"quantity": "b", "value": "b"}]}
    decoded = read(mapping, {"a": 5, "b": 2})
    assert decoded.readings == [("t", "b", 2.0, None, None)]
    assert [refused.reason for refused in decoded.refused] == ["schema"]


def test_what_is_nested_too_deep_is_refused_alone() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = {"a": deep}
    decoded = read({"readings": [{"values": "@"}]}, {"deep": deep, "b": 2})
    assert [reading[1] for reading in decoded.readings] == ["b"]
    assert "nested deeper" in decoded.refused[0].detail


def test_neither_long_topics_nor_endless_times_are_remembered() -> None:
    mapping = {
        "topic": "x/{device}",
        "time": {"path": "t", "format": "%Y-%m-%d %H:%M:%S.%f"},
        "readings": [{"quantity": "q", "value": "v"}],
    }
    messages = [
        Message(f"x/{number}{'d' * 20_000}", b'{"t":"2026-11-21 16:00:00.%06d","v":1}' % number, ARRIVAL)
        for number in range(4000)
    ]
    assert grown(JsonMapping(mapping), messages) < 200_000


def test_a_bad_time_refuses_its_record_alone() -> None:
    mapping = {"time": "t", "readings": [{"quantity": "q", "value": "v"}]}
    decoded = read(mapping, [{"t": "x", "v": 1}, {"t": 1_795_276_800, "v": 2}, {"v": 3}])
    assert [(reading[2], reading[4]) for reading in decoded.readings] == [(2.0, 1_795_276_800_000), (3.0, None)]
    assert decoded.refused[0].reason == "time"
    assert decoded.refused[0].detail.startswith("record 0: ")


@pytest.mark.parametrize(
    ("reading", "value", "expected"),
    [
        ({}, 5, 5.0),
        ({}, " -2.5e1 ", -25.0),
        ({}, True, 1.0),
        ({"scale": 0.1}, 3, 0.3),
        ({"scale": 0.001, "offset": 1}, 500, 1.5),
        ({"scale": -2.5, "offset": "0.5"}, 2, -4.5),
        ({"map": {"ON": 1, "OFF": 0}}, "ON", 1.0),
        ({"map": {"true": 7}}, True, 7.0),
        ({"map": {7: 0.5}, "scale": 2}, 7, 1.0),
    ],
)
def test_values(reading: dict[str, Any], value: Any, expected: float) -> None:
    assert one(reading, {"v": value}).readings == [("t", "q", expected, None, None)]


@pytest.mark.parametrize(
    ("reading", "document"),
    [
        ({}, {}),
        ({}, {"v": None}),
        ({"map": {"ERR": None}}, {"v": "ERR"}),
        ({"when": "kind == 'x'"}, {"v": 1, "kind": "y"}),
        ({"when": "kind"}, {"v": 1, "kind": ""}),
    ],
)
def test_what_is_no_reading_and_no_fault(reading: dict[str, Any], document: Any) -> None:
    decoded = one(reading, document)
    assert not decoded.readings
    assert not decoded.refused


@pytest.mark.parametrize("value", ["on", "", "1_000", "0x1F", "٣", [1], {"a": 1}, "1" * 500, "nan"])
def test_a_value_that_is_none_is_refused_alone(value: Any) -> None:
    mapping: dict[str, Any] = {"readings": [{"quantity": "q", "value": "v"}, {"quantity": "w", "value": "w"}]}
    decoded = read(mapping, {"v": value, "w": 2})
    assert decoded.readings == [("t", "w", 2.0, None, None)]
    assert [refused.reason for refused in decoded.refused] == ["schema"]


def test_numbers_that_no_double_holds() -> None:
    decoded = JsonMapping({"readings": [{"values": "@"}]}).decode(
        Message("t", b'{"a":1e999,"b":NaN,"c":1,"d":' + b"9" * 400 + b"}", ARRIVAL)
    )
    assert decoded.readings == [("t", "c", 1.0, None, None)]
    assert [refused.reason for refused in decoded.refused] == ["not_finite"] * 3
    assert [refused.reason for refused in one({"scale": 1e308}, {"v": 1e300}).refused] == ["not_finite"]


def test_all_numbers_of_a_part() -> None:
    mapping = {
        "readings": [
            {
                "values": "data",
                "quantity": "m.{key}",
                "unit": "V",
                "units": {"i": "A"},
                "omit": ["id"],
                "map": {"ON": 1},
            }
        ]
    }
    decoded = read(mapping, {"data": {"id": 5, "i": 1, "u": [230, 231], "s": "ON", "x": "text", "b": True, "n": None}})
    assert decoded.refused == []
    assert [(quantity, value, unit) for _, quantity, value, unit, _ in decoded.readings] == [
        ("m.i", 1.0, "A"),
        ("m.u.0", 230.0, "V"),
        ("m.u.1", 231.0, "V"),
        ("m.s", 1.0, "V"),
    ]


def test_names_from_record_document_and_topic() -> None:
    mapping = {
        "topic": ["a/{device}", "b/{site}/{device}"],
        "records": "items",
        "fields": {"kind": "kind", "unit": "u"},
        "labels": {"where": "{site}"},
        "readings": [{"quantity": "{kind}", "value": "v", "unit": "{unit}"}],
    }
    decoded = read(mapping, {"kind": "x", "u": "V", "items": [{"v": 1}, {"kind": "y", "u": "A", "v": 2}]}, "b/s/d")
    assert decoded.readings == [("d", "x", 1.0, "V", None), ("d", "y", 2.0, "A", None)]
    assert decoded.labels == {"site": "s", "device": "d", "where": "s"}


def test_a_record_without_its_name_is_refused_alone() -> None:
    mapping = {"fields": {"id": "id"}, "sensor": "m-{id}", "readings": [{"quantity": "q", "value": "v"}]}
    decoded = read(mapping, [{"v": 1}, {"id": 7, "v": 2}, {"id": "", "v": 3}])
    assert decoded.readings == [("m-7", "q", 2.0, None, None)]
    assert [refused.detail[:9] for refused in decoded.refused] == ["record 0:", "record 2:"]


def test_too_many_readings_are_refused() -> None:
    decoded = one({}, [{"v": 1}] * (MAX_READINGS + 1))
    assert [refused.reason for refused in decoded.refused] == ["too_large"]
    assert not decoded.readings


def test_topics_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "MAX_TOPICS", 10)
    decoder = JsonMapping({"topic": "x/{device}", "readings": [{"quantity": "q", "value": "@"}]})
    for number in range(25):
        decoded = decoder.decode(Message(f"x/{number}", b"1", ARRIVAL))
        assert decoded.readings == [(str(number), "q", 1.0, None, None)]
        assert decoder.remembered() <= 10


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, "readings: is required"),
        ({"readings": []}, "readings: needs at least one"),
        ({"readings": [{}]}, "readings[0]: write `value` for one value, or `values`"),
        ({"readings": [{"value": "a"}]}, "readings[0]: `quantity` names the value"),
        ({"readings": [{"value": "a", "quantity": "q", "omit": ["x"]}]}, "readings[0]: `units` and `omit` go with"),
        ({"readings": [{"values": "a", "colour": 1}]}, "readings[0].colour: is not a key of a mapping"),
        ({"readings": [{"values": "a["}]}, "readings[0].values: 'a[' is not JMESPath"),
        ({"readings": [{"values": "a", "scale": "big"}]}, "readings[0].scale: "),
        ({"readings": [{"values": "a", "offset": float("nan")}]}, "readings[0].offset: expected a finite number"),
        (
            {"readings": [{"values": "a", "quantity": "{x}"}]},
            "readings[0].quantity: {x} is not a field; known are key, topic",
        ),
        ({"readings": [{"values": "a"}], "sensor": "{key}"}, "sensor: {key} is not a field; known are topic"),
        ({"readings": [{"values": "a"}], "sensor": "{x"}, "sensor: '{x': a brace without its other half"),
        ({"readings": [{"values": "a"}], "labels": {"l": " "}}, "labels.l: a name can't be blank"),
        ({"readings": [{"values": "a"}], "topic": "a/{x}/{x}"}, "topic[0]: 'a/{x}/{x}': {x} comes twice"),
        ({"readings": [{"values": "a"}], "topic": ["a", "b/{*}"]}, "topic[1]: 'b/{*}': {*} is not a field"),
        ({"readings": [{"values": "a"}], "topic": "{a*}/{b*}"}, "topic[0]: '{a*}/{b*}': at most one splat"),
        ({"readings": [{"values": "a"}], "topic": "a/#/b"}, "topic[0]: 'a/#/b': # stands for whole levels at the end"),
        ({"readings": [{"values": "a"}], "topic": "a]b"}, "topic[0]: 'a]b': ']' at 1 has no other half"),
        ({"readings": [{"values": "a"}], "topic": "a[b"}, "topic[0]: 'a[b': `[` without its `]`"),
        ({"readings": [{"values": "a"}], "time": {"path": "t", "zone": "Mars"}}, "time: 'Mars' is not a time zone"),
        (
            {"readings": [{"values": "a"}], "time": {"path": "t", "format": "iso"}},
            "time: 'iso' is not a format of times",
        ),
        ({"readings": [{"values": "a"}], "time": {"path": "t", "format": "%H:%M"}}, "does not say year, month and day"),
        ({"readings": [{"values": "a"}], "time": {"path": "t", "format": "%Q"}}, "'%Q' is not a strptime pattern"),
    ],
)
def test_a_mapping_that_is_wrong_names_the_key(mapping: dict[str, Any], words: str) -> None:
    with pytest.raises(MappingFault) as raised:
        JsonMapping(mapping)
    assert words in str(raised.value)


def test_a_file_that_is_wrong_names_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "map.yaml"
    file.write_text(
        "topic: a/{x}\nreadings:\n  - quantity: q\n    value: v\n  - quantity: r\n    value: v\n    scal: 3\n"
    )
    with pytest.raises(MappingFault, match=r"map\.yaml, line 7: readings\[1\]\.scal: is not a key"):
        JsonMapping(load_mapping(file, "mapping"))
    file.write_text("topic: a/{x}\nreadings:\n  - quantity: '{y}'\n    value: v\n")
    with pytest.raises(MappingFault, match=r"map\.yaml, line 3: readings\[0\]\.quantity: \{y\} is not a field"):
        JsonMapping(load_mapping(file, "mapping"))


def test_settings_may_hold_all_scalars_as_text() -> None:
    mapping = {"readings": [{"quantity": "q", "value": "v", "scale": "0.5", "map": {"ON": "1", "ERR": None}}]}
    assert read(mapping, [{"v": 3}, {"v": "ON"}]).readings == [("t", "q", 1.5, None, None), ("t", "q", 0.5, None, None)]


def test_no_mapping_is_an_error() -> None:
    with pytest.raises(ValueError, match="json needs a mapping"):
        JsonMapping(None)


def test_the_mapping_in_the_documentation_works(tmp_path: Path) -> None:
    shown = [line for line in (json_mapping.__doc__ or "").splitlines() if line.startswith("    ")]
    file = tmp_path / "map.yaml"
    file.write_text(textwrap.dedent("\n".join(shown)))
    document = {
        "meta": {"serial": 17},
        "at": "21/11/2026 23:00:00",
        "data": {
            "samples": [{"flow": {"raw": 50}, "pump": "ON", "channels": {"id": 9, "head": 2}}, {"kind": "t", "v": 1}]
        },
    }
    decoder = JsonMapping(load_mapping(file, "mapping"))
    decoded = decoder.decode(Message("city/water/north/x", json.dumps(document).encode(), ARRIVAL))
    assert decoded.refused == []
    assert [reading[:4] for reading in decoded.readings] == [
        ("north-17", "flow", 1.0, "m3/h"),
        ("north-17", "pump", 1.0, None),
        ("north-17", "head", 2.0, "m"),
        ("north-17", "t", 1.0, None),
    ]
    assert {reading[4] for reading in decoded.readings} == {1_795_276_800_000}


def test_the_published_schema_is_that_of_the_code() -> None:
    assert publish.SCHEMA.read_text() == publish.published(), "run: python -m ingest.decoders.json_mapping.publish"


words = st.text("abcdefg", min_size=1, max_size=5)
batches = st.lists(
    st.tuples(words, words, st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(10**9, 2 * 10**9)),
    max_size=10,
)


@given(batches, st.sampled_from(["city/{}/{}/{}/{}", "/city/{}/{}/{}/{}"]))
@settings(max_examples=100, deadline=None)
def test_what_is_written_by_a_mapping_is_read(batch: list[tuple[str, str, float, int]], form: str) -> None:
    decoder = JsonMapping(CITY)
    for site, device, value, time in batch:
        payload = json.dumps({"value": value, "ts": time, "unit": "V"}).encode()
        decoded = decoder.decode(Message(form.format("energy", site, device, "voltage"), payload, ARRIVAL))
        assert decoded.readings == [(f"{site}-{device}", "voltage", value, "V", time * 1000)]
