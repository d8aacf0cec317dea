"""Waste's indicators: hours in which bins overflow, and collections that come in time."""

from __future__ import annotations

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.domains.waste.fill import Fill
from processors.domains.waste.rounds import NEVER, Rounds
from processors.indicators.cells import Cells
from processors.indicators.sources import HOUR, Looking, Moment, Source, per_zone, rule_of

EARLY = 12 * HOUR
"""A collection that comes so long before its round is another."""


class Overflowing:
    """Bins that are full now, for as long as the last look is ago."""

    name = "overflowing-hours"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        self.cells = cells
        self.rule, self.roster = rule_of(domain, Fill), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        """A look a minute is enough."""

    def look(self, at: Moment) -> None:
        rows, zone = self.cells.places.of(self.roster), self.roster.device_zone
        full, level = self.rule.columns.of("full"), self.rule.columns.of("level")
        hours = per_zone(zone, np.where(full, at.elapsed / HOUR, 0.0), len(rows))
        self.cells.add(self.name, rows, at.today, hours, np.zeros(len(rows)))
        bins = per_zone(zone, np.isfinite(level).astype(float), len(rows))
        self.cells.stand(self.name, rows[bins > 0], bins[bins > 0])

    def snapshot(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """The rule remembers."""


class Punctuality(Looking):
    """A collection is in time where it comes before its round counts as late. due: as it was at the last tick."""

    name = "collection-punctuality"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(due=(np.int64, NEVER)))
        self.rule, self.roster = rule_of(domain, Rounds), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        due = self.rule.columns.of("due")
        self.columns.grow(len(due))
        before, rows = self.columns.of("due"), self.cells.places.of(self.roster)
        for bin, time in self.rule.fill.visits:
            expected = int(before[bin])
            if expected == NEVER or time < expected - self.rule.late[bin] - EARLY:
                continue
            row = rows[[self.roster.device_zone[bin]]]
            self.cells.add(self.name, row, at.today, np.array([float(time <= expected)]), np.ones(1))
        before[:] = due

    def look(self, at: Moment) -> None:
        """Collections are seen at ticks."""


def sources(cells: Cells, domain: Domain) -> list[Source]:
    return [Overflowing(cells, domain), Punctuality(cells, domain)]
