from __future__ import annotations

import json
from typing import Any

from ingest.decoders.base import Decoded, Message
from ingest.decoders.chirpstack import Chirpstack
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.chirpstack import EXAMPLES

UP = "application/1/device/0101010101010101/event/up"


class TestChirpstack(Conformance):
    format = "chirpstack"
    examples = EXAMPLES


def decode(topic: str = UP, **event: Any) -> Decoded:
    return Chirpstack().decode(Message(topic, json.dumps(event).encode(), ARRIVAL))


def test_names_tags_and_gateway_come_beside_the_readings() -> None:
    example = EXAMPLES[0]
    decoded = Chirpstack().decode(example.delivered()[0])
    assert decoded.gateway == "0016c001f153a14c"
    assert decoded.labels == {
        "name": "Test device",
        "application": "Test application",
        "profile": "Test device-profile",
        "tenant": "ChirpStack",
        "tag.key": "value",
    }


def test_version_3_writes_the_gateway_in_base64() -> None:
    example = next(example for example in EXAMPLES if example.name == "version 3: an uplink")
    assert Chirpstack().decode(example.delivered()[0]).gateway == "0303030303030303"


def test_the_gateway_is_the_one_that_heard_best() -> None:
    heard = [
        {"gatewayId": "a", "rssi": -40, "snr": -7},
        {"gatewayId": "b", "rssi": -110, "snr": 2.5},
        {"gatewayId": "c"},
    ]
    assert decode(rxInfo=heard, object={"t": 1}).gateway == "b"


def test_a_time_of_the_best_gateway_goes_before_another_ones() -> None:
    heard = [
        {"gatewayId": "a", "snr": -7, "gwTime": "2022-07-18T09:34:15.100Z"},
        {"gatewayId": "b", "snr": 2, "gwTime": "2022-07-18T09:34:15.200Z"},
    ]
    (reading,) = decode(rxInfo=heard, object={"t": 1}).readings
    assert reading[4] == 1_658_136_855_200


def test_a_gateway_time_of_another_goes_before_the_servers() -> None:
    heard = [
        {"gatewayId": "a", "snr": -7, "gwTime": "2022-07-18T09:34:15.100Z"},
        {"gatewayId": "b", "snr": 2, "nsTime": "2022-07-18T09:34:15.200Z"},
    ]
    (reading,) = decode(rxInfo=heard, object={"t": 1}).readings
    assert reading[4] == 1_658_136_855_100


def test_a_time_that_cannot_be_read_is_refused() -> None:
    decoded = decode(time="yesterday", object={"t": 1})
    assert not decoded.readings
    assert [reason for reason, _ in decoded.refused] == ["time"]
    assert "yesterday" in decoded.refused[0].detail


def test_a_margin_of_zero_may_be_left_out() -> None:
    # Protocol Buffers' JSON mapping leaves out what is zero.
    decoded = decode(UP[:-2] + "status", deviceInfo={"devEui": "00"}, batteryLevelUnavailable=True)
    assert decoded.readings == [("00", "margin", 0.0, "dB", None)]


def test_the_deprecated_battery_says_nothing_at_0_and_255() -> None:
    readings = [decode(UP[:-2] + "status", margin=1, battery=battery).readings for battery in (0, 200, 255)]
    assert [len(found) for found in readings] == [1, 2, 1]
    assert readings[1][1][1:4] == ("battery", 200.0, None)


def test_a_downlink_is_no_measurement() -> None:
    decoded = decode("application/1/device/01/command/down", devEui="01", object={"valve": 1})
    assert not decoded.readings
    assert not decoded.refused


def test_the_device_is_in_the_topic_where_the_event_has_none() -> None:
    assert decode(object={"t": 1}).readings[0][0] == "0101010101010101"


def test_without_any_device_the_event_is_refused() -> None:
    assert decode("somewhere", object={"t": 1}).refused[0].reason == "schema"


def test_odd_tags_cost_no_readings() -> None:
    decoded = decode(
        deviceInfo={"devEui": "0a", "tags": {"floor": 3, "hall": "B"}, "tenantName": None}, object={"t": 1}
    )
    assert decoded.readings == [("0a", "t", 1.0, None, None)]
    assert decoded.labels == {"tag.hall": "B"}


def test_a_renamed_device_is_described_anew() -> None:
    decoder = Chirpstack()
    for name in ("old", "new", "old"):
        event = {"deviceInfo": {"devEui": "0a", "deviceName": name}, "object": {"t": 1}}
        assert decoder.decode(Message(UP, json.dumps(event).encode(), ARRIVAL)).labels == {"name": name}
