"""What every processor must do: `test_conformance.py` runs this over all of them.

A new processor is one more line in PROCESSORS. Nothing here knows what it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, Processor, State
from processors.detector import Detector
from processors.incidents import IncidentsProcessor
from processors.indicators import IndicatorsProcessor
from processors.ledger import Ledger
from processors.quality import Quality
from processors.signals import Signal
from processors.silence import Silence
from processors.windows import WindowsConfig, WindowsProcessor
from telemetry import flags
from telemetry.batch import Anomalies, IncidentEvents, Incidents, Indicators, Readings, Windows
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.domains.disaster import kit as disaster
from tests.processors.domains.energy import kit as energy
from tests.processors.domains.waste import kit as waste
from tests.processors.domains.water import kit as water

T0 = 1_763_769_600_000
SERIES = 12
WINDOWS = WindowsConfig((10_000, 60_000), 4_000, 20_000, 60_000)

Make = Callable[[SeriesTable, SensorTable, Path], Processor]
PROCESSORS: dict[str, Make] = {
    "quality": lambda table, sensors, folder: Quality(sensors),
    "windows": lambda table, sensors, folder: WindowsProcessor(WINDOWS, table, sensors, folder),
    "detector": lambda table, sensors, folder: Detector(sensors),
    "domains.disaster": disaster.conforming,
    "domains.energy": energy.conforming,
    "domains.water": water.conforming,
    "domains.waste": waste.conforming,
    "silence": lambda table, sensors, folder: Silence(sensors),
    "incidents": lambda table, sensors, folder: Told(table, sensors),
    "indicators": lambda table, sensors, folder: Indicated(table, sensors, folder),
    "ledger": lambda table, sensors, folder: Ledger(table),
}

Input = Readings | TickEntry


class Told:
    """The incidents behind those that speak to them, and a detector of spikes that speaks often."""

    name = "incidents"

    def __init__(self, table: SeriesTable, sensors: SensorTable) -> None:
        self.parts: dict[str, Processor] = {
            "detector": Detector(sensors),
            "silence": Silence(sensors),
            "spikes": Spikes(),
            "incidents": IncidentsProcessor(table),
        }

    def process(self, readings: Readings, out: Outputs) -> Readings:
        for part in self.parts.values():
            readings = part.process(readings, out)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        for part in self.parts.values():
            part.tick(tick, out)

    def snapshot(self) -> State:
        return {f"{name}.{key}": array for name, part in self.parts.items() for key, array in part.snapshot().items()}

    def restore(self, state: State) -> None:
        for name, part in self.parts.items():
            part.restore({key.removeprefix(f"{name}."): state[key] for key in state if key.startswith(f"{name}.")})


class Indicated(Told):
    """The indicators behind those that they ask, told every five seconds."""

    name = "indicators"

    def __init__(self, table: SeriesTable, sensors: SensorTable, folder: Path) -> None:
        super().__init__(table, sensors)
        analytics, incidents = water.conforming(table, sensors, folder), IncidentsProcessor(table)
        self.parts |= {
            "windows": WindowsProcessor(WINDOWS, table, sensors, folder),
            "water": analytics,
            "incidents": incidents,
        }
        self.parts["indicators"] = IndicatorsProcessor(
            table, sensors, [analytics], incidents, WINDOWS.lengths[0], every=60_000
        )


class Spikes:
    """Any kind at any place: what a value is worth as a signal."""

    name = "spikes"

    def process(self, readings: Readings, out: Outputs) -> Readings:
        rows = np.flatnonzero(readings.value % 1 > 0.45)
        for series, time, value in zip(
            readings.series[rows].tolist(), readings.time[rows].tolist(), readings.value[rows].tolist(), strict=True
        ):
            kind = ("burst", "quake", "tide", "sensor-fault", "water-pressure", "bin-fire")[series % 6]
            active = value % 1 > 0.55
            out.signals.append(
                Signal(kind, ("3578", "water", "z"), "", series, time, active, series % 3, value, 0.9, "r")
            )
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        """Nothing depends on time."""

    def snapshot(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """Nothing to take back."""


def city() -> tuple[SeriesTable, SensorTable]:
    """Four devices with three series each; the first has limits, one counts, one has an interval."""
    table = SeriesTable()
    sensors = []
    for number in range(SERIES):
        quantity = ("flow", "volume", "pressure")[number % 3]
        identity = Identity("3578", "water", "z", f"d{number // 3}", quantity)
        table.intern(identity)
        if number < 3:
            sensors.append(Sensor(identity, min=-50, max=150, low=0, high=120, interval=2_000 * number))
    return table, SensorTable(table, sensors)


def stream(seed: int, rounds: int, broken: Sequence[float] = ()) -> list[Input]:
    """Readings in mild disorder with repeats, spikes and failures; a tick after each round."""
    random = np.random.default_rng(seed)
    inputs: list[Input] = []
    for number in range(rounds):
        now = T0 + 5_000 * number
        size = int(random.integers(1, 40))
        time = now - random.choice([0, 1_000, 3_000, 8_000, 30_000], size, p=[0.5, 0.2, 0.2, 0.05, 0.05])
        value = np.round(random.normal(50, 3, size), 1)
        value[random.random(size) < 0.05] = 500.0
        if broken:
            value[random.random(size) < 0.2] = random.choice(broken)
        inputs.append(
            Readings(
                series=random.integers(0, SERIES, size).astype(np.int32),
                time=time,
                value=value,
                flags=np.where(random.random(size) < 0.1, flags.FAIL, 0).astype(np.uint32),
                arrival=np.full(size, now),
                gateway=np.full(size, -1, np.int32),
            )
        )
        inputs.append(TickEntry(now + 1_000, T0))
    return inputs


def recut(inputs: Sequence[Input], size: int) -> list[Input]:
    """The same inputs, in batches of `size` readings between ticks."""
    cut: list[Input] = []
    for item in inputs:
        if isinstance(item, Readings):
            cut += [item.take(slice(begin, begin + size)) for begin in range(0, len(item), size)]
        else:
            cut.append(item)
    return cut


@dataclass
class Results:
    """What is left in the end, however it came about."""

    flags: list[int] = field(default_factory=list)
    windows: dict[tuple[int, int, int], tuple[Any, ...]] = field(default_factory=dict)
    anomalies: list[tuple[Any, ...]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    signals: list[tuple[Any, ...]] = field(default_factory=list)
    incidents: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    indicators: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)

    def feed(self, processor: Processor, inputs: Sequence[Input]) -> None:
        for item in inputs:
            out = Outputs()
            if isinstance(item, Readings):
                self.flags += processor.process(item, out).flags.tolist()
            else:
                processor.tick(item, out)
            for rows in out.windows:
                self._windows(rows)
            for found in out.anomalies:
                self._anomalies(found)
            self.signals += [tuple(map(repr, signal)) for signal in out.signals]
            for incidents in out.incidents:
                self.incidents |= {row[6]: row for row in _rows(incidents)}
            for events in out.incident_events:
                self.events += _rows(events)
            for indicators in out.indicators:
                self.indicators |= {(row[0], *row[4:9]): row for row in _rows(indicators)}
            for name, number in out.counts.items():
                self.counts[name] = self.counts.get(name, 0) + number

    def _windows(self, rows: Windows) -> None:
        names = [name for name in Windows.__slots__ if name not in ("length", "series", "start")]
        columns = zip(*(getattr(rows, name).tolist() for name in names), strict=True)
        for series, start, values in zip(rows.series.tolist(), rows.start.tolist(), columns, strict=True):
            self.windows[rows.length, series, start] = tuple(map(repr, values))

    def _anomalies(self, found: Anomalies) -> None:
        self.anomalies += _rows(found)

    def final(self) -> tuple[Any, ...]:
        told = self.incidents, self.events, self.indicators
        return self.flags, self.windows, sorted(self.anomalies), sorted(self.signals), told, self.counts


def _rows(batch: Anomalies | Incidents | IncidentEvents | Indicators) -> list[tuple[Any, ...]]:
    columns = [list(getattr(batch, name)) for name in type(batch).__slots__]
    return [tuple(map(repr, row)) for row in zip(*columns, strict=True)]


def copied(state: State) -> State:
    return {name: array.copy() for name, array in state.items()}


def same(one: State, other: State) -> bool:
    """Bit for bit, type for type."""
    return list(one) == list(other) and all(
        array.dtype == other[name].dtype
        and array.shape == other[name].shape
        and array.tobytes() == other[name].tobytes()
        for name, array in one.items()
    )


def size_of(state: State) -> int:
    return sum(array.nbytes for array in state.values())
