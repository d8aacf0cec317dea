"""Tampered meters: a home's consumption drops to a fraction, and that of the others does not.

    d = log(this home's kW in the hour) - median over the city's homes
    S = max(0, S + (usual d - d) - drift)          CUSUM; told from `sure` on

The median over the homes takes out the hour, the heat and the weekday; hours in which the home was
without supply don't count. A family that goes on holiday looks the same: a meter reader decides.

    hour  ├──────── H ────────┤5┼5┼5┼…   H is looked at until H+1 is over: a home is judged at the first
                                ▲ ▲      look after its first reading of H+1, beside all that are known then
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.energy.grid import ENERGY, HOUR, MINUTE, WARNING, Grid
from processors.domains.energy.meters import Meters
from processors.domains.energy.outage import Outages
from telemetry.batch import Bool, Float64, Index

KIND: Final = "meter-tamper"
_EVERY: Final = 5 * MINUTE
"""Between two looks, the first of them so long after the hour: for its last readings to come."""
_LEAST: Final = 0.005
"""kW: whatever a home with a dead counter seems to draw."""
_MEMORY: Final = 72.0
"""Hours in which the usual is forgotten."""
_STEP: Final = 1.5
"""The most that one hour is worth: it takes several."""
_NEIGHBOURS: Final = 0.5
"""A fall (natural logarithm) of the zone's other homes that is their common cause."""


class Tamper:
    """State by slot of a home's counter: the usual d and its number of hours, the evidence, how deep, whether told,
    and which hour was judged last (since 1970); and the latest look (in _EVERY since 1970)."""

    name = "tamper"

    def __init__(self, grid: Grid, meters: Meters, outages: Outages) -> None:
        self.grid = grid
        self.meters = meters
        self.outages = outages
        self.columns = Columns(
            usual=(np.float64, 0.0),
            hours=(np.int32, 0),
            evidence=(np.float64, 0.0),
            fall=(np.float64, 0.0),
            told=(np.bool_, False),
            judged=(np.int64, -1),
        )
        self.looked = np.full(1, -1, np.int64)
        self.homes: Index = np.zeros(0, np.intp)
        self.cities: Index = np.zeros(0, np.intp)
        """Of each home, a number for its city."""

    def grow(self) -> None:
        self.grid.grow()
        roster = self.grid.roster
        self.columns.grow(len(roster))
        home = (roster.quantity == ENERGY) & self.grid.devices["home"][roster.device]
        self.homes = np.flatnonzero(home)
        numbers = {name: number for number, name in enumerate(sorted({place[0] for place in roster.zones}))}
        cities = np.array([numbers[place[0]] for place in roster.zones], np.intp)
        self.cities = cities[roster.zone[self.homes]]

    def tick(self, now: int, out: Outputs) -> None:
        look = now // _EVERY
        if look <= int(self.looked[0]):
            return
        self.looked[0] = look
        hour = (now - _EVERY) // HOUR - 1
        rate = self.meters.columns["hourly"][self.homes]
        current = self.meters.columns["hour"][self.homes] == hour + 1
        new = current & (self.columns["judged"][self.homes] < hour)
        if not new.any():
            return
        dark = self.outages.devices["dark"][self.grid.roster.device[self.homes]] >= hour * HOUR
        known = np.isfinite(rate) & current & ~dark
        for city in np.unique(self.cities[new & known]).tolist():
            mine = np.flatnonzero(known & (self.cities == city))
            if len(mine) >= self.grid.energy.tamper.peers:
                self._beside(self.homes[mine], rate[mine], new[mine], hour, out)

    def _beside(self, slots: Index, rate: Float64, new: Bool, hour: int, out: Outputs) -> None:
        """Compare all homes of a city that are known, and judge those that are `new`."""
        c = self.columns
        level = np.log(np.maximum(rate, _LEAST))
        level -= np.median(level)
        fall = np.where(c["hours"][slots] > 0, c["usual"][slots] - level, 0.0)
        common = self._common(slots, fall)
        c["judged"][slots[new]] = hour
        self._judge(slots[new], rate[new], level[new], fall[new], common[new], (hour + 1) * HOUR, out)

    def _judge(
        self, slots: Index, rate: Float64, level: Float64, fall: Float64, common: Bool, end: int, out: Outputs
    ) -> None:
        """level: d of each home; fall: below its usual one; common: with its neighbours'."""
        c, each, hours = self.columns, self.grid.each, self.columns["hours"][slots]
        sure = each(slots, "tamper.sure")
        step = np.clip(fall - each(slots, "tamper.drift"), -_STEP, _STEP)
        evidence = np.maximum(c["evidence"][slots] + np.where(common & (step > 0), 0.0, step), 0.0)
        evidence = np.where(hours >= each(slots, "tamper.hours"), np.minimum(evidence, 1.5 * sure), 0.0)
        # Learned only while nothing is suspected, or tampering would become the usual.
        learns = evidence == 0
        weight = 1.0 / np.minimum(hours + 1.0, _MEMORY)
        c["usual"][slots] = np.where(
            learns, c["usual"][slots] - weight * np.where(hours > 0, fall, -level), c["usual"][slots]
        )
        c["hours"][slots] = np.where(learns, np.minimum(hours + 1, 1 << 30), hours)
        c["evidence"][slots] = evidence
        c["fall"][slots] = np.where(evidence > 0, c["fall"][slots] + (fall - c["fall"][slots]) / 3.0, 0.0)
        deep = c["fall"][slots] >= -np.log(each(slots, "tamper.share"))
        told = c["told"][slots]
        now_told = (told & (evidence > 0)) | ((evidence >= sure) & deep)
        c["told"][slots] = now_told
        for at in np.flatnonzero(now_told != told).tolist():
            self._tell(int(slots[at]), end, bool(now_told[at]), float(rate[at]), out)

    def _common(self, slots: Index, fall: Float64) -> Bool:
        """Whether the other homes of the zone have fallen as well."""
        zone = self.grid.roster.zone[slots]
        count = np.bincount(zone)
        fallen = np.bincount(zone, fall > _NEIGHBOURS)
        others = count[zone] - 1
        return np.asarray((others >= 2) & (fallen[zone] - (fall > _NEIGHBOURS) > 0.5 * others))

    def _tell(self, slot: int, end: int, active: bool, rate: float, out: Outputs) -> None:
        grid = self.grid
        share = float(np.exp(-self.columns["fall"][slot]))
        words = {"device": grid.identity(slot).device, "share": grid.number(100.0 * share)}
        reason = grid.say("tamper.fallen" if active else "tamper.ended", **words)
        score = min(1.0, 1.0 - 0.5 * share)
        out.signals.append(grid.signal(KIND, slot, end, active, WARNING, rate, score, reason))

    def indicators(self) -> list[dict[str, Any]]:
        """Nothing beside the incidents."""
        return []

    def snapshot(self) -> State:
        return {**self.columns.snapshot(), "looked": self.looked.copy()}

    def restore(self, state: State) -> None:
        self.columns.restore(state)
        self.looked = state["looked"].copy()
