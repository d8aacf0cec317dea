from __future__ import annotations

import json

import pytest

from ingest.decoders.base import Message, Presence
from ingest.decoders.table import Forgetful
from ingest.decoders.zigbee2mqtt import Zigbee2mqtt
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.zigbee2mqtt import EXAMPLES


class TestZigbee2mqtt(Conformance):
    format = "zigbee2mqtt"
    examples = EXAMPLES


def message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, ARRIVAL)


@pytest.mark.parametrize("payload", [b"offline", b'{"state":"offline"}', b'{"state": "offline"}'])
def test_availability_comes_as_text_or_json(payload: bytes) -> None:
    decoded = Zigbee2mqtt(Forgetful()).decode(message("zigbee2mqtt/hall/lamp/availability", payload))
    assert decoded.presence == [Presence("zigbee2mqtt", False, "hall/lamp")]


def test_the_bridge_is_the_gateway() -> None:
    decoder = Zigbee2mqtt(Forgetful())
    assert decoder.decode(message("zigbee2mqtt/bridge/state", b"online")).presence == [Presence("zigbee2mqtt", True)]
    assert decoder.decode(message("zigbee2mqtt/lamp", b'{"power":1}')).gateway == "zigbee2mqtt"


def test_a_base_topic_may_have_several_levels() -> None:
    decoded = Zigbee2mqtt(Forgetful()).decode(message("floor1/zigbee2mqtt/hall/lamp", b'{"power":1}'))
    assert decoded.gateway == "floor1/zigbee2mqtt"
    assert decoded.readings[0][0] == "hall/lamp"


@pytest.mark.parametrize(
    ("state", "unit"),
    [
        ({"voltage": 230.4}, "V"),
        ({"voltage": 3045}, "mV"),
        ({"voltage": 3, "battery": 100}, "mV"),
        ({"voltage": 12, "power": 3}, "V"),
    ],
)
def test_a_voltage_is_of_the_mains_or_of_a_battery(state: dict[str, float], unit: str) -> None:
    decoded = Zigbee2mqtt(Forgetful()).decode(message("zigbee2mqtt/x", json.dumps(state).encode()))
    assert decoded.readings[0][3] == unit


def test_what_the_bridge_said_outlives_a_restart_and_is_forgotten_with_the_device() -> None:
    memory = Forgetful()
    device = {
        "friendly_name": "x",
        "definition": {"exposes": [{"type": "numeric", "property": "flow", "unit": "L/min"}]},
    }
    Zigbee2mqtt(memory).decode(message("zigbee2mqtt/bridge/devices", json.dumps([device]).encode()))
    decoder = Zigbee2mqtt(memory)
    assert decoder.decode(message("zigbee2mqtt/x", b'{"flow":1}')).readings[0][3] == "L/min"
    changed = json.dumps([device]).replace("L/min", "L/h")
    decoder.decode(message("zigbee2mqtt/bridge/devices", changed.encode()))
    assert decoder.decode(message("zigbee2mqtt/x", b'{"flow":1}')).readings[0][3] == "L/h"
    decoder.decode(message("zigbee2mqtt/bridge/devices", b"[]"))
    assert decoder.decode(message("zigbee2mqtt/x", b'{"flow":1}')).readings[0][3] == "m³/h"


def test_a_group_is_no_device() -> None:
    decoder = Zigbee2mqtt(Forgetful())
    decoder.decode(message("zigbee2mqtt/bridge/groups", b'[{"friendly_name":"all"}]'))
    assert not decoder.decode(message("zigbee2mqtt/all", b'{"brightness":1}')).readings
    assert not decoder.decode(message("zigbee2mqtt/all/availability", b"online")).presence


def test_an_empty_payload_only_forgets() -> None:
    decoded = Zigbee2mqtt(Forgetful()).decode(message("zigbee2mqtt/x", b""))
    assert not decoded.readings
    assert not decoded.refused


def test_a_last_seen_that_cannot_be_read_is_refused() -> None:
    decoded = Zigbee2mqtt(Forgetful()).decode(message("zigbee2mqtt/x", b'{"power":1,"last_seen":"now"}'))
    assert not decoded.readings
    assert decoded.refused[0].reason == "time"
