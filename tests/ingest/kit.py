"""Shared by the tests of ingest: packets, a scanner with known limits, and what came out in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from ingest import wire
from ingest.build import build_scanner
from ingest.scanner import Scanned, Scanner
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import SeriesTable

NOW = 1_795_276_800_000
"""2026-11-21T16:00:00Z"""
VERSIONS = pytest.mark.parametrize("version", [wire.V311, wire.V5])
NAMES = {wire.V311: "3.1.1", wire.V5: "5"}
"""As settings name them."""
TOPIC = "nadi/v1/3578/water/zone-1/meter-1"

Row = tuple[str, int, float, int]
"""domain/zone/device/quantity, time, value, flags."""


def text(payload: Any) -> bytes:
    """JSON as a device would send it; bytes as they are."""
    return payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()


def publish(payload: Any, topic: str = TOPIC, packet_id: int = 1, version: int = wire.V5, head: int = 0x32) -> bytes:
    """A PUBLISH; head: its first byte (0x30 QoS 0, 0x32 QoS 1, 0x33 QoS 1 retained)."""
    raw = wire.publish(version, topic, text(payload), qos=head >> 1 & 3, packet_id=packet_id)
    return bytes((head,)) + raw[1:]


def scanner(
    version: int = wire.V5, sensors: Iterable[Sensor] = (), *, max_series: int = 1000, **options: Any
) -> Scanner:
    table = SeriesTable(max_series)
    made = build_scanner(table, SensorTable(table, sensors), **{"gateway_rate": 1_000_000, **options})
    made.reset(version)
    return made


def rows(scanner: Scanner, scanned: Iterable[Scanned]) -> list[Row]:
    """The readings, in order."""
    table, found = scanner.devices.table, []
    for one in scanned:
        readings = one.readings
        for row in range(len(readings)):
            identity = table.identities[int(readings.series[row])]
            assert identity is not None
            name = "/".join(identity[1:])
            found.append((name, int(readings.time[row]), float(readings.value[row]), int(readings.flags[row])))
    return found


def refusals(scanned: Iterable[Scanned]) -> list[tuple[str, int, bytes]]:
    """reason, readings, payload; sorted, for the order between reasons means nothing."""
    return sorted((item.reason, item.readings, item.payload) for one in scanned for item in one.refusals)


def take(scanner: Scanner, *payloads: Any, topic: str = TOPIC, now: int = NOW) -> tuple[list[Row], dict[str, int]]:
    """Scan messages from one device in one buffer: the rows, and the number of readings refused by reason."""
    data = b"".join(publish(payload, topic, number + 1) for number, payload in enumerate(payloads))
    scanned = scanner.scan(data, now)
    assert scanned.consumed == len(data)
    assert scanned.packet_ids.tolist() == list(range(1, len(payloads) + 1))
    reasons: dict[str, int] = {}
    for refusal in scanned.refusals:
        reasons[refusal.reason] = reasons.get(refusal.reason, 0) + refusal.readings
    return rows(scanner, [scanned]), reasons


def feed(scanner: Scanner, data: bytes, cuts: Sequence[int], now: int = NOW) -> list[Scanned]:
    """Scan `data` as it would come off a socket in pieces that end at `cuts`."""
    results, buffer, at = [], b"", 0
    for cut in [*sorted(cuts), len(data)]:
        buffer += data[at:cut]
        at = cut
        while True:
            scanned = scanner.scan(buffer, now)
            results.append(scanned)
            buffer = buffer[scanned.consumed :]
            if scanned.error is not None:
                return results
            if not scanned.consumed:
                break
    return results
