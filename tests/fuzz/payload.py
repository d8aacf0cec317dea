"""Fuzz target `payload`: whatever a device sends, the fast and the careful way must agree.

The input is cut into messages at each byte 0xff (which no UTF-8 holds); all come from one device,
the last one twice. One scanner learns from each message how to read the next; the other one reads
each by `ingest/decoders/native.py`. Readings, refusals, gateways and counters must be the same.
"""

from __future__ import annotations

from typing import Any, Never

import msgspec

from ingest.decoders.native import Decoded
from ingest.devices import Device, Devices
from ingest.scanner import Scanner
from ingest.shapes import Form
from tests.ingest.kit import NOW, publish, rows, scanner

SEPARATOR = b"\xff"
MAX_MESSAGES = 6


def refuse(payload: bytes) -> Never:
    """A typed decoder that finds nothing as usual."""
    raise msgspec.ValidationError("look carefully")


def careful(one: Scanner) -> Scanner:
    """`one`, made to read every message the careful way, though it remembers devices as ever."""
    devices: Devices = one.devices
    learn = devices.learn

    def remember(device: Device, decoded: Decoded) -> None:
        learn(device, decoded)
        if device.topic in devices.entries:
            devices.entries[device.topic] = (refuse, Form.FLEXIBLE, b"", device)

    devices.learn = remember  # type: ignore[method-assign]
    return one


def check(data: bytes) -> None:
    """Raises AssertionError where the two disagree."""
    messages = data.split(SEPARATOR, MAX_MESSAGES)
    quick, slow = scanner(), careful(scanner())
    for number, payload in enumerate([*messages, messages[-1]]):
        packet = publish(payload, packet_id=number + 1)
        found, expected = read(quick, packet), read(slow, packet)
        assert found == expected, f"message {number}, {payload!r}: {found}, but read carefully {expected}"


def read(one: Scanner, packet: bytes) -> dict[str, Any]:
    """One message's result, in terms that both ways share: words may differ, reasons not."""
    scanned = one.scan(packet, NOW)
    assert scanned.error is None
    assert scanned.consumed == len(packet)
    gateways = one.devices.table.gateways
    return {
        "rows": rows(one, [scanned]),
        "gateways": [gateways[number] if number >= 0 else None for number in scanned.readings.gateway.tolist()],
        "refusals": sorted((item.reason, item.readings, item.gateway, item.payload) for item in scanned.refusals),
        "sequences": list(
            zip((gateways[number] for number in scanned.sequences.gateway), scanned.sequences.seq.tolist(), strict=True)
        ),
        "messages": scanned.messages,
    }
