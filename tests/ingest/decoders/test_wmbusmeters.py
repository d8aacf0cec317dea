from __future__ import annotations

import pytest

from ingest.decoders.base import Decoded, Message
from ingest.decoders.wmbusmeters import Wmbusmeters
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.wmbusmeters import EXAMPLES


class TestWmbusmeters(Conformance):
    format = "wmbusmeters"
    examples = EXAMPLES


def decode(payload: bytes) -> Decoded:
    return Wmbusmeters().decode(Message("wmbusmeters/x", payload, 0))


def test_what_the_meter_is_becomes_labels() -> None:
    decoded = decode(b'{"media":"water","meter":"iperl","name":"Tap","id":"33225544"}')
    assert decoded.labels == {"media": "water", "meter": "iperl", "name": "Tap"}


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("total_m3", "m3"),
        ("flow_lh", "L/h"),
        ("voltage_at_phase_1_v", "V"),
        ("flow_temperature_c", "degC"),
        ("total", None),
    ],
)
def test_the_unit_is_at_the_end_of_the_key(key: str, unit: str | None) -> None:
    decoded = decode(b'{"id":"1","%s":5}' % key.encode())
    assert decoded.readings == [("1", key, 5.0, unit, None)]


def test_times_are_no_readings() -> None:
    decoded = decode(b'{"name":"Tap","timestamp_ut":1673680822,"last_seen_ut":1673680000,"total_m3":1}')
    assert decoded.readings == [("Tap", "total_m3", 1.0, "m3", 1_673_680_822_000)]
