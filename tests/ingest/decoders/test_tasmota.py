from __future__ import annotations

import pytest

from ingest.decoders.base import Message, Presence
from ingest.decoders.tasmota import Tasmota
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.tasmota import EXAMPLES


class TestTasmota(Conformance):
    format = "tasmota"
    examples = EXAMPLES


def times(timezone: str, payload: bytes) -> list[int | None]:
    decoded = Tasmota(timezone).decode(Message("tele/plug/SENSOR", payload, ARRIVAL))
    return [reading[4] for reading in decoded.readings]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        (b'"2021-11-06T10:00:00"', 1_636_167_600_000),
        (b'"2021.11.06 10:00:00"', 1_636_167_600_000),
        (b'"2021-11-06T10:00:00+00:00"', 1_636_192_800_000),
        (b"1636192800", 1_636_192_800_000),
        (b"1636192800250", 1_636_192_800_250),
    ],
)
def test_a_time_without_a_zone_is_local(written: bytes, time: int) -> None:
    assert times("Asia/Jakarta", b'{"Time":%s,"ENERGY":{"Power":1}}' % written) == [time]


def test_a_time_that_cannot_be_read_is_refused() -> None:
    decoded = Tasmota().decode(Message("tele/plug/SENSOR", b'{"Time":"noon","ENERGY":{"Power":1}}', ARRIVAL))
    assert not decoded.readings
    assert decoded.refused[0].reason == "time"


@pytest.mark.parametrize(("payload", "online"), [(b"Online", True), (b"Offline", False)])
def test_the_last_will_says_who_is_there(payload: bytes, online: bool) -> None:
    decoded = Tasmota().decode(Message("tele/plug/LWT", payload, ARRIVAL))
    assert decoded.presence == [Presence("plug", online)]


def test_another_last_will_is_refused() -> None:
    assert Tasmota().decode(Message("tele/plug/LWT", b"gone", ARRIVAL)).refused[0].reason == "schema"


@pytest.mark.parametrize(
    ("topic", "device"),
    [
        ("tele/plug/SENSOR", "plug"),
        ("tele/home/cellar/plug/SENSOR", "home/cellar/plug"),
        ("tasmota/bedroom/plug/tele/SENSOR", "bedroom/plug"),
        ("penthouse/plug/tele/SENSOR", "penthouse/plug"),
    ],
)
def test_the_prefix_may_stand_anywhere(topic: str, device: str) -> None:
    assert Tasmota().decode(Message(topic, b'{"ANALOG":{"A0":1}}', ARRIVAL)).readings[0][0] == device


def test_pressure_and_wind_come_in_the_units_that_the_message_says() -> None:
    payload = (
        b'{"BME280":{"Pressure":740.1,"SeaPressure":760},"TX23":{"Speed":{"Act":3}},'
        b'"PressureUnit":"mmHg","SpeedUnit":"kn"}'
    )
    units = [reading[3] for reading in Tasmota().decode(Message("tele/plug/SENSOR", payload, ARRIVAL)).readings]
    assert units == ["mmHg", "mmHg", "kn"]


def test_zigbee_measures_in_degrees_celsius_where_the_bridge_says_nothing() -> None:
    body = b'{"ZbReceived":{"0x4B7C":{"Device":"0x4B7C","Temperature":21.5,"Humidity":40.1}}}'
    found = Tasmota().decode(Message("tele/bridge/SENSOR", body, 0)).readings
    assert [(name, unit) for _, name, _, unit, _ in found] == [
        ("ZbReceived.0x4B7C.Temperature", "C"),
        ("ZbReceived.0x4B7C.Humidity", "%"),
    ]
