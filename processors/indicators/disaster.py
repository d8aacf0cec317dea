"""Disaster's indicators: hours at each Siaga stage, how early warnings came, and ISPU days by class."""

from __future__ import annotations

import numpy as np

from processors.base import Outputs, State
from processors.domains.base import Domain
from processors.domains.columns import Columns
from processors.domains.disaster.air import Air, grades_of
from processors.domains.disaster.rivers import Rivers
from processors.indicators.cells import DAY, Cells
from processors.indicators.places import WHOLE
from processors.indicators.sources import HOUR, MINUTE, Looking, Moment, Source, per_zone, rule_of

STAGES = (3, 2, 1)
GRADES = ("good", "moderate", "unhealthy", "very-unhealthy", "dangerous")
UNSEEN = -1
HEARD = HOUR
"""A gauge that is silent for longer is at no stage that anybody knows."""
SETTLED = HOUR // 2
"""After midnight, until hourly means of the day before are there."""
FRESH = 2 * HOUR


class StageHours:
    """Gauges that are at a stage now, for as long as the last look is ago."""

    name = "siaga-hours"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        self.cells = cells
        self.rule, self.roster = rule_of(domain, Rivers), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        """A look a minute is enough."""

    def look(self, at: Moment) -> None:
        columns, lane = self.rule.columns, self.rule.lane
        if not columns.size:
            return
        rows = self.cells.places.of(self.roster)
        zone = self.roster.zone[lane.slot[: columns.size]]
        staged = np.isfinite(self.rule.bounds.least[: columns.size])
        seen = staged & (at.now - columns.of("at") <= HEARD)
        hours = at.elapsed / HOUR
        watched = per_zone(zone, np.where(seen, hours, 0.0), len(rows))
        for place, stage in enumerate(STAGES, 1):
            here = seen & (columns.of("stage") == place)
            self.cells.add(
                f"siaga-{stage}-hours", rows, at.today, per_zone(zone, np.where(here, hours, 0.0), len(rows)), watched
            )

    def snapshot(self) -> State:
        return {}

    def restore(self, state: State) -> None:
        """The rule remembers."""


class LeadTime(Looking):
    """How long before a stage was reached it was warned of; 0 where it was not. warned: ms, since when each of the
    three stages is warned of, 0 while it is not; stage: as it was at the last tick, UNSEEN before the first one: of a
    gauge that is at a stage then nobody knows when it reached it."""

    name = "warning-lead-time"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        super().__init__(cells, Columns(warned=(np.int64, 0, len(STAGES)), stage=(np.int8, UNSEEN)))
        self.rule, self.roster = rule_of(domain, Rivers), domain.roster

    def tick(self, at: Moment, out: Outputs) -> None:
        stage, warned = self.rule.columns.of("stage"), self.rule.columns.of("warned")
        self.columns.grow(len(stage))
        before, since = self.columns.of("stage"), self.columns.of("warned")
        np.copyto(before, stage, where=before == UNSEEN)
        if not (stage.any() or warned.any() or before.any() or since.any()):
            return
        for gauge in np.flatnonzero(stage > before).tolist():
            for reached in range(int(before[gauge]), int(stage[gauge])):
                self._reached(gauge, int(since[gauge, reached]), at)
        before[:] = stage
        told = (warned[:, None] > np.arange(len(STAGES))) & (stage[:, None] <= np.arange(len(STAGES)))
        since[:] = np.where(told, np.where(since > 0, since, at.now), 0)

    def _reached(self, gauge: int, since: int, at: Moment) -> None:
        zone = int(self.roster.zone[self.rule.lane.slot[gauge]])
        minutes = (at.now - since) / MINUTE if since else 0.0
        row = self.cells.places.of(self.roster)[[zone]]
        self.cells.add(self.name, row, at.today, np.array([minutes]), np.ones(1))

    def look(self, at: Moment) -> None:
        """Stages are seen at ticks."""


class IspuDays:
    """The class of a day is that of its 24 hours' mean, the worst of all stations and pollutants of a place."""

    name = "ispu-days"

    def __init__(self, cells: Cells, domain: Domain) -> None:
        self.cells = cells
        self.rule, self.roster = rule_of(domain, Air), domain.roster
        self.judged = np.full(1, -1, np.int64)
        """The local day that was judged last."""

    def tick(self, at: Moment, out: Outputs) -> None:
        """Judged once a day."""

    def look(self, at: Moment) -> None:
        yesterday = at.today - 1
        local = at.now + int(self.cells.local.offsets(np.array([at.now])))
        if self.judged[0] == yesterday or local % DAY < SETTLED:
            return
        self.judged[0] = yesterday
        if local % DAY < SETTLED + FRESH:
            self._judge(yesterday, at.now)

    def _judge(self, day: int, now: int) -> None:
        columns, places = self.rule.columns, self.cells.places
        index = columns.of("index")
        known = np.flatnonzero(np.isfinite(index) & (now - columns.of("hour") * HOUR <= FRESH))
        zone = places.of(self.roster)[self.roster.zone[self.rule.lane.slot[known]]]
        worst = np.full(len(places), -np.inf)
        np.maximum.at(worst, zone, index[known])
        np.maximum.at(worst, np.where(places.whole[zone] == WHOLE, zone, places.whole[zone]), index[known])
        rows = np.flatnonzero(np.isfinite(worst))
        grades = grades_of(worst[rows])
        for number, name in enumerate(GRADES):
            self.cells.add(f"ispu-{name}-days", rows, day, (grades == number).astype(float), np.ones(len(rows)))

    def snapshot(self) -> State:
        return {"judged": self.judged.copy()}

    def restore(self, state: State) -> None:
        self.judged = state["judged"].copy()


def sources(cells: Cells, domain: Domain) -> list[Source]:
    return [StageHours(cells, domain), LeadTime(cells, domain), IspuDays(cells, domain)]
