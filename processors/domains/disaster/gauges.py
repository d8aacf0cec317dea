"""What is fixed about river gauges: the tables of their stages, and the rivers on which they stand."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, time
from typing import Final, NamedTuple

import numpy as np

from config.thresholds.disaster import Reach, RiverThresholds, StageTables
from processors.domains.disaster.scene import HOUR, Scene
from processors.signals import Place
from telemetry.batch import Float64, Index, Int64

ALWAYS: Final = np.iinfo(np.int64).max
NO_BOUND: Final = np.inf


class River(NamedTuple):
    """reaches: device name in lower case -> ms of travel from the first gauge, from the springs down."""

    name: str
    reaches: dict[str, int]


def rivers_of(thresholds: RiverThresholds) -> dict[str, River]:
    """By the gauge's name in lower case."""
    found: dict[str, River] = {}
    for name, reaches in thresholds.rivers.items():
        river = River(name, _travel(reaches))
        found |= dict.fromkeys(river.reaches, river)
    return found


def _travel(reaches: tuple[Reach, ...]) -> dict[str, int]:
    ordered = sorted(reaches, key=lambda reach: reach.hours)
    return {reach.gauge.lower(): round(reach.hours * HOUR) for reach in ordered}


def tables_of(thresholds: RiverThresholds, device: str) -> StageTables:
    """Of one gauge, the oldest first; none where nobody has set its stages."""
    known = {name.lower(): tables for name, tables in thresholds.gauges.items()}
    tables = thresholds.stages or known.get(device.lower(), ())
    return tuple(sorted(tables, key=lambda table: table.since))


class Bounds:
    """The bounds of stages by gauge (row) and event time, so that a replay is judged by the tables of its time.

    A time before the first table is judged by the first.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.tables: list[StageTables] = []
        self.deadband: Float64 = np.zeros(0)
        self.least: Float64 = np.zeros(0)
        """cm, below which a gauge is at no stage by any of its tables; infinite where it has none."""
        self._begins: list[list[int]] = []
        self._from: Int64 = np.zeros(0, np.int64)
        self._until: Int64 = np.zeros(0, np.int64)
        self._bounds: Float64 = np.zeros((0, 3))

    def add(self, slot: int) -> None:
        """The gauge of the next row."""
        thresholds = self.scene.at(slot).river
        tables = tables_of(thresholds, self.scene.identity(slot).device)
        self.tables.append(tables)
        self._begins.append([int(datetime.combine(table.since, time(), UTC).timestamp() * 1000) for table in tables])
        self.deadband = np.append(self.deadband, thresholds.deadband)
        self.least = np.append(self.least, min((table.siaga3 for table in tables), default=NO_BOUND))
        self._from = np.append(self._from, ALWAYS)
        self._until = np.append(self._until, -ALWAYS)
        self._bounds = np.append(self._bounds, np.full((1, 3), NO_BOUND), axis=0)

    def at(self, rows: Index, times: Int64) -> Float64:
        """float64[rows, 3]: lower bounds of Siaga 3, 2, 1 in cm; infinite where none are set."""
        elsewhere = (times < self._from[rows]) | (times >= self._until[rows])
        for row, moment in zip(rows[elsewhere].tolist(), times[elsewhere].tolist(), strict=True):
            self._turn_to(row, moment)
        return self._bounds[rows]

    def _turn_to(self, row: int, moment: int) -> None:
        """Let a row's cached bounds be those of a moment."""
        tables, begins = self.tables[row], self._begins[row]
        chosen = max(bisect_right(begins, moment) - 1, 0)
        self._from[row] = begins[chosen] if chosen else -ALWAYS
        self._until[row] = begins[chosen + 1] if chosen + 1 < len(begins) else ALWAYS
        if tables:
            self._bounds[row] = tables[chosen].bounds


def place_of(scene: Scene, slot: int, river: River | None) -> tuple[Place, str]:
    """Where a gauge's incidents stand and what they share. A river runs through cities: it is of none of them."""
    identity = scene.identity(slot)
    if river is None:
        return identity[:3], identity.device
    return ("*", identity.domain, "*"), river.name
