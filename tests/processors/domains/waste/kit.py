"""A few bins, and how readings are given to their analytics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from config.thresholds import Thresholds, load_thresholds
from journal.entries import TickEntry
from processors.base import Outputs
from processors.domains.base import Domain
from processors.domains.waste import WasteAnalytics
from processors.signals import Signal
from telemetry.batch import Readings
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable

T0 = 1_763_658_000_000
"""2025-11-20 17:00 UTC: midnight in Jakarta, as a Friday begins."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

Row = tuple[str, int, float]
"""Series ("device/quantity"), ms after T0, value."""


class Bins:
    """Analytics of named series of the zone "z"."""

    def __init__(self, names: Sequence[str], changes: Sequence[str] = (), days: tuple[int, ...] | None = None) -> None:
        """days: of the rounds, where configured."""
        self.names = list(names)
        table = SeriesTable()
        for name in names:
            device, quantity = name.split("/")
            table.intern(Identity("3578", "waste", "z", device, quantity))
        thresholds = load_thresholds(None, changes)
        if days is not None:
            thresholds = Thresholds.model_validate({"waste": {"rounds": {"days": days}}})
        self.domain: Domain = WasteAnalytics(table, SensorTable(table), thresholds, 60_000, "en")

    def hear(self, rows: Iterable[Row], tick: int | None = None, said: Sequence[Signal] = ()) -> list[Signal]:
        """The signals of some readings in one batch, and of a tick `tick` ms after T0. said: what others say then."""
        out, rows = Outputs(), list(rows)
        if rows:
            self.domain.process(readings([(self.names.index(name), time, value) for name, time, value in rows]), out)
        if tick is not None:
            out.signals += said
            self.domain.tick(TickEntry(T0 + tick, T0), out)
        else:
            self.domain.hear(out)
        return [signal for signal in out.signals if signal not in said]

    def course(self, name: str, values: Iterable[float], step: int = MINUTE, begin: int = 0) -> list[Signal]:
        """One series' readings, one each `step`, with a tick after each."""
        told: list[Signal] = []
        for number, value in enumerate(values):
            told += self.hear([(name, begin + number * step, value)], begin + number * step)
        return told

    def rule(self, name: str) -> object:
        return next(rule for rule in self.domain.rules if rule.name == name)


def readings(rows: Sequence[tuple[int, int, float]]) -> Readings:
    series, time, value = (list(column) for column in zip(*rows, strict=True))
    times = T0 + np.array(time, np.int64)
    return Readings(
        series=np.array(series, np.int32),
        time=times,
        value=np.array(value, np.float64),
        flags=np.zeros(len(series), np.uint32),
        arrival=times.copy(),
        gateway=np.full(len(series), -1, np.int32),
    )


def edges(signals: Sequence[Signal]) -> list[tuple[str, bool, int]]:
    """Kind, whether it begins, and minutes after T0."""
    return [(signal.kind, signal.active, (signal.time - T0) // MINUTE) for signal in signals]


SERIES = tuple(
    f"b{number}/{quantity}" for number in range(3) for quantity in ("fill", "temperature", "tilt", "battery")
)
LIVELY = (
    *("waste.fill.empty=49", "waste.fill.ends=50", "waste.fill.full=51", "waste.fill.jump=3", "waste.fill.drop=1"),
    *("waste.fill.spacing=1m", "waste.rounds.late=10s", "waste.rounds.alone=20s", "waste.tilt.angle=52"),
    *("waste.fire.ends=50", "waste.fire.hot=52", "waste.fire.rise=2", "waste.fire.step=0.5", "waste.health.battery=48"),
)
"""Thresholds at which the noise of `conformance.stream` is full of events."""


def conforming(table: SeriesTable, sensors: SensorTable, folder: Path) -> Domain:
    """For the conformance suite: its twelve series are taken for bins."""
    return Bins(SERIES, LIVELY).domain
