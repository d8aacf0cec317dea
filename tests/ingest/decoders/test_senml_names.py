"""Which part of a SenML name is the sensor, what units measure, and what is remembered."""

from __future__ import annotations

import pytest

from ingest.decoders import senml, senml_names
from ingest.decoders.base import Message
from ingest.decoders.senml_units import SECONDARY
from telemetry import units
from tests.ingest.decoders.conformance import grown
from tests.ingest.decoders.example import ARRIVAL


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        ("urn:dev:ow:10e2073a01080063:", "voltage", ("urn:dev:ow:10e2073a01080063", "voltage")),
        ("", "urn:dev:ow:10e2073a01080063:voltage", ("urn:dev:ow:10e2073a01080063", "voltage")),
        ("urn:dev:ow:", "10e2073a01080063", ("urn:dev:ow:10e2073a01080063", None)),
        ("urn:dev:ow:10e2073a01080063", "voltage", ("urn:dev:ow:10e2073a01080063", "voltage")),
        ("", "urn:dev:ow:264437f5000000ed_supply_voltage", ("urn:dev:ow:264437f5000000ed", "supply_voltage")),
        ("urn:dev:os:32473-123456:", "room/temp", ("urn:dev:os:32473-123456:room", "temp")),
        ("", "2001:db8::2", ("2001:db8::2", None)),
        ("2001:db8::", "3", ("2001:db8::3", None)),
        ("2001:db8::2/", "temperature", ("2001:db8::2", "temperature")),
        ("00:24:be:ff:fe:80:", "temp", ("00:24:be:ff:fe:80", "temp")),
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "", ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", None)),
        ("http://gw7/", "temp", ("http://gw7", "temp")),
        ("http://gw7", "", ("http://gw7", None)),
        ("building/3/", "flow", ("building/3", "flow")),
        ("meters/4711", "", ("meters/4711", None)),
        ("pump-7_", "flow", ("pump-7", "flow")),
        ("pump7", "", ("pump7", None)),
        ("", "soil_moisture", ("site/9", "soil_moisture")),
        ("/3303/0/", "5700", ("site/9", "3303.0.5700")),
    ],
)
def test_where_a_name_is_split(base: str, name: str, expected: tuple[str, str | None]) -> None:
    assert senml_names.split("site/9", base, name) == expected


def test_a_path_of_lwm2m_without_a_topic_is_of_a_device_all_the_same() -> None:
    assert senml_names.split("", "/3/0/", "9") == ("device", "3.0.9")


def test_names_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senml_names, "MAX_NAMES", 10)
    decoder = senml.json_decoder()
    for number in range(25):
        payload = b'[{"n":"a:%d.x","v":1},{"n":"a:%d.y","v":2}]' % (number, number)
        expected = [("a", f"{number}.x", 1.0, None, None), ("a", f"{number}.y", 2.0, None, None)]
        assert decoder.decode(Message(f"t/{number}", payload, ARRIVAL)).readings == expected
    assert decoder.remembered() <= 20


def test_long_names_are_not_remembered() -> None:
    messages = [
        Message("t" * 20_000 + str(number), b'[{"bn":"%d%s:","n":"x","v":1}]' % (number, b"b" * 20_000), ARRIVAL)
        for number in range(200)
    ]
    assert grown(senml.json_decoder(), messages) < 100_000


def test_secondary_units_agree_with_ours() -> None:
    compared = 0
    for unit, (primary, scale, offset) in SECONDARY.items():
        if units.known(unit) and units.known(primary):
            assert units.conversion(unit, primary) == pytest.approx((float(scale), offset))
            compared += 1
    assert compared >= 8
