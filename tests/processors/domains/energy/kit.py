"""A grid of a few meters, and how readings and windows are given to its analytics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from config.thresholds import load_thresholds
from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.energy import EnergyAnalytics
from processors.signals import Signal
from processors.windows import WindowsConfig, WindowsProcessor
from telemetry.batch import Readings, Windows
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

T0 = 1_763_769_600_000
"""2025-11-22 00:00 UTC, 07:00 in Jakarta, a Saturday."""
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000

Row = tuple[str, int, float]
"""Series ("device/quantity", in zone z; or "zone:device/quantity"), ms after T0, value."""


class Grid:
    """Analytics of named series. high, modulus: the catalogue's, by name; interval: its, ms, of all."""

    def __init__(
        self,
        names: Sequence[str],
        changes: Sequence[str] = (),
        high: dict[str, float] | None = None,
        modulus: dict[str, float] | None = None,
        interval: int = 0,
    ) -> None:
        self.table, sensors = SeriesTable(), []
        nan = float("nan")
        for name in names:
            zone, _, rest = name.rpartition(":")
            device, quantity = rest.split("/")
            identity = Identity("3578", "energy", zone or "z", device, quantity)
            self.table.intern(identity)
            known = {"high": (high or {}).get(name, nan), "modulus": (modulus or {}).get(name, nan)}
            sensors.append(Sensor(identity, interval=interval, **known))  # type: ignore[arg-type]
        self.names = list(names)
        self.sensors = SensorTable(self.table, sensors)
        self.out = Outputs()
        self.domain: Domain = EnergyAnalytics(self.table, self.sensors, load_thresholds(None, changes), MINUTE, "en")

    def hear(self, rows: Iterable[Row], tick: int | None = None) -> list[Signal]:
        """The signals of some readings in one batch, and of a tick `tick` ms after T0 if any."""
        rows, self.out = list(rows), Outputs()
        if rows:
            series = np.array([self.names.index(name) for name, _, _ in rows], np.int32)
            time = T0 + np.array([time for _, time, _ in rows], np.int64)
            value = np.array([value for _, _, value in rows], np.float64)
            size = len(rows)
            none = np.full(size, -1, np.int32)
            self.domain.process(Readings(series, time, value, np.zeros(size, np.uint32), time.copy(), none), self.out)
        if tick is not None:
            self.domain.tick(TickEntry(T0 + tick, T0), self.out)
        else:
            self.domain.hear(self.out)
        return self.out.signals

    def close(
        self, start: int, means: dict[str, float], lows: dict[str, float] | None = None, readings: int = 6
    ) -> list[Signal]:
        """A minute's windows of some series, from `start` ms after T0, and a tick after it."""
        self.out = Outputs()
        self.out.windows.append(windows(self.names, start, means, lows or {}, readings))
        self.domain.tick(TickEntry(T0 + start + 75 * SECOND, T0), self.out)
        return self.out.signals

    def minutes(self, begin: int, number: int, means: dict[str, float], readings: int = 6) -> list[Signal]:
        """So many minutes of the same, of so many readings each."""
        starts = range(begin, begin + number * MINUTE, MINUTE)
        return [each for start in starts for each in self.close(start, means, readings=readings)]

    def indicators(self, name: str) -> list[dict[str, object]]:
        return [
            each
            for rule in self.domain.rules
            for each in rule.indicators()  # type: ignore[attr-defined]
            if each["indicator"] == name
        ]


def windows(
    names: Sequence[str], start: int, means: dict[str, float], lows: dict[str, float], readings: int
) -> Windows:
    size = len(means)
    mean = np.array(list(means.values()), np.float64)
    low = np.array([lows.get(name, value) for name, value in means.items()], np.float64)
    ones, nan = np.ones(size, np.int64), np.full(size, np.nan)
    return Windows(
        length=MINUTE,
        series=np.array([names.index(name) for name in means], np.int32),
        start=np.full(size, T0 + start, np.int64),
        count=readings * ones,
        mean=mean,
        min=low,
        max=mean.copy(),
        std=0.0 * mean,
        first=mean.copy(),
        last=mean.copy(),
        p50=mean.copy(),
        p95=mean.copy(),
        delta=nan,
        expected=6 * ones,
        completeness=np.full(len(ones), 100.0),
        failed=0 * ones,
        revision=0 * ones,
    )


SERIES = (
    *("t1/voltage_a", "t1/voltage_b", "t1/voltage_c", "t1/current_a", "t1/power", "t1/frequency"),
    *("h1/voltage", "h1/power", "h1/energy", "h2/voltage", "h2/energy", "h2/power"),
)
LIVELY = (
    *("energy.voltage.over=20s", "energy.voltage.nominal=50", "energy.voltage.low=49", "energy.voltage.high=51"),
    *("energy.outage.voltage=0.96", "energy.outage.returns=0.98", "energy.outage.sustained=10s"),
    *("energy.unbalance.limit=0.6", "energy.unbalance.clears=0.5", "energy.overload.pickup=10s"),
)
"""Thresholds at which the noise of `conformance.stream` is full of events."""


class Windowed:
    """The analytics behind the windows that they need."""

    name = "domains.energy"

    def __init__(self, grid: Grid, folder: Path) -> None:
        config = WindowsConfig((10_000, 60_000), 4_000, 20_000, 60_000)
        domain = EnergyAnalytics(grid.table, grid.sensors, load_thresholds(None, LIVELY), 10_000, "en")
        self.parts = (WindowsProcessor(config, grid.table, grid.sensors, folder), domain)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        for part in self.parts:
            readings = part.process(readings, out)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        for part in self.parts:
            part.tick(tick, out)

    def snapshot(self) -> State:
        windows, domain = (part.snapshot() for part in self.parts)
        return {**windows, **{f"energy/{key}": array for key, array in domain.items()}}

    def restore(self, state: State) -> None:
        windows, domain = self.parts
        windows.restore({key: array for key, array in state.items() if not key.startswith("energy/")})
        domain.restore({key[7:]: array for key, array in state.items() if key.startswith("energy/")})


def conforming(table: SeriesTable, sensors: SensorTable, folder: Path) -> Windowed:
    """For the conformance suite: its twelve series are taken for a grid."""
    return Windowed(Grid(SERIES, high=dict.fromkeys(SERIES, 51.0)), folder)
