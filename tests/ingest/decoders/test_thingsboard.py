from __future__ import annotations

from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.thingsboard import Thingsboard
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.thingsboard import EXAMPLES


class TestThingsboard(Conformance):
    format = "thingsboard"
    examples = EXAMPLES


def decode(topic: str, payload: bytes) -> Decoded:
    return Thingsboard().decode(Message(topic, payload, 0))


def test_a_gateway_tells_which_device_is_there() -> None:
    decoded = decode("v1/gateway/connect", b'{"device":"Device A"}')
    assert decoded.presence == [Presence("gateway", True, "Device A")]
    assert decode("v1/gateway/disconnect", b'{"device":"Device A"}').presence == [
        Presence("gateway", False, "Device A")
    ]
    assert [refused.reason for refused in decode("v1/gateway/connect", b"[]").refused] == ["schema"]


def test_a_device_may_be_named_by_its_topic() -> None:
    assert decode("v1/devices/pump7/telemetry", b'{"p": 3}').readings == [("pump7", "p", 3.0, None, None)]


def test_a_payload_without_a_topic_is_known_by_its_shape() -> None:
    assert decode("", b'{"Device A": [{"ts": 5, "values": {"p": 3}}]}').readings == [("Device A", "p", 3.0, None, 5)]
    assert decode("", b'{"p": [3]}').readings == [("me", "p.0", 3.0, None, None)]


def test_values_without_a_time_and_keys_that_are_called_so() -> None:
    topic = "v1/devices/me/telemetry"
    assert decode(topic, b'{"values": {"p": 3}}').readings == [("me", "p", 3.0, None, None)]
    assert decode(topic, b'{"ts": 5, "p": 3}').readings == [("me", "ts", 5.0, None, None), ("me", "p", 3.0, None, None)]


def test_what_is_no_telemetry_is_silent() -> None:
    for topic in ("v1/devices/me/rpc/request/1", "v1/gateway/rpc", "v2/a", "v1/devices/me/attributes/request/1"):
        assert decode(topic, b'{"p": 3}') == Decoded()
