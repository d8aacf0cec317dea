"""A small water city whose sensors are heard together, minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from config.thresholds import Thresholds, load_thresholds
from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.water import WaterAnalytics
from processors.signals import Signal
from telemetry.batch import Readings
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable

MINUTE = 60_000
HOUR = 60 * MINUTE
MIDNIGHT = 1_763_744_400_000
"""2025-11-22 00:00 in Jakarta (a Saturday)."""

Course = Callable[[int], float]
"""A value by ms since MIDNIGHT; NaN: nothing is sent."""


class Water:
    """sensors: "zone/device/quantity" -> its course. Signals and indicators of what is heard."""

    def __init__(
        self, courses: dict[str, Course], settings: Sequence[str] = (), sensors: Sequence[Sensor] = ()
    ) -> None:
        self.table = SeriesTable()
        self.courses = {}
        for name, course in courses.items():
            zone, device, quantity = name.split("/")
            self.courses[self.table.intern(Identity("3578", "water", zone, device, quantity))] = course
        self.names = list(courses)
        self.analytics = WaterAnalytics(
            self.table, SensorTable(self.table, sensors), load_thresholds(None, settings), MINUTE, "en"
        )
        self.signals: list[Signal] = []
        self.anomalies: list[str] = []

    def run(self, begin: int, end: int, every: int = MINUTE) -> None:
        """From `begin` to `end`, ms since MIDNIGHT; a tick after each round."""
        for since in range(begin, end, every):
            out = Outputs()
            values = {series: course(since) for series, course in self.courses.items()}
            told = {series: value for series, value in values.items() if not np.isnan(value)}
            time = MIDNIGHT + since
            self.analytics.process(readings(list(told), [time] * len(told), list(told.values())), out)
            self.analytics.tick(TickEntry(time + 1000, MIDNIGHT), out)
            self.signals += out.signals
            self.anomalies += [reason for found in out.anomalies for reason in found.reason]

    def begun(self, kind: str) -> list[str]:
        """The sensors for which a condition began, in order."""
        return [self._name(each) for each in self.signals if each.kind == kind and each.active]

    def first(self, kind: str) -> int:
        """ms since MIDNIGHT of the first signal of a kind."""
        return next(each.time for each in self.signals if each.kind == kind) - MIDNIGHT

    def holds(self, kind: str) -> set[str]:
        """The sensors for which a condition holds at the end."""
        held: dict[str, bool] = {}
        for each in self.signals:
            if each.kind == kind:
                held[self._name(each)] = each.active
        return {name for name, active in held.items() if active}

    def _name(self, signal: Signal) -> str:
        return "" if signal.member < 0 else self.names[signal.member]

    def indicator(self, name: str, zone: str = "A") -> dict[str, object]:
        found = [row for row in self.analytics.indicators() if row["indicator"] == name and row["zone"] == zone]
        assert len(found) == 1, found
        return found[0]


def readings(series: Sequence[int], time: Sequence[int], value: Sequence[float]) -> Readings:
    size = len(series)
    return Readings(
        np.array(series, np.int32),
        np.array(time, np.int64),
        np.array(value, np.float64),
        np.zeros(size, np.uint32),
        np.array(time, np.int64),
        np.full(size, -1, np.int32),
    )


def constant(value: float) -> Course:
    return lambda since: value


def step(before: float, after: float, begin: int, end: int = 10**12) -> Course:
    """`after` from `begin` to `end`, `before` at other times."""
    return lambda since: after if begin <= since < end else before


def conforming(table: SeriesTable, sensors: SensorTable, folder: Path) -> WaterAnalytics:
    """For the conformance suite: quick to find something."""
    settings = ["water.burst.z=2", "water.burst.samples=1", "water.supply.dry=48", "water.pressure.least=49"]
    thresholds: Thresholds = load_thresholds(None, settings)
    return WaterAnalytics(table, sensors, thresholds, 10_000)
