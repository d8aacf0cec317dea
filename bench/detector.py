"""CPU per reading of quality, detector and ledger: `python -m bench.detector`."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from journal.entries import ReadingsEntry
from processors.base import Outputs, Processor
from processors.detector import Detector
from processors.ledger import Ledger
from processors.quality import Quality
from telemetry.batch import Readings, Sequences
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

BATCH = 8_192
ROUNDS = 60
WARM_UP = 60
GATEWAYS = 200
KINDS = (("water", "pressure"), ("energy", "voltage"), ("water", "flow"), ("disaster", "river_level"))


def _tables(series: int) -> SensorTable:
    table = SeriesTable()
    sensors = []
    for number in range(series):
        domain, quantity = KINDS[number % len(KINDS)]
        identity = Identity("3578", domain, f"z{number % 31}", f"d{number}", quantity)
        table.intern(identity)
        sensors.append(Sensor(identity, min=-1e3, max=1e4, low=0.0, high=1e3))
    for number in range(GATEWAYS):
        table.intern_gateway(f"gw-{number}")
    return SensorTable(table, sensors)


def _batches(series: int, count: int, rng: np.random.Generator) -> list[Readings]:
    """Sensors in an order that is shuffled anew on every round of all of them."""
    rounds = -(-count * BATCH // series)
    order = np.concatenate([rng.permutation(series) for _ in range(rounds)])[: count * BATCH].astype(np.int32)
    when = 1_763_769_600_000 + np.arange(len(order)) * 10_000 // series
    value = 300 + 5 * rng.normal(size=len(order)).round(2)
    flags = np.zeros(len(order), np.uint32)
    whole = Readings(order, when, value, flags, when, (order % GATEWAYS).astype(np.int32))
    return [whole.take(slice(at, at + BATCH)) for at in range(0, len(order), BATCH)]


def _sequences(batches: list[Readings]) -> list[Sequences]:
    """A seq for every reading, counted by each gateway."""
    sent = np.zeros(GATEWAYS, np.int64)
    made = []
    for batch in batches:
        order = np.argsort(batch.gateway, kind="stable")
        gateway = batch.gateway[order]
        nth = np.arange(len(gateway)) - np.searchsorted(gateway, gateway)
        seq = np.empty(len(gateway), np.int64)
        seq[order] = sent[gateway] + nth + 1
        sent += np.bincount(gateway, minlength=GATEWAYS)
        made.append(Sequences(batch.gateway, seq))
    return made


def measure(series: int) -> dict[str, float]:
    """Microseconds of CPU per reading, by processor: the median over batches."""
    rng = np.random.default_rng(1)
    sensors = _tables(series)
    ledger = Ledger(sensors.table)
    warm_up = max(WARM_UP, 130 * series // BATCH)
    batches = _batches(series, warm_up + ROUNDS, rng)
    sequences = _sequences(batches)
    chain: list[Processor] = [Quality(sensors), Detector(sensors, "en"), ledger]
    spent: dict[str, list[float]] = {processor.name: [] for processor in chain}
    for number, (batch, numbers) in enumerate(zip(batches, sequences, strict=True)):
        if number == warm_up:
            spent = {name: [] for name in spent}
        out = Outputs()
        readings = batch
        start = time.process_time()
        ledger.note(ReadingsEntry(batch, sequences=numbers, messages=BATCH))
        noting = time.process_time() - start
        for processor in chain:
            start = time.process_time()
            readings = processor.process(readings, out)
            spent[processor.name].append(time.process_time() - start)
        spent[ledger.name][-1] += noting
    told = {name: round(1e6 * float(np.median(seconds)) / BATCH, 4) for name, seconds in spent.items()}
    kept = sum(array.nbytes for array in chain[1].snapshot().values())
    return {**told, "detector bytes per series": round(kept / series)}


def run() -> dict[str, Any]:
    """CPU in us per reading, and the detector's state, at 10,000 and 100,000 series."""
    return {"us_per_reading": {str(series): measure(series) for series in (10_000, 100_000)}}


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
