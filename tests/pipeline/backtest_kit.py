"""A shortened shipped scenario, run offline, and what the sinks would have stored of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import HistorianSettings, Settings
from pipeline.offline.run import Offline
from processors.base import Outputs
from simulators.scenarios import find_scenario, load_scenario, open_scenario
from simulators.sensors_file import write_sensors
from sinks.base import Delivery, Sink, Written
from sinks.historian import Historian
from telemetry.batch import Readings
from telemetry.series import SeriesTable

HOUR = 3_600_000
TICK = 180_000
"""ms; a round costs some 2 ms, however little is in it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """start, end: ms. catalogue: a CSV file. deliveries: of each round, in the order of the log."""

    start: int
    end: int
    catalogue: Path
    table: SeriesTable
    deliveries: Sequence[Delivery]

    @property
    def readings(self) -> int:
        return sum(len(each.readings) for each in self.deliveries)

    def store(self, make: Callable[[SeriesTable], Sink]) -> None:
        """Write everything to a sink."""
        asyncio.run(self._store(make(self.table)))

    async def _store(self, sink: Sink) -> None:
        await sink.open()
        try:
            for delivery in self.deliveries:
                for payload in sink.encode(delivery):
                    assert isinstance(await sink.write(payload), Written)
        finally:
            await sink.close()

    def historian(self, path: Path) -> Path:
        self.store(lambda table: Historian(HistorianSettings(path=path), table, clock=lambda: self.end))
        return path


def record(folder: Path, name: str, hours: int, devices: int, tick: int = TICK) -> Recorded:
    """The first hours of a shipped scenario, with its first seed and fewer devices. tick: ms."""
    scenario = load_scenario(find_scenario(name))
    city = scenario.city.model_copy(update={"devices": devices})
    scenario = scenario.model_copy(update={"duration": hours * HOUR, "city": city})
    running = open_scenario(scenario, scenario.seeds[0])
    sensors = tuple(running.catalogue())
    catalogue = folder / "sensors.csv"
    write_sensors(catalogue, sensors)
    settings = Settings(state_dir=folder / "state", historian=HistorianSettings(path=folder / "unused"))
    offline = Offline(settings, sensors, scenario.start, tick)
    deliveries: list[Delivery] = []

    def found(out: Outputs, readings: Sequence[Readings]) -> None:
        rows = Readings.concat(readings) if readings else Readings.empty()
        deliveries.append(Delivery(rows, incidents=tuple(out.incidents), incident_events=tuple(out.incident_events)))

    offline.rounds.found = found
    offline.run(running, scenario.end)
    return Recorded(scenario.start, scenario.end, catalogue, offline.gathered.table, _joined(deliveries))


def _joined(deliveries: Sequence[Delivery], size: int = 200) -> list[Delivery]:
    """Several rounds in one, for a write each would take long."""
    joined = []
    for first in range(0, len(deliveries), size):
        part = deliveries[first : first + size]
        joined.append(
            Delivery(
                Readings.concat([each.readings for each in part]),
                incidents=tuple(rows for each in part for rows in each.incidents),
                incident_events=tuple(rows for each in part for rows in each.incident_events),
            )
        )
    return joined
