"""Water's indicators, from what its rules know: compliance, interruption, non-revenue water, night leakage."""

from __future__ import annotations

import numpy as np

from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.domains.water.balance import Balance
from processors.domains.water.leaks import legitimate
from processors.domains.water.nights import Nights
from processors.domains.water.pressure import Pressure
from processors.domains.water.quality import WaterQuality
from processors.domains.water.supply import Supply
from processors.indicators.cells import Cells
from processors.indicators.sources import DailyCounts, Looking, Moment, Source, rule_of


class PressureCompliance(DailyCounts):
    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, "pressure-compliance")
        self.rule, self.roster = rule_of(domain, Pressure), domain.roster

    def look(self, at: Moment) -> None:
        days = self.rule.days
        now = days.of("day"), days.of("total"), days.of("low") + days.of("high")
        last = days.of("last_day"), days.of("last_total"), days.of("last_low") + days.of("last_high")
        self.take(self.cells.places.of(self.roster)[self.rule.lane.zone[: days.size]], now, last)


class QualityCompliance(DailyCounts):
    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, "quality-compliance")
        self.rule, self.roster = rule_of(domain, WaterQuality), domain.roster

    def look(self, at: Moment) -> None:
        days = self.rule.days
        now = days.of("day"), days.of("total"), days.of("bad")
        last = days.of("last_day"), days.of("last_total"), days.of("last_bad")
        self.take(self.cells.places.of(self.roster)[self.rule.lane.zone[: days.size]], now, last)


class Interruption(Looking):
    """Household-hours since the last look (ISO 37120), beside the households of every zone. A zone whose dry sensors
    have all fallen silent has no water as far as the rule knows, but nobody knows it: it does not count."""

    name = "interruption"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(seen=(np.float64, np.nan)))
        self.rule, self.roster = rule_of(domain, Supply), domain.roster

    def look(self, at: Moment) -> None:
        lost = self.rule.zones.of("household_hours")
        self.columns.grow(len(lost))
        seen, rows = self.columns.of("seen"), self.cells.places.of(self.roster)[: len(lost)]
        # What the rule knew before the first look is not of today. Less than before: the rule has begun anew.
        more = np.where(np.isnan(seen), 0.0, np.where(lost < seen, lost, lost - seen))
        dry = self.rule.dry.on & self.rule.steps.live(at.now)
        witnessed = np.bincount(self.rule.lane.zone[dry], minlength=len(lost)) > 0
        self.cells.add(self.name, rows, at.today, np.where(witnessed, more, 0.0), np.zeros(len(rows)))
        seen[:] = lost
        served = self.rule.households()
        known = np.flatnonzero(served > 0)
        self.cells.stand(self.name, rows[known], served[known])


class NonRevenueWater(Looking):
    """Of the days that are judged, where every inlet told and enough customers did."""

    name = "non-revenue-water"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(day=(np.int64, -1)))
        self.rule, self.roster = rule_of(domain, Balance), domain.roster

    def look(self, at: Moment) -> None:
        zones = self.rule.zones
        self.columns.grow(zones.size)
        seen, day = self.columns.of("day"), zones.of("day")
        new = np.flatnonzero((day > seen) & self.rule.whole())
        if len(new):
            put, billed = zones.of("input")[new], zones.of("billed")[new]
            rows = self.cells.places.of(self.roster)[new]
            self.cells.add(self.name, rows, day[new], np.maximum(put - billed, 0.0), put)
        seen[:] = day


class NightLeakage(Looking):
    """Of the nights that count: night flow, and what of it is more than its lawful part, where that is known."""

    name = "night-leakage"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(night=(np.int64, -1)))
        self.rule, self.roster = rule_of(domain, Nights), domain.roster

    def look(self, at: Moment) -> None:
        zones = self.rule.zones
        self.columns.grow(zones.size)
        seen, night, flow = self.columns.of("night"), zones.of("night"), zones.of("flow")
        new = np.flatnonzero((night > seen) & (flow > 0))
        if len(new):
            rows = self.cells.places.of(self.roster)[new]
            self.cells.add("night-flow", rows, night[new], flow[new], np.ones(len(new)))
            lawful = np.array([legitimate(self.rule.scene.of_zone(zone).night) for zone in new.tolist()])
            known = lawful > 0
            leaks = np.maximum(flow[new] - lawful, 0.0) * known
            self.cells.add(self.name, rows, night[new], leaks, flow[new] * known)
        seen[:] = night


def sources(cells: Cells, domain: Domain) -> list[Source]:
    kinds = (PressureCompliance, QualityCompliance, Interruption, NonRevenueWater, NightLeakage)
    return [kind(cells, domain) for kind in kinds]
