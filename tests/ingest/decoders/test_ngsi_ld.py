from __future__ import annotations

import pytest

from ingest.decoders.base import Decoded, Message
from ingest.decoders.ngsi_ld import NgsiLd
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.ngsi_ld import EXAMPLES


class TestNgsiLd(Conformance):
    format = "ngsi-ld"
    examples = EXAMPLES


def decode(payload: bytes) -> Decoded:
    return NgsiLd().decode(Message("ngsi", payload, 0))


def test_the_type_is_a_label_where_there_is_but_one() -> None:
    assert decode(b'{"id": "a", "type": "Pole", "lux": 3}').labels == {"type": "Pole"}
    assert decode(b'{"id": "a", "type": ["Pole", "Lamp"], "lux": 3}').labels == {"type": "Pole"}
    assert decode(b'[{"id": "a", "type": "Pole"}, {"id": "b", "type": "Bin"}]').labels == {}


def test_a_notification_may_be_geojson() -> None:
    feature = (
        b'{"id": "a", "type": "Feature", "geometry": {"coordinates": [1, 2]}, "properties": {"lux": {"value": 3}}}'
    )
    decoded = decode(b'{"type": "Notification", "data": {"type": "FeatureCollection", "features": [' + feature + b"]}}")
    assert decoded.readings == [("a", "lux", 3.0, None, None)]


@pytest.mark.parametrize(
    "attribute",
    [
        b'{"type": "Relationship", "object": "b", "value": 1}',
        b'{"object": "b"}',
        b'{"languageMap": {"en": 1}}',
        b'{"vocab": 1}',
        b'{"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}}',
        b'{"value": {"type": "Point", "coordinates": [1, 2]}}',
        b'{"type": "Point", "coordinates": [1, 2]}',
        b'{"type": "geo:point", "value": "1, 2"}',
        b'{"type": "Property", "value": "on", "observedAt": "noon"}',
        b'{"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-21T16:00:00Z"}}',
        b'["sensor"]',
        b"true",
    ],
)
def test_what_is_legal_and_no_number(attribute: bytes) -> None:
    decoded = decode(b'{"id": "a", "attribute": ' + attribute + b"}")
    assert not decoded.readings
    assert not decoded.refused


@pytest.mark.parametrize(
    ("attribute", "names"),
    [
        (b'{"type": "ListProperty", "valueList": [1, 2]}', ["x.0", "x.1"]),
        (b'{"json": {"a": 1}}', ["x.a"]),
        (b'{"type": "Property", "value": {"@type": "decimal", "@value": 1}}', ["x"]),
        (b'{"a": {"b": 1}}', ["x.a.b"]),
        (b"[1, 2]", ["x.0", "x.1"]),
    ],
)
def test_other_shapes_of_a_value(attribute: bytes, names: list[str]) -> None:
    assert [name for _, name, *_ in decode(b'{"id": "a", "x": ' + attribute + b"}").readings] == names


def test_a_bad_instance_or_pair_keeps_the_others() -> None:
    instances = b'[{"value": 1, "observedAt": "noon"}, {"value": 2, "observedAt": "2026-11-21T16:00:00Z"}]'
    decoded = decode(b'{"id": "a", "x": ' + instances + b"}")
    assert decoded.readings == [("a", "x", 2.0, None, 1_795_276_800_000)]
    pairs = b'{"type": "Property", "values": [[1, "noon"], 7, [2, "2026-11-21T16:00:00Z"]]}'
    again = decode(b'{"id": "a", "x": ' + pairs + b"}")
    assert again.readings == decoded.readings
    assert [refused.reason for refused in again.refused] == ["time", "time"]


def test_an_entity_whose_time_cant_be_read_is_refused_alone() -> None:
    decoded = decode(b'[{"id": "a", "dateObserved": "noon", "lux": 3}, {"id": "b", "lux": 4}]')
    assert decoded.readings == [("b", "lux", 4.0, None, None)]
    assert [refused.reason for refused in decoded.refused] == ["time"]
