"""The contract of a source of indicators, and what sources share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.indicators.cells import Cells
from telemetry.batch import Float64, Index, Int32, Int64

MINUTE: Final = 60_000
HOUR: Final = 3_600_000
LONGEST: Final = 600_000
"""ms between two looks that are counted; what lies beyond was not watched."""
_Rule = TypeVar("_Rule")


@dataclass(frozen=True, slots=True)
class Moment:
    """now: ms of the log; today: local day; elapsed: ms since the last look, LONGEST at most."""

    now: int
    today: int
    elapsed: int


class Part(Protocol):
    """What remembers something under a name of its own."""

    name: str

    def snapshot(self) -> State:
        """May be the state itself: the processor copies what is kept."""
        ...

    def restore(self, state: State) -> None: ...


class Source(Part, Protocol):
    """Asks, at ticks, what a rule knows, and adds it to the cells."""

    def tick(self, at: Moment, out: Outputs) -> None:
        """Each tick: for what a rule remembers from one tick to the next only."""
        ...

    def look(self, at: Moment) -> None:
        """Once a minute of log time."""
        ...


class Looking:
    """A source that looks once a minute and remembers columns, which grow with what they are of."""

    name: str

    def __init__(self, cells: Cells, columns: Columns) -> None:
        self.cells = cells
        self.columns = columns

    def tick(self, at: Moment, out: Outputs) -> None:
        """A look a minute is enough."""

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        self.columns.grow(max((len(column) for column in state.values()), default=0))
        self.columns.restore(state)


def rule_of(domain: Domain, kind: type[_Rule]) -> _Rule:
    """The rule of a kind."""
    return next(rule for rule in domain.rules if isinstance(rule, kind))


def per_zone(zone: Int32, weights: Float64, zones: int) -> Float64:
    """float64[zones]: weights summed, a row each."""
    return np.asarray(np.bincount(zone, weights, zones), np.float64)


class DailyCounts(Looking):
    """What a rule counts by sensor and local day: `day`, `total` and how many were wrong, of the day under way and
    (`last_`) of the one before. A sensor that passes through several days between two looks, as in the quickest
    of replays, leaves those between out."""

    def __init__(self, cells: Cells, name: str) -> None:
        super().__init__(cells, Columns(day=(np.int64, -1), total=(np.int64, 0), wrong=(np.int64, 0)))
        self.name = name

    def take(self, rows: Index, now: tuple[Int64, Int64, Int64], last: tuple[Int64, Int64, Int64]) -> None:
        """rows: the place of each sensor; now, last: its day, total and wrong."""
        self.columns.grow(len(rows))
        seen = tuple(self.columns.of(name) for name in ("day", "total", "wrong"))
        # Less than before: the rule has begun anew.
        same = (now[0] == seen[0]) & (now[1] >= seen[1])
        finished = (now[0] != seen[0]) & (last[0] == seen[0]) & (seen[0] >= 0)
        missed = (now[0] != seen[0]) & (last[0] > seen[0])
        self._add(rows, now[0], np.where(same, now[1] - seen[1], now[1]), np.where(same, now[2] - seen[2], now[2]))
        self._add(rows, last[0], finished * (last[1] - seen[1]), finished * (last[2] - seen[2]))
        self._add(rows, last[0], missed * last[1], missed * last[2])
        for column, value in zip(seen, now, strict=True):
            column[:] = value

    def _add(self, rows: Index, days: Int64, total: Int64, wrong: Int64) -> None:
        self.cells.add(self.name, rows, days.astype(np.int64), (total - wrong).astype(float), total.astype(float))
