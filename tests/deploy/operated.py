"""Two cities that nadi itself ran and wrote to InfluxDB: what the dashboards' queries are tried on.

The scenario runs offline: the simulator's readings through nadi's own processors, and their outputs through
nadi's own sink, which is what `./nadi run` writes for the same readings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from config.settings import HistorianSettings, InfluxSettings, Settings
from journal.entries import CommandEntry
from pipeline.offline.run import Offline
from processors.base import Outputs
from simulators.feed import Step
from simulators.scenarios import Running, load_scenario, open_scenario
from sinks.base import Delivery, Written
from sinks.influx import InfluxSink
from telemetry.batch import Readings
from telemetry.sensors import Sensor

SCENARIO = Path(__file__).with_name("operated.yaml")
CITIES = {"3578": 90, "Kota Batu": 78}
"""Code, and how many devices."""
TICK = 60_000
HALF_HOUR = 1_800_000
LASTING = ("overload-", "water-quality-")
"""Kinds of incidents that go on to the end of the scenario."""


@dataclass(frozen=True, slots=True)
class Operated:
    """start, end: ms. catalogue: of each city. deliveries: in the order of the log."""

    start: int
    end: int
    catalogue: dict[str, tuple[Sensor, ...]]
    deliveries: Sequence[Delivery]

    def sensor(self, city: str, domain: str, quantity: str) -> Sensor:
        """The first of its kind."""
        return next(s for s in self.catalogue[city] if (s.identity.domain, s.identity.quantity) == (domain, quantity))


class _City:
    """One city, from its first reading to its last report."""

    def __init__(self, folder: Path, code: str, devices: int, seed: int) -> None:
        scenario = load_scenario(SCENARIO)
        size = {"code": code, "devices": devices}
        scenario = scenario.model_copy(update={"city": scenario.city.model_copy(update=size)})
        self.running: Running = open_scenario(scenario, seed)
        self.start, self.end = scenario.start, scenario.end
        self.catalogue = tuple(self.running.catalogue())
        settings = Settings(state_dir=folder, historian=HistorianSettings(path=folder / "unused"), language="en")
        self.offline = Offline(settings, self.catalogue, self.start, TICK)
        self.offline.rounds.found = self.found
        self.deliveries: list[Delivery] = []
        self.lasting: list[str] = []

    def found(self, out: Outputs, readings: Sequence[Readings]) -> None:
        rows = Readings.concat(readings) if readings else Readings.empty()
        delivery = Delivery(
            *(rows, tuple(out.windows), tuple(out.anomalies), tuple(out.incidents)),
            *(tuple(out.incident_events), tuple(out.indicators)),
        )
        self.deliveries.append(delivery)
        self.lasting += [name for rows in out.incidents for name in rows.incident if name.startswith(LASTING)]

    def watched(self) -> Iterator[Step]:
        """The scenario; half an hour before its end an operator takes an incident."""
        taken = False
        for step in takewhile(lambda step: step.now <= self.end, self.running):
            if step.now > self.end - HALF_HOUR and not taken:
                taken = True
                self.offline.rounds._add(CommandEntry(step.now, self.lasting[0], "acknowledge", "siti"))  # type: ignore[arg-type]
            yield step

    async def write(self, settings: InfluxSettings) -> None:
        known = {sensor.identity: sensor for sensor in self.catalogue}
        sink = InfluxSink(settings, self.offline.gathered.table, lambda: self.end - 1, catalogue=lambda: known)
        await sink.open()
        try:
            for delivery in _gathered(self.deliveries):
                for payload in sink.encode(delivery):
                    assert isinstance(await sink.write(payload), Written)
        finally:
            await sink.close()


def operate(folder: Path, url: str, database: str) -> Operated:
    """Run the scenario for both cities and write all to an InfluxDB 1."""
    settings = InfluxSettings(url=url, api="v1", database=database)
    made = [_City(folder / str(seed), code, size, seed) for seed, (code, size) in enumerate(CITIES.items(), 1)]
    for city in made:
        city.offline.run(city.watched(), city.end)
        asyncio.run(city.write(settings))
    deliveries = [delivery for city in made for delivery in city.deliveries]
    catalogue = dict(zip(CITIES, (city.catalogue for city in made), strict=True))
    return Operated(made[0].start, made[0].end, catalogue, deliveries)


def _gathered(deliveries: Sequence[Delivery], size: int = 60) -> Iterator[Delivery]:
    """Several rounds in one, for a write each would take long."""
    for first in range(0, len(deliveries), size):
        part = deliveries[first : first + size]
        yield replace(
            Delivery(Readings.concat([each.readings for each in part])),
            windows=tuple(rows for each in part for rows in each.windows),
            anomalies=tuple(rows for each in part for rows in each.anomalies),
            incidents=tuple(rows for each in part for rows in each.incidents),
            incident_events=tuple(rows for each in part for rows in each.incident_events),
            indicators=tuple(rows for each in part for rows in each.indicators),
        )
