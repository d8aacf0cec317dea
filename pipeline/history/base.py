"""Readings that a store holds, in the order of their times, a bounded piece at a time.

    historian ─┐
               ├─▶ Store.count, Store.read ─▶ slices of time ─▶ Readings as they came
    InfluxDB ──┘

When a reading came is not stored: it counts as come at its own time. So nothing is late, and of
readings of one time the order is that of their series' names. The flags that processors raised are
taken off again, for they are raised anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from config.settings import Settings
from pipeline import wiring
from pipeline.offline.reported import Incident
from telemetry import flags
from telemetry.batch import Float64, Int32, Int64, Readings
from telemetry.errors import SettingsError
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import DOMAINS, Identity, SeriesTable

MOST_READINGS: Final = 200_000
"""Of one slice; it takes 36 bytes a reading, and as much again while it is put in order."""
SHORTEST, LONGEST = 1_000, 86_400_000
"""ms of a slice."""
CAME_WITH: Final = flags.NO_TIME | flags.UNKNOWN | flags.RETAINED
"""Flags that are ingest's."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which part of the city; None: all."""

    city: str | None = None
    domain: str | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        if self.domain is not None and self.domain not in DOMAINS:
            raise SettingsError(f"--domain {self.domain!r} is not allowed; allowed: {', '.join(DOMAINS)}")

    def holds(self, city: str, domain: str, zone: str) -> bool:
        """Whether a place belongs to it; what is of all cities, domains or zones ("*") does."""
        return (
            (city == "*" or self.city in (None, city))
            and (domain == "*" or self.domain in (None, domain))
            and (zone == "*" or self.zone in (None, zone))
        )


class Rows(NamedTuple):
    """Stored readings in any order: series (places in the store's `series`), time, value, flags. Of equal
    series and time the last counts."""

    series: Int32
    time: Int64
    value: Float64
    flags: Int32


class Store(Protocol):
    """Where readings and incidents are kept. All of it raises NadiError. Times: ms, begin <= time < end."""

    name: str
    series: Sequence[Identity]
    """Those of the chosen part of the city."""

    def extent(self) -> tuple[int, int] | None:
        """The times of the first reading and of the last; None where there is none."""
        ...

    def count(self, begin: int, end: int) -> int:
        """How many readings at most `read` would give."""
        ...

    def read(self, begin: int, end: int) -> Rows: ...

    def incidents(self, begin: int, end: int) -> list[Incident]:
        """Those that opened then, as they are known at last."""
        ...

    def close(self) -> None: ...


class History:
    """A store's readings by the ids of `table`: first come the catalogue's series, then the others by name."""

    def __init__(self, store: Store, settings: Settings, catalogue: Sequence[Sensor]) -> None:
        self.store = store
        self.table = SeriesTable(*wiring.series_limits(settings.limits))
        self.sensors: SensorTable = wiring.enlist(self.table, catalogue)
        ids = {identity: self.table.intern(identity) for identity in sorted(store.series)}
        self.sensors.sync()
        self._ids = np.array([ids[identity] for identity in store.series], np.int32)

    def slices(self, begin: int, end: int) -> Iterator[Readings]:
        """All readings of begin <= time < end (ms), slice by slice."""
        for since, until in spans(self.store, begin, end):
            yield self._readings(self.store.read(since, until))

    def _readings(self, rows: Rows) -> Readings:
        series = self._ids[rows.series]
        # Stable, so that of a reading and what replaced it the latter stays last.
        order = np.lexsort((series, rows.time))
        series, time = series[order], rows.time[order]
        value, marks = rows.value[order], rows.flags[order].astype(np.uint32)
        keep = np.isfinite(value)
        keep[:-1] &= (series[1:] != series[:-1]) | (time[1:] != time[:-1])
        if not keep.all():
            series, time, value, marks = series[keep], time[keep], value[keep], marks[keep]
        gateway = self.table.gateway_of[self.table.device_of[series]]
        return Readings(series, time, value, marks & np.uint32(CAME_WITH), time, gateway)


def spans(store: Store, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of time that hold MOST_READINGS at most, unless a second alone holds more; empty ones are left out."""
    width = SHORTEST
    while begin < end:
        until = min(begin + width, end)
        count = store.count(begin, until)
        if count > MOST_READINGS and width > SHORTEST:
            width = max(SHORTEST, width // 2)
            continue
        if count:
            yield begin, until
        begin = until
        if 2 * count <= MOST_READINGS:
            width = min(2 * width, LONGEST)
