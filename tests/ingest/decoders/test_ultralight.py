from __future__ import annotations

import pytest

from ingest.decoders.base import Decoded, Message
from ingest.decoders.ultralight import Ultralight, looks_like
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.ultralight import EXAMPLES


class TestUltralight(Conformance):
    format = "ultralight"
    examples = EXAMPLES


def decode(topic: str, payload: bytes) -> Decoded:
    return Ultralight().decode(Message(topic, payload, 0))


def test_the_service_is_a_label() -> None:
    assert decode("/ul/ABCDEF/bin7/attrs", b"t|1").labels == {"group": "ABCDEF"}


def test_a_payload_without_a_topic_is_of_some_device() -> None:
    assert decode("", b"t|1").readings == [("device", "t", 1.0, None, None)]


@pytest.mark.parametrize("payload", [b"t|+1.5", b"t|1.5 ", b"|t|1.5", b"t|15e-1", b"t|1.5\n"])
def test_ways_to_write_a_number(payload: bytes) -> None:
    assert decode("/ul/k/d/attrs", payload).readings == [("d", "t", 1.5, None, None)]


@pytest.mark.parametrize("payload", [b"t|0x10", b"t|1_000", b"t|1,5", b"t|", b"t|true", b"t|1 2"])
def test_what_is_a_text(payload: bytes) -> None:
    assert decode("/ul/k/d/attrs", payload) == Decoded(labels={"group": "k"})


def test_the_json_of_another_iot_agent_is_not_taken_for_it() -> None:
    assert not looks_like(Message("/ul/k/d/attrs", b'{"t": 1}', 0))
    assert looks_like(Message("/ul/k/d/attrs", b"t|1", 0))
    assert not looks_like(Message("", b"t|1", 0))
