"""CPU of other formats' messages beside nadi's own, all of ingest: scan, decode, map, columns, checks.

    python -m bench.foreign

Each format's message is sent by 1,000 devices in turn; nadi's own has as many readings in it, in the form
that suits: one object, or beside SenML and line protocol an array. For formats without a message made for this
bench, the published example with the most readings is sent again and again. The decoders alone: bench/formats.py.
"""

from __future__ import annotations

import importlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import cbor2

from bench.ingest import BUFFER, NOW
from config.settings import DecoderSettings
from ingest import wire
from ingest.build import build_scanner
from ingest.decoders.table import FORMATS, Forgetful, Options
from ingest.scanner import Scanner
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

DEVICES = 1_000
MESSAGES = 10_000
PASSES = 5
PACK = 10
LATER = 10 * 365 * 86_400_000
"""Beyond our clock, ms: examples are of many years."""

Sent = tuple[str, bytes]
"""topic, payload"""


def senml(device: int, rng: random.Random) -> list[dict[str, Any]]:
    """A pack as RFC 8428 recommends it: the base in the first record."""
    records = [{"n": "power", "t": -at, "v": round(rng.random() * 400, 2)} for at in range(PACK)]
    return [{"bn": f"urn:dev:mac:{device:012x}:", "bt": NOW / 1000, "bu": "W", **records[0]}, *records[1:]]


def senml_json(device: int, rng: random.Random) -> Sent:
    return f"meters/{device}", json.dumps(senml(device, rng), separators=(",", ":")).encode()


def senml_cbor(device: int, rng: random.Random) -> Sent:
    labels = {"bn": -2, "bt": -3, "bu": -4, "n": 0, "t": 6, "v": 2}
    pack = [{labels[key]: value for key, value in record.items()} for record in senml(device, rng)]
    return f"meters/{device}", cbor2.dumps(pack)


def chirpstack(device: int, rng: random.Random) -> Sent:
    """An uplink with all that ChirpStack 4 sends, and three values of a sensor."""
    eui = f"{device:016x}"
    gateway = {
        "gatewayId": "0016c001f153a14c",
        "uplinkId": rng.randrange(2**32),
        "nsTime": "2025-11-21T23:49:58.123+00:00",
        "rssi": -36,
        "snr": 10.5,
        "channel": 2,
        "rfChain": 1,
        "location": {"latitude": -7.25, "longitude": 112.75},
        "context": "EFwMtA==",
        "metadata": {"region_config_id": "as923_2", "region_common_name": "AS923_2"},
        "crcStatus": "CRC_OK",
    }
    body = {
        "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
        "time": "2025-11-21T23:50:00.123456+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "Kota",
            "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
            "applicationName": "Meter",
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
            "deviceProfileName": "Meter",
            "deviceName": f"meter {device}",
            "devEui": eui,
            "tags": {"zone": "north"},
        },
        "devAddr": "00189440",
        "adr": True,
        "dr": 1,
        "fCnt": 4,
        "fPort": 1,
        "confirmed": False,
        "data": "AQIDBAUGBwg=",
        "object": {"flow": rng.random(), "pressure": rng.random() * 400, "level": rng.random()},
        "rxInfo": [gateway],
        "txInfo": {"frequency": 923200000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11}}},
    }
    topic = f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{eui}/event/up"
    return topic, json.dumps(body, separators=(",", ":")).encode()


def influx(device: int, rng: random.Random) -> Sent:
    lines = [f"meter,device=m{device} flow={rng.random() * 400:.2f} {(NOW - at) * 1_000_000}" for at in range(PACK)]
    return f"influx/{device}", "\n".join(lines).encode()


PACKED = frozenset(("senml-json", "senml-cbor", "influx"))
"""Beside which nadi's own array stands."""
MADE = {"senml-json": senml_json, "senml-cbor": senml_cbor, "chirpstack": chirpstack, "influx": influx}
TOPICS = {
    "senml-json": "meters/+",
    "senml-cbor": "meters/+",
    "chirpstack": "application/+/device/+/event/up",
    "influx": "influx/+",
}


def messages(form: str) -> tuple[list[Sent], Options]:
    """What is sent of a format, once round."""
    rng = random.Random(1)
    if form in MADE:
        return [MADE[form](device, rng) for device in range(DEVICES)], Options()
    examples = importlib.import_module(f"tests.ingest.decoders.examples.{form.replace('-', '_')}").EXAMPLES
    mapping = examples[0].options.mapping
    usable = [each for each in examples if each.options.mapping == mapping and not each.refused]
    best = max(usable, key=lambda each: len(each.readings) / len(each.messages)).messages
    return list(best) * (DEVICES // len(best)), Options(mapping=mapping)


def native(readings: int, *, packed: bool) -> Iterator[Sent]:
    """nadi's own messages with so many readings."""
    rng = random.Random(1)
    for device in range(DEVICES):
        body: Any
        if packed:
            body = [{"ts": NOW - at, "values": {"flow": round(rng.random(), 3)}} for at in range(readings)]
        else:
            body = {"ts": NOW, "values": {f"q{at}": round(rng.random(), 3) for at in range(readings)}}
        yield f"nadi/v1/3578/water/zone/meter-{device:05d}", json.dumps(body, separators=(",", ":")).encode()


def scanner(form: str | None, topics: Sequence[str], options: Options) -> Scanner:
    """With a rule for `form`, or with none."""
    rules: list[DecoderSettings] = []
    if form is not None:
        told = {"format": form, "topics": topics, "city": "3578", "domain": "energy", "mapping": options.mapping}
        rules.append(DecoderSettings.model_validate(told))
    table = SeriesTable()
    made = build_scanner(
        table,
        SensorTable(table),
        gateway_rate=1_000_000_000,
        max_future=LATER,
        decoders=rules,
        memory=Forgetful(),
    )
    made.reset(wire.V5)
    return made


def cost(one: Scanner, sent: Sequence[Sent]) -> tuple[float, float]:
    """us of CPU per message, and readings per message, over devices already known."""
    around = max(1, MESSAGES // len(sent))
    data = b"".join(wire.publish(wire.V5, topic, body, qos=1, packet_id=1) for topic, body in sent) * around
    best, readings = float("inf"), 0
    for _ in range(1 + PASSES):
        at, readings, began = 0, 0, time.process_time()
        while at < len(data):
            scanned = one.scan(data[at : at + BUFFER], NOW)
            at += scanned.consumed
            readings += len(scanned.readings)
        best = min(best, time.process_time() - began)
    count = len(sent) * around
    return best / count * 1e6, readings / count


def measure(form: str, single: float) -> dict[str, float]:
    """single: us of nadi's own message with one reading."""
    sent, options = messages(form)
    topics = [TOPICS[form]] if form in MADE else sorted({topic for topic, _ in sent})
    message, readings = cost(scanner(form, topics, options), sent)
    alike, own = cost(scanner(None, (), options), list(native(max(1, round(readings)), packed=form in PACKED)))
    reading = message / readings
    return {
        "readings a message": readings,
        "us a message": message,
        "us a reading": reading,
        "times nadi's own of one reading": reading / single,
        "times nadi's own of as many": reading / (alike / own),
    }


def run() -> dict[str, Any]:
    """{format: what `measure` found}, and us of nadi's own message with one reading."""
    single, _ = cost(scanner(None, (), Options()), list(native(1, packed=False)))
    return {"nadi's own, one reading": {"us a message": single}} | {form: measure(form, single) for form in FORMATS}


if __name__ == "__main__":
    for name, found in run().items():
        print(f"{name:24}", *(f"{key} {value:7.2f}" for key, value in found.items()))
