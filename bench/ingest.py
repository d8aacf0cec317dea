"""Microseconds of CPU per message for the ingest step alone: scan, decode, columns, checks.

    python -m bench.ingest

Messages are PUBLISH packets at QoS 1 from 10,000 devices in random order, as a broker would
interleave them, handed over in buffers of 256 kB.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any

import msgspec

from ingest import wire
from ingest.build import build_scanner
from ingest.scanner import Scanner
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

DEVICES = 10_000
MESSAGES = 50_000
NOW = 1_763_769_600_000
BUFFER = 262_144
PASSES = 15


def payload(form: str, rng: random.Random, at: int) -> bytes:
    """A message as a device of this form would send it."""

    def number() -> float:
        return round(rng.random() * 400, 2)

    reading: Any = {"ts": NOW - 600_000 + at, "values": {"flow": number()}}
    if form == "three":
        reading["values"] |= {"pressure": number(), "level": number()}
    elif form == "packed":
        reading = [{"ts": NOW - 600_000 + 10 * at + i, "values": {"flow": number()}} for i in range(10)]
    elif form == "signed":
        reading |= {"gw": f"gw-{at % 7:03d}", "seq": at}
    elif form == "single":
        reading = {"ts": reading["ts"], "quantity": "flow", "value": number(), "unit": "m3/h"}
    elif form == "rfc3339":
        reading["ts"] = f"2025-11-21T23:5{at % 10}:{at % 60:02d}.{at % 1000:03d}Z"
    return json.dumps(reading, separators=(",", ":")).encode()


def packets(version: int, form: str, messages: int = MESSAGES) -> bytes:
    rng = random.Random(1)
    order = [*range(DEVICES), *(rng.randrange(DEVICES) for _ in range(messages - DEVICES))]
    joined = []
    for at, device in enumerate(order):
        topic = f"nadi/v1/3578/water/zone-{device % 50:02d}/meter-{device:05d}"
        body = payload(form, rng, device % 7 if form == "signed" else at)
        joined.append(wire.publish(version, topic, body, qos=1, packet_id=at % 65_535 + 1))
    return b"".join(joined)


def consume(scanner: Scanner, data: bytes) -> tuple[int, list[float]]:
    """Scan all of `data` in buffers: the number of readings, and the CPU seconds of each buffer."""
    at, readings, seconds = 0, 0, []
    while at < len(data):
        piece = data[at : at + BUFFER]
        began = time.process_time()
        scanned = scanner.scan(piece, NOW)
        seconds.append(time.process_time() - began)
        assert scanned.consumed
        assert not scanned.refusals, scanned.refusals[:3]
        at += scanned.consumed
        readings += len(scanned.readings)
    return readings, seconds


def measure(version: int, form: str) -> tuple[float, float]:
    """(us per message, us per reading) over devices already known: for each buffer the best of several
    passes, so that what else runs on the machine counts little."""
    table = SeriesTable()
    scanner = build_scanner(table, SensorTable(table), gateway_rate=1_000_000_000)
    scanner.reset(version)
    data = packets(version, form)
    readings, _ = consume(scanner, data)
    passes = [consume(scanner, data)[1] for _ in range(PASSES)]
    best = sum(map(min, zip(*passes, strict=True)))
    return best / MESSAGES * 1e6, best / readings * 1e6


def reference() -> float:
    """us of msgspec for one payload alone: what this machine, as busy as it is, can do at best."""
    decode = msgspec.json.Decoder(_Message).decode
    payloads = [payload("one", random.Random(1), at) for at in range(2000)]
    best = float("inf")
    for _ in range(50):
        began = time.process_time()
        for one in payloads:
            decode(one)
        best = min(best, time.process_time() - began)
    return best / len(payloads) * 1e6


class _Values(msgspec.Struct, gc=False):
    flow: float


class _Message(msgspec.Struct, gc=False):
    ts: int
    values: _Values


def run() -> dict[str, Any]:
    """{protocol: {form: {"us_per_message", "us_per_reading"}}}, and the reference."""
    results: dict[str, Any] = {
        name: {
            form: dict(zip(("us_per_message", "us_per_reading"), measure(version, form), strict=True))
            for form in ("one", "three", "packed", "signed", "single", "rfc3339")
        }
        for name, version in (("3.1.1", wire.V311), ("5", wire.V5))
    }
    return results | {"msgspec_us": reference()}


if __name__ == "__main__":
    results = run()
    print(f"msgspec alone: {results.pop('msgspec_us'):.2f} us/message")
    for protocol, forms in results.items():
        for form, cost in forms.items():
            message, reading = cost["us_per_message"], cost["us_per_reading"]
            print(f"MQTT {protocol:6} {form:8} {message:6.2f} us/message {reading:6.2f} us/reading")
