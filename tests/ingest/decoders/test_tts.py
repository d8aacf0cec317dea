from __future__ import annotations

import json
from typing import Any

from ingest.decoders.base import Decoded, Message
from ingest.decoders.tts import Tts
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.tts import EXAMPLES

UP = "v3/app1@ttn/devices/dev1/up"


class TestTts(Conformance):
    format = "tts"
    examples = EXAMPLES


def decode(topic: str = UP, received_at: str | None = None, **uplink: Any) -> Decoded:
    message = {"received_at": received_at, "uplink_message": uplink}
    return Tts().decode(Message(topic, json.dumps(message).encode(), ARRIVAL))


def test_identifiers_and_gateway_come_beside_the_readings() -> None:
    decoded = Tts().decode(EXAMPLES[0].delivered()[0])
    assert decoded.gateway == "gtw1"
    assert decoded.labels == {"application": "app1", "dev_eui": "0004A30B001C0530"}


def test_the_gateway_is_the_one_that_heard_best() -> None:
    heard = [{"gateway_ids": {"gateway_id": "a"}, "snr": -7, "rssi": -40}, {"gateway_ids": {"eui": "B0"}, "snr": 2}]
    assert decode(rx_metadata=heard, decoded_payload={"t": 1}).gateway == "B0"


def test_a_gateway_without_a_clock_leaves_the_time_to_another() -> None:
    heard = [{"snr": 9, "timestamp": 2463457000}, {"snr": 1, "time": "2020-02-12T15:15:45.787Z"}]
    (reading,) = decode(rx_metadata=heard, decoded_payload={"t": 1}, received_at="2020-02-12T15:15:46Z").readings
    assert reading[4] == 1_581_520_545_787


def test_the_time_of_the_settings_goes_first() -> None:
    heard = [{"time": "2020-02-12T15:15:45.800Z"}]
    (reading,) = decode(
        settings={"time": "2020-02-12T15:15:45.787Z"}, rx_metadata=heard, decoded_payload={"t": 1}
    ).readings
    assert reading[4] == 1_581_520_545_787


def test_only_what_has_the_same_name_is_left_to_the_normalised_payload() -> None:
    decoded = decode(
        normalized_payload=[{"air": {"temperature": 20, "relativeHumidity": 40}}],
        decoded_payload={
            "Temperature": 68,
            "board": {"temperature": 95},
            "air_temperature": 68,
            "relative_humidity": 40,
        },
    )
    assert [name for _, name, _, _, _ in decoded.readings] == [
        "air.temperature",
        "air.relativeHumidity",
        "board.temperature",
    ]


def test_a_counter_is_no_time() -> None:
    (reading,) = decode(settings={"timestamp": 2463457000}, decoded_payload={"t": 1}).readings
    assert reading[4] is None


def test_a_time_that_cannot_be_read_is_refused() -> None:
    decoded = decode(received_at="soon", decoded_payload={"t": 1})
    assert not decoded.readings
    assert [reason for reason, _ in decoded.refused] == ["time"]


def test_a_bad_time_of_one_measurement_keeps_the_others() -> None:
    payload = [{"time": "soon", "air": {"co2": 1}}, {"air": {"co2": 2}}]
    decoded = decode(normalized_payload=payload)
    assert [reading[2] for reading in decoded.readings] == [2.0]
    assert [reason for reason, _ in decoded.refused] == ["time"]


def test_the_device_is_in_the_topic_where_the_message_has_none() -> None:
    assert decode(decoded_payload={"t": 1}).readings[0][0] == "dev1"
    assert decode("elsewhere", decoded_payload={"t": 1}).refused[0].reason == "schema"


def test_the_normalised_event_holds_one_measurement() -> None:
    payload = b'{"uplink_normalized": {"normalized_payload": {"air": {"temperature": -21.3}}}}'
    decoded = Tts().decode(Message(UP + "/normalized", payload, ARRIVAL))
    assert decoded.readings == [("dev1", "air.temperature", -21.3, "degC", None)]
