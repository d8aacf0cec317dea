from __future__ import annotations

import pytest

from ingest.decoders.base import Message, Presence
from ingest.decoders.shelly import Shelly
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.shelly import EXAMPLES


class TestShelly(Conformance):
    format = "shelly"
    examples = EXAMPLES


def message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, ARRIVAL)


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("shellies/shelly1-B929CC/online", "shelly1-B929CC"),
        ("shellyplus1pm-a8032abe54dc/online", "shellyplus1pm-a8032abe54dc"),
        ("attic/boiler/online", "attic/boiler"),
    ],
)
def test_online_says_who_is_there(topic: str, device: str) -> None:
    assert Shelly().decode(message(topic, b"true")).presence == [Presence(device, True)]
    assert Shelly().decode(message(topic, b"false")).presence == [Presence(device, False)]


def test_a_clock_that_was_never_set_is_no_time() -> None:
    payload = b'{"src":"s","method":"NotifyStatus","params":{"ts":1.61,"switch:0":{"apower":2}}}'
    assert Shelly().decode(message("s/events/rpc", payload)).readings == [("s", "switch:0.apower", 2.0, "W", None)]


def test_without_a_topic_the_notification_names_the_device() -> None:
    payload = b'{"src":"shellypro1-1","method":"NotifyStatus","params":{"ts":1631186545.04,"switch:0":{"apower":2}}}'
    assert Shelly().decode(message("", payload)).readings[0][0] == "shellypro1-1"


def test_a_meter_counts_its_total_in_watt_hours_and_a_relay_in_watt_minutes() -> None:
    payload = b'{"meters":[{"total":1}],"emeters":[{"total":2}]}'
    decoded = Shelly().decode(message("shellies/x/info", payload))
    assert [reading[3] for reading in decoded.readings] == ["Wmin", "Wh"]


def test_999_is_a_temperature_of_a_boiler_but_not_of_a_sensor_that_is_missing() -> None:
    assert Shelly().decode(message("shellies/x/relay/0/power", b"999")).readings
    assert not Shelly().decode(message("shellies/x/ext_temperature/0", b"999")).readings


@pytest.mark.parametrize("payload", [b"on", b"nan", b"infinity", b"1_000", b"0x10", b"", b"overpower"])
def test_a_text_is_no_number(payload: bytes) -> None:
    decoded = Shelly().decode(message("shellies/x/relay/0", payload))
    assert not decoded.readings
    assert not decoded.refused


def test_a_number_beyond_all_doubles_is_refused() -> None:
    assert Shelly().decode(message("shellies/x/relay/0/power", b"1e999")).refused[0].reason == "not_finite"
