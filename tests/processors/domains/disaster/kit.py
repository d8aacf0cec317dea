"""A city of a few disaster sensors, and how readings are given to its analytics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from config.thresholds import load_thresholds
from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.base import Domain
from processors.domains.disaster import DisasterAnalytics
from processors.signals import Signal
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

T0 = 1_763_769_600_000
"""2025-11-22 00:00 UTC."""
MINUTE, HOUR = 60_000, 3_600_000

Row = tuple[str, int, float]
"""Series ("device/quantity"), ms after T0, value."""


class City:
    """Analytics of named series. places: device -> latitude, longitude; high: the catalogue's; file: thresholds;
    elsewhere: device -> another city."""

    def __init__(
        self,
        names: Sequence[str],
        changes: Sequence[str] = (),
        places: dict[str, tuple[float, float]] | None = None,
        high: float = float("nan"),
        file: Path | None = None,
        elsewhere: dict[str, str] | None = None,
    ) -> None:
        table, sensors = SeriesTable(), []
        for name in names:
            device, quantity = name.split("/")
            identity = Identity((elsewhere or {}).get(device, "3578"), "disaster", "z", device, quantity)
            table.intern(identity)
            lat, lon = (places or {}).get(device, (float("nan"), float("nan")))
            sensors.append(Sensor(identity, lat=lat, lon=lon, high=high))
        self.names = list(names)
        self.domain: Domain = DisasterAnalytics(
            table, SensorTable(table, sensors), load_thresholds(file, changes), 60_000, "en"
        )

    def hear(self, rows: Iterable[Row], tick: int | None = None) -> list[Signal]:
        """The signals of some readings in one batch, and of a tick `tick` ms after T0."""
        rows, out = list(rows), Outputs()
        if rows:
            self.domain.process(readings([(self.names.index(name), time, value) for name, time, value in rows]), out)
        if tick is not None:
            self.domain.tick(TickEntry(T0 + tick, T0), out)
        return out.signals

    def course(self, name: str, values: Iterable[float], step: int = MINUTE, begin: int = 0) -> list[Signal]:
        """One series' readings, one each `step`, with a tick after each."""
        told: list[Signal] = []
        for number, value in enumerate(values):
            time = begin + number * step
            told += self.hear([(name, time, value)], time)
        return told


def readings(rows: Sequence[tuple[int, int, float]]) -> Readings:
    series, time, value = (list(column) for column in zip(*rows, strict=True))
    size = len(series)
    times = T0 + np.array(time, np.int64)
    return Readings(
        series=np.array(series, np.int32),
        time=times,
        value=np.array(value, np.float64),
        flags=np.zeros(size, np.uint32),
        arrival=times.copy(),
        gateway=np.full(size, -1, np.int32),
    )


SERIES = (
    *("katulampa/river_level", "depok/river_level", "rain/rainfall"),
    *("slope/tilt", "slope/displacement", "slope/soil_moisture"),
    *("q1/pga", "q2/pga", "q3/pga", "sea/tide", "a1/pm25", "a2/pm25"),
)
LIVELY = (
    *("disaster.river.jump=2000", "disaster.river.rise=1", "disaster.river.memory=10s"),
    *("disaster.rain.ends=6000", "disaster.rain.violent=7000", "disaster.rain.hourly=100000"),
    *("disaster.slope.span=1h", "disaster.slope.precaution=0.001", "disaster.slope.displacement=0.001"),
    *("disaster.seismic.on=1.05", "disaster.seismic.off=1.01", "disaster.seismic.lta=10"),
    *("disaster.seismic.interval=60s", "disaster.tide.plain=55", "disaster.tide.rise=1"),
)
"""Thresholds at which the noise of `conformance.stream` is full of events."""


def conforming(table: SeriesTable, sensors: SensorTable, folder: Path) -> Domain:
    """For the conformance suite: its twelve series are taken for a city of disaster sensors."""
    return City(SERIES, LIVELY).domain
