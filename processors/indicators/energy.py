"""Energy's indicators: SAIDI and SAIFI (IEEE 1366) and voltage compliance (EN 50160), from its rules."""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.domains.energy.outage import Outages
from processors.domains.energy.voltage import WEEK, Voltage
from processors.indicators.cells import BACK, Cells
from processors.indicators.sources import Looking, Moment, Source, per_zone, rule_of

_PARTS: Final = ("saidi", "saifi")


class Reliability(Looking):
    """What is over is counted on the day on which it ended, less what was counted while it went on: so an outage
    over midnight has its minutes on both days. minutes, times: counted of what goes on."""

    name = "reliability"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(saidi=(np.float64, 0.0), saifi=(np.float64, 0.0)))
        self.rule, self.roster = rule_of(domain, Outages), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        for zone, minutes, customers in self.rule.reliability.over:
            rows, nothing = self.cells.places.of(self.roster)[[zone]], np.zeros(1)
            self.cells.add("saidi", rows, at.today, np.array([minutes]), nothing)
            self.cells.add("saifi", rows, at.today, np.array([float(customers)]), nothing)

    def look(self, at: Moment) -> None:
        rows = self.cells.places.of(self.roster)
        self.columns.grow(len(rows))
        going_on = self.rule.going_on()
        for name, amount in zip(_PARTS, going_on, strict=True):
            seen = self.columns.of(name)
            self.cells.add(name, rows, at.today, amount - seen, np.zeros(len(rows)))
            seen[:] = amount
        served = per_zone(self.roster.device_zone, self.rule.reliability.customers.astype(float), len(rows))
        for name in _PARTS:
            self.cells.stand(name, rows, served)


class VoltageCompliance:
    """Of each open day, all ten-minute means that the rule has counted: it remembers them for a week."""

    name = "voltage-compliance"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        self.cells = cells
        self.rule, self.roster = rule_of(domain, Voltage), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        """Means come every ten minutes."""

    def look(self, at: Moment) -> None:
        columns, rows = self.rule.columns, self.cells.places.of(self.roster)
        newest = columns.of("day")
        for day in range(at.today - BACK, at.today + 1):
            slots = np.flatnonzero((newest >= day) & (newest < day + WEEK))
            total = columns.of("total")[slots, day % WEEK].astype(float)
            outside = columns.of("outside")[slots, day % WEEK].astype(float)
            zone = self.roster.zone[slots]
            means = per_zone(zone, total, len(rows))
            good = means - per_zone(zone, outside, len(rows))
            # Fewer than before: the rule has begun anew, and does not know what the cells do.
            before = self.cells.due(self.name, day)
            whole = (np.bincount(rows, means, len(before)) >= before)[rows]
            self.cells.put(self.name, rows[whole], day, good[whole], means[whole])

    def snapshot(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """The rule remembers."""


def sources(cells: Cells, domain: Domain) -> list[Source]:
    return [Reliability(cells, domain), VoltageCompliance(cells, domain)]
