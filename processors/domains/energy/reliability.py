"""What outages cost customers (IEEE 1366), by zone and city and month.

    SAIDI = sum r N / N_T   minutes a customer was without supply, on average
    SAIFI = sum N / N_T     times
    CAIDI = SAIDI / SAIFI   minutes to restore

Only sustained interruptions count. Numerators and denominators are kept and added: averages of
averages would be wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from processors.domains.columns import Columns
from processors.domains.energy.grid import MINUTE, Grid
from processors.kinds import KINDS
from telemetry.batch import Float64, Index, Int64

SILENT: Final = round(1000 * KINDS["outage"].silent)
"""ms: a meter has no supply itself in an outage, so its silence does not end one; not at once."""


class Reliability:
    """State by zone: `month` (the one that is counted, months since 1970), customer-minutes and customers
    interrupted in it. A catalogue knows no customers: each device is one, unless a site's settings say more."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.columns = Columns(month=(np.int64, -1), minutes=(np.float64, 0.0), interrupted=(np.float64, 0.0))
        self.customers: Int64 = np.zeros(0, np.int64)
        self.now = 0
        self.over: list[tuple[int, float, int]] = []
        """Zone, customer-minutes and customers of sustained interruptions that have ended at the last tick."""
        self._next = 0

    def grow(self) -> None:
        roster = self.grid.roster
        self.columns.grow(len(roster.zones))
        self.customers = np.zeros(len(roster.devices), np.int64)
        self.customers[:] = self.grid.variants.each(np.arange(len(roster.devices)), "outage.customers")
        self._next = 0

    def roll(self, now: int) -> None:
        """Begin anew where a month has begun."""
        self.now = max(self.now, now)
        if now < self._next:
            return
        self._next = now + MINUTE
        month = self._month(now)
        old = np.flatnonzero(self.columns["month"][: self.columns.size] != month)
        if len(old):
            self.columns["month"][old], self.columns["minutes"][old], self.columns["interrupted"][old] = month, 0.0, 0.0

    def _month(self, now: int) -> int:
        local = now + int(self.grid.local.offsets(np.array([now]))) if now else 0
        when = datetime.fromtimestamp(local / 1000, UTC)
        return when.year * 12 + when.month - 1

    def ended(self, device: int, began: int, until: int) -> None:
        """An interruption of a device is over; it counts in the month in which it ends."""
        if until - began > self.grid.variants.at(device).outage.sustained:
            zone, customers = int(self.grid.roster.device_zone[device]), int(self.customers[device])
            self.over.append((zone, customers * (until - began) / MINUTE, customers))
            self.columns["minutes"][zone] += customers * (until - began) / MINUTE
            self.columns["interrupted"][zone] += customers

    def lasting(self, going_on: Index, since: Int64, heard: Int64) -> tuple[Float64, Float64]:
        """float64[zones] each: customer-minutes and customers of what goes on, from when it is sustained.

        since, heard: int64[devices], ms, when it began and when a device said anything last. One that has been silent
        for SILENT counts until then, for it may be gone for good; what it tells when it is back, `ended` counts.
        """
        lasted = np.minimum(self.now, heard[going_on] + SILENT) - since[going_on]
        long = lasted > self.grid.variants.each(going_on, "outage.sustained")
        zones, customers = self.grid.roster.device_zone[going_on[long]], self.customers[going_on[long]]
        minutes, times = np.zeros(self.columns.size), np.zeros(self.columns.size)
        np.add.at(minutes, zones, customers * lasted[long] / MINUTE)
        np.add.at(times, zones, customers)
        return minutes, times

    def indicators(self, going_on: Index, since: Int64, heard: Int64) -> list[dict[str, Any]]:
        """Of each zone, and of each city as zone "*"; what still goes on counts from when it is sustained."""
        roster, c = self.grid.roster, self.columns
        now, times_now = self.lasting(going_on, since, heard)
        minutes, interrupted = c.of("minutes") + now, c.of("interrupted") + times_now
        served = np.bincount(roster.device_zone, self.customers, c.size)
        groups = {place: [number] for number, place in enumerate(roster.zones)}
        for number, place in enumerate(roster.zones):
            groups.setdefault((place[0], place[1], "*"), []).append(number)
        told = []
        for (city, _, zone), numbers in groups.items():
            total, times, lost = served[numbers].sum(), interrupted[numbers].sum(), minutes[numbers].sum()
            common = {"city": city, "zone": zone, "time": self.now, "customers": int(total)}
            if total:
                told.append({**common, "indicator": "saidi", "value": round(lost / total, 3), "unit": "min/month"})
                told.append({**common, "indicator": "saifi", "value": round(times / total, 4), "unit": "1/month"})
            if times:
                told.append({**common, "indicator": "caidi", "value": round(lost / times, 1), "unit": "min"})
        return told
