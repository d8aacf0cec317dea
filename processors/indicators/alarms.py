"""How well the alarm system serves its operators (EEMUA 191): by city, in intervals of ten minutes.

An alarm is what asks for a person: an incident that opens, grows graver or is let go, and stands
unacknowledged then. What is of no single city asks the operators of every one.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.incidents import IncidentsProcessor
from processors.indicators.cells import Cells
from processors.indicators.sources import Moment
from telemetry.batch import SEVERITIES, IncidentEvents

INTERVAL: Final = 600_000
FLOOD: Final = 10
"""More alarms in an interval than an operator can follow."""
_PAGES: Final = frozenset({"opened", "escalated", "released"})
_EVERY: Final = "*"


class AlarmHealth:
    """alarms, critical: of the interval under way, by city."""

    name = "alarms"

    def __init__(self, cells: Cells, incidents: IncidentsProcessor) -> None:
        self.cells, self.incidents = cells, incidents
        self.columns = Columns(alarms=(np.float64, 0.0), critical=(np.float64, 0.0))
        self.interval = np.full(1, -1, np.int64)
        self._round: Outputs | None = None
        self._taken = 0

    def tick(self, at: Moment, out: Outputs) -> None:
        self.columns.grow(len(self.cells.places.cities))
        interval = at.now // INTERVAL
        if interval != self.interval[0]:
            if self.interval[0] >= 0:
                self._close(int(self.interval[0]), at.now)
            self.interval[0] = interval
        if self._round is not out:
            self._round, self._taken = out, 0
        for events in out.incident_events[self._taken :]:
            self._count(events)
        self._taken = len(out.incident_events)

    def _count(self, events: IncidentEvents) -> None:
        names = self._cities()
        for city, event, state, severity in zip(
            events.city, events.event, events.state, events.severity.tolist(), strict=True
        ):
            if event in _PAGES and state == "unacknowledged":
                chosen = [number for number, name in enumerate(names) if city in (name, _EVERY)]
                self.columns["alarms"][chosen] += 1
                self.columns["critical"][chosen] += SEVERITIES[severity] == "critical"

    def _close(self, interval: int, now: int) -> None:
        """An interval is over: count it on the day on which it began."""
        rows, day = np.array(self.cells.places.cities, np.intp), self.cells.day(interval * INTERVAL)
        alarms, critical = self.columns.of("alarms"), self.columns.of("critical")
        one = np.ones(len(rows))
        self.cells.add("alarm-rate", rows, day, alarms, one)
        self.cells.add("alarm-flood", rows, day, (alarms > FLOOD).astype(float), one)
        self.cells.add("alarm-critical", rows, day, critical, alarms)
        self.cells.raise_to("alarm-peak", rows, day, alarms)
        standing = self.incidents.standing(now)
        counts = [standing.get(city, (0, 0)) for city in self._cities()]
        every = standing.get(_EVERY, (0, 0))
        for place, name in enumerate(("standing-alarms", "stale-alarms")):
            number = np.array([each[place] + every[place] for each in counts], np.float64)
            self.cells.add(name, rows, day, number, one)
        alarms[:] = 0.0
        critical[:] = 0.0

    def _cities(self) -> list[str]:
        return [self.cells.places.places[row][0] for row in self.cells.places.cities]

    def look(self, at: Moment) -> None:
        """Alarms are seen at ticks."""

    def snapshot(self) -> State:
        return {"interval": self.interval.copy(), **self.columns.snapshot()}

    def restore(self, state: State) -> None:
        self.interval = state["interval"].copy()
        self.columns.grow(max(len(state["alarms"]), len(self.cells.places.cities)))
        self.columns.restore(state)
