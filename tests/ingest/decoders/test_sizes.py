"""A megabyte that is meant to hurt one decoder in particular is over within a second, and bounded."""

from __future__ import annotations

import pytest

from ingest.decoders.base import MAX_READINGS, Message
from ingest.decoders.table import FORMATS, Options
from tests.cpu import at_most

UL = "/ul/k/d/attrs"
STA = "v1.1/Datastreams(1)/Observations"
GATEWAY = "v1/gateway/telemetry"


def _repeated(before: bytes, piece: bytes, after: bytes) -> bytes:
    return before + b",".join([piece] * (1_000_000 // (len(piece) + 1))) + after


HEAVY = {
    "ultralight, a number of digits": ("ultralight", f"{UL}/x", b"9" * 1_000_000),
    "ultralight, digits that end in a letter": ("ultralight", f"{UL}/x", b"9" * 1_000_000 + b"x"),
    "ultralight, blanks": ("ultralight", f"{UL}/x", b" " * 1_000_000 + b"x"),
    "ultralight, empty groups": ("ultralight", UL, b"#" * 1_000_000),
    "ultralight, groups of halves": ("ultralight", UL, b"a#" * 500_000),
    "ultralight, bars": ("ultralight", UL, b"a|1|" * 250_000),
    "sensorthings, empty rows": (
        "sensorthings",
        STA,
        _repeated(b'{"components":["result"],"dataArray":[', b"[]", b"]}"),
    ),
    "sensorthings, rows": ("sensorthings", STA, _repeated(b'{"components":["result"],"dataArray":[', b"[1]", b"]}")),
    "sensorthings, streams": ("sensorthings", STA, _repeated(b'{"Datastreams":[', b'{"Observations":1}', b"]}")),
    "sensorthings, one result": ("sensorthings", STA, _repeated(b'{"result":[', b"1", b"]}")),
    "ngsi-ld, instances": ("ngsi-ld", "x", _repeated(b'{"id":"a","x":[', b'{"value":1,"observedAt":1}', b"]}")),
    "ngsi-ld, empty instances": ("ngsi-ld", "x", _repeated(b'{"id":"a","x":[', b"{}", b"]}")),
    "ngsi-ld, pairs": ("ngsi-ld", "x", _repeated(b'{"id":"a","x":{"type":"Property","values":[', b"[1,1]", b"]}}")),
    "ngsi-ld, entities": ("ngsi-ld", "x", _repeated(b'{"data":[', b"{}", b'],"type":"Notification"}')),
    "thingsboard, empty records": ("thingsboard", GATEWAY, _repeated(b'{"a":[', b"[]", b"]}")),
    "thingsboard, a long name": ("thingsboard", GATEWAY, _repeated(b'{"' + b"a" * 400_000 + b'":[', b'{"k":1}', b"]}")),
    "wmbusmeters, telegrams": ("wmbusmeters", "x", _repeated(b"[", b"{}", b"]")),
    "wmbusmeters, values": ("wmbusmeters", "x", _repeated(b'{"id":"a","x_m3":[', b"1", b"]}")),
}


@pytest.mark.parametrize(("name", "topic", "payload"), HEAVY.values(), ids=HEAVY)
def test_is_over_within_a_second(name: str, topic: str, payload: bytes) -> None:
    decoder, message = FORMATS[name].make(Options()), Message(topic, payload, 0)
    with at_most(1.0):
        decoded = decoder.decode(message)
    assert max(len(decoded.readings), len(decoded.refused)) <= MAX_READINGS
    assert sum(len(refused.detail) for refused in decoded.refused) < 20_000_000
