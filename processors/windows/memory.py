"""All that the windows processor remembers, in one place for the modules that work on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from processors.windows.carry import Carry
from processors.windows.chunks import ChunkStore
from processors.windows.config import WindowsConfig
from processors.windows.counters import Ahead
from processors.windows.openrows import OpenRows
from processors.windows.repeats import Newest
from processors.windows.rows import NEVER, Rows
from processors.windows.watermark import Clocks
from telemetry.batch import Bool, Index, Int32, Int64
from telemetry.sensors import SensorTable
from telemetry.series import Identity, SeriesTable


@dataclass(slots=True)
class Job:
    """Windows of one length and start to be computed from chunks, for `series` (ascending).
    Of these, `silent` get a row even where nothing came. done: how many are computed."""

    level: int
    start: int
    series: Int32
    silent: Int32
    done: int = 0


@dataclass(slots=True)
class Span:
    """Windows of one length without any reading, still to be emitted: of each device those
    that end after `after` and not after `upto`."""

    level: int
    device: Int32
    after: Int64
    upto: Int64


class Watched:
    """Series whose silence is reported: those in the catalogue with an expected interval."""

    def __init__(self, table: SeriesTable, sensors: SensorTable) -> None:
        self.table = table
        self.sensors = sensors
        self.series: Int32 = np.empty(0, np.int32)
        """Ordered by device."""
        self.first: Index = np.zeros(1, np.intp)
        """[device]: its first place in `series`; one more entry closes the last."""
        self.devices: Bool = np.zeros(1, np.bool_)
        """[device]: has such series. The last entry stands for an id that is not in use."""
        self._known = (-1, -1)

    def sync(self) -> None:
        """Follow the growth of the tables."""
        now = (len(self.table), self.table.generation)
        if now == self._known:
            return
        self._known = now
        size, devices = len(self.table), len(self.table.devices)
        device = self.table.device_of[:size]
        chosen = np.flatnonzero(self.sensors.catalogued[:size] & (self.sensors.interval[:size] > 0) & (device >= 0))
        chosen = chosen[np.argsort(device[chosen], kind="stable")]
        self.series = chosen.astype(np.int32)
        self.first = np.searchsorted(device[chosen], np.arange(devices + 1))
        self.devices = np.zeros(devices + 1, np.bool_)
        self.devices[device[chosen]] = True

    def of(self, device: Int32 | Index) -> tuple[Int32, Index]:
        """Their series, and for each of these its place in `device`."""
        count = self.first[device + 1] - self.first[device]
        place = np.repeat(np.arange(len(device)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        return self.series[self.first[device][place] + within], place


@dataclass(slots=True)
class Memory:
    config: WindowsConfig
    table: SeriesTable
    sensors: SensorTable
    clocks: Clocks
    newest: Newest
    open: OpenRows
    chunks: ChunkStore
    carry: Carry
    watched: Watched
    spans: list[Span] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    again: dict[tuple[int, int], list[Int32]] = field(default_factory=dict)
    """(level, start): series whose emitted window has changed since."""
    swept: int = 0
    """Open rows that the last whole sweep left."""
    unfinished: int = 0
    """1 while work has stopped at its budget and goes on at the next call."""
    planning: int = 0
    """1 from when longer windows are to be looked through until that has begun."""
    generation: int = 0
    names: list[Identity | None] = field(default_factory=list)
    """Whom each id stood for at the last call."""
    waited: Int64 = field(default_factory=lambda: np.zeros((2, 2), np.int64))
    """[shortest, longer]: ticks since windows became due, devices due at the last tick."""

    @classmethod
    def new(cls, config: WindowsConfig, table: SeriesTable, sensors: SensorTable, folder: Path) -> Memory:
        chunks = ChunkStore(folder, config.base)
        return cls(
            config,
            table,
            sensors,
            Clocks(config),
            Newest(),
            OpenRows(config.base),
            chunks,
            Carry(chunks),
            Watched(table, sensors),
            generation=table.generation,
        )

    def grow(self) -> None:
        """Follow the growth of the tables; before each batch and tick."""
        if self.table.generation != self.generation:
            self._forget_retired()
        self.names += self.table.identities[len(self.names) :]
        self.sensors.sync()
        self.clocks.grow(len(self.table.devices))
        self.newest.grow(len(self.table))
        self.carry.grow(len(self.table))
        self.watched.sync()

    def _forget_retired(self) -> None:
        """Ids that stand for other series since the last call begin anew."""
        self.generation = self.table.generation
        pairs = zip(self.names, self.table.identities, strict=False)
        changed = np.array([number for number, (old, new) in enumerate(pairs) if old is not new], np.int32)
        self.newest.time[changed] = NEVER
        self.carry.forget(changed)
        self.names = list(self.table.identities)

    def stored(self, starts: Int64, series: Int32) -> Rows:
        """Rows at some window starts (ascending) of some series (sorted ids), in chunks and
        in memory, those of one (series, time) in the order in which they came."""
        pieces: list[Rows] = []
        for start in starts.tolist():
            pieces += self.chunks.find(start, series)
            pieces.append(self.open.find(start, series))
        return Rows.concat(pieces)

    def ahead(self, series: Int32, start: int) -> Ahead:
        """The last reading before `start` of each series that is a counter; none of the others."""
        last = Ahead(np.full(len(series), NEVER, np.int64), np.full(len(series), np.nan))
        counter = self.sensors.counter[series]
        if counter.any():
            last.time[counter], last.value[counter] = self.carry.before(series[counter], start)
        return last
