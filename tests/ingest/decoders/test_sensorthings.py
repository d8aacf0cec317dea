from __future__ import annotations

import pytest

from ingest.decoders.base import Decoded, Message
from ingest.decoders.sensorthings import SensorThings
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.sensorthings import EXAMPLES


class TestSensorThings(Conformance):
    format = "sensorthings"
    examples = EXAMPLES


def decode(topic: str, payload: bytes) -> Decoded:
    return SensorThings().decode(Message(topic, payload, 0))


def test_names_that_are_expanded_become_labels() -> None:
    stream = b'{"@iot.id": 7, "name": "roof", "Thing": {"name": "Town hall"}}'
    decoded = decode("v1.1/Observations", b'{"result": 1, "Datastream": ' + stream + b"}")
    assert decoded.labels == {"datastream": "roof", "thing": "Town hall"}
    assert decoded.readings == [("Datastreams(7)", "result", 1.0, None, None)]


def test_a_label_in_which_records_differ_is_blank() -> None:
    streams = b'{"@iot.id": 7, "name": "roof", "Observations": []}, {"@iot.id": 8, "name": "yard", "Observations": []}'
    assert decode("v1.1/Things", b'{"Datastreams": [' + streams + b"]}").labels == {"datastream": ""}


@pytest.mark.parametrize(
    ("topic", "payload", "sensor"),
    [
        ("v1.1/Datastreams('a-7')/Observations", b'{"result": 1}', "Datastreams('a-7')"),
        ("v1.1/Observations", b'{"result": 1, "Datastream": {"@iot.id": "a-7"}}', "Datastreams('a-7')"),
        ("FROST/v1.1/Datastreams(7)/Observations?$select=result", b'{"result": 1}', "Datastreams(7)"),
        (
            "v1.1/Observations",
            b'{"result": 1, "Datastream@iot.navigationLink": "http://x/v1.1/Datastreams(7)"}',
            "Datastreams(7)",
        ),
        ("v1.1/Datastreams(7)/Observations", b'{"result": 1, "Datastream": {"name": "roof"}}', "roof"),
        ("v1.1/Datastreams(7)/Observations", b'{"value": [{"result": 1}]}', "Datastreams(7)"),
        ("plant/7", b'{"result": 1}', "plant/7"),
        ("", b'{"result": 1, "Datastream@iot.navigationLink": "Observations(1)/Datastream"}', "Datastream"),
    ],
)
def test_which_datastream_an_observation_is_of(topic: str, payload: bytes, sensor: str) -> None:
    decoded = decode(topic, payload)
    assert decoded.readings == [(sensor, "result", 1.0, None, None)]
    assert not decoded.refused


@pytest.mark.parametrize(
    "payload",
    [
        b'{"@iot.id": 3, "name": "Town hall", "description": "a Thing"}',
        b'{"result": "cloudy"}',
        b'{"result": true}',
        b'{"value": []}',
    ],
)
def test_what_is_legal_and_no_number(payload: bytes) -> None:
    assert decode("v1.1/Datastreams(7)/Observations", payload) == Decoded()
