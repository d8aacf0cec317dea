"""The processor "indicators": stands behind the domains and the incidents, and changes nothing.

    windows ─┐
    rules   ─┼─▶ cells (indicator, place, local day) ─ every quarter of an hour ─▶ Indicators
    incidents┘

It counts from its first tick on. Between ticks it only gathers what closes, whose order is of no account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from journal.entries import TickEntry
from processors.anomaly.localtime import LocalDay
from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.incidents import IncidentsProcessor
from processors.indicators import disaster, energy, waste, water
from processors.indicators.alarms import AlarmHealth
from processors.indicators.cells import Cells
from processors.indicators.completeness import Completeness
from processors.indicators.places import Places
from processors.indicators.sources import LONGEST, MINUTE, Moment, Part, Source
from telemetry.batch import Readings
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

QUARTER: Final = 900_000
"""ms; local days and months begin with one in every time zone."""
_OF_DOMAINS: Final[Mapping[str, Callable[[Cells, Domain], list[Source]]]] = {
    "water": water.sources,
    "energy": energy.sources,
    "waste": waste.sources,
    "disaster": disaster.sources,
}


class IndicatorsProcessor:
    """Asks `domains` and `incidents`, which must stand before it in the chain."""

    name = "indicators"

    def __init__(
        self,
        table: SeriesTable,
        sensors: SensorTable,
        domains: Sequence[Domain],
        incidents: IncidentsProcessor,
        shortest: int,
        timezone: str = "Asia/Jakarta",
        every: int = QUARTER,
    ) -> None:
        """shortest: ms, of the windows that completeness is counted from. timezone: of days and months. every: ms
        of log time between two tellings."""
        self.every = every
        self.places = Places(table)
        self.cells = Cells(self.places, LocalDay(timezone))
        self.completeness = Completeness(self.cells, sensors, shortest)
        of_domains = [source for domain in domains for source in _OF_DOMAINS[domain.roster.domain](self.cells, domain)]
        self.sources: tuple[Source, ...] = (*of_domains, AlarmHealth(self.cells, incidents))
        self.parts: tuple[Part, ...] = (self.completeness, *self.sources)
        self.looked = -1
        """ms of the log, at the last look."""
        self.began = -1
        """ms of the log, at the first look."""
        self.due = -1
        """ms of the log, from which indicators are told again."""

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        self.completeness.gather(out)
        self.completeness.hear(readings)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self._sync()
        now = tick.time
        if now // MINUTE != self.looked // MINUTE or self.cells.today < 0:
            self.completeness.settle()
            self.cells.roll(self.cells.day(now))
            self.completeness.turn()
        self.completeness.gather(out)
        self.completeness.tick()
        elapsed = min(max(now - self.looked, 0), LONGEST) if self.looked >= 0 else 0
        at = Moment(now, self.cells.today, elapsed)
        for source in self.sources:
            source.tick(at, out)
        if now // MINUTE == self.looked // MINUTE and self.looked >= 0:
            return
        self.looked = now
        self.began = now if self.began < 0 else self.began
        for source in self.sources:
            source.look(at)
        if now >= self.due or self.cells.left:
            # At first there is nothing in the stores: nobody should have to wait for a quarter of an hour.
            early = now - self.began < self.every
            self.due = now // MINUTE * MINUTE + MINUTE if early else (now // self.every + 1) * self.every
            self.completeness.settle()
            if (found := self.cells.told()) is not None:
                out.indicators.append(found)

    def _sync(self) -> None:
        self.places.sync()
        self.cells.grow()

    def pieces(self) -> Iterator[State]:
        """As a snapshot, but some of it is the state itself: to be read before the next call."""
        yield {"clock": np.array([self.looked, self.began, self.due])}
        yield {f"cells.{name}": array for name, array in self.cells.snapshot().items()}
        for part in self.parts:
            yield {f"{part.name}.{name}": array for name, array in part.snapshot().items()}

    def snapshot(self) -> State:
        return {name: array.copy() for piece in self.pieces() for name, array in piece.items()}

    def restore(self, state: State) -> None:
        self._sync()
        self.looked, self.began, self.due = (int(each) for each in state["clock"])
        self.cells.restore(_under("cells", state))
        for part in self.parts:
            part.restore(_under(part.name, state))


def _under(name: str, state: State) -> State:
    return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}
