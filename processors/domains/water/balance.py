"""The rule "balance": what went into a zone on a local day, and what of it was billed.

Non-revenue water = (input - billed) / input (IWA water balance). Each meter's day is from midnight
to midnight, interpolated between the two readings around it. Told of every zone with an inlet;
judged only where the settings say how many customers it has, and enough of them have reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.hearing import Ear, Wave
from processors.domains.water.counters import Counters
from processors.domains.water.latch import prefixed, under
from processors.domains.water.scene import CUSTOMER, DAY, HOUR, INLET, WARNING, Scene, date_of
from processors.signals import NOBODY, Signal
from telemetry.batch import Bool, Float64, Index, Int64

KIND: Final = "water-balance"
_GRACE: Final = 2 * HOUR
"""ms after midnight, for meters that report seldom."""
_STANDS: Final = 3
"""Days for which a balance holds that can't be struck anew: then nobody knows what is lost. Our own."""


class Balance:
    """meters: day under way, total at its start, and the volume of the last whole day (m3)."""

    name = "balance"

    def __init__(self, scene: Scene, counters: Counters) -> None:
        self.scene, self.counters, self.lane = scene, counters, counters.lane
        self.meters = Columns(
            day=(np.int64, -1), start=(np.float64, np.nan), last_day=(np.int64, -1), volume=(np.float64, np.nan)
        )
        self.zones = Columns(
            day=(np.int64, -1),
            input=(np.float64, 0.0),
            billed=(np.float64, 0.0),
            inlets=(np.int64, 0),
            inlets_told=(np.int64, 0),
            customers=(np.int64, 0),
            customers_told=(np.int64, 0),
            lossy=(np.bool_, False),
            judged=(np.int64, -1),
        )
        self.judged = -1
        self.across: Float64 = np.zeros(0)

    def grow(self) -> None:
        self.meters.grow(len(self.lane))
        self.across = self.scene.each(self.lane.slot, "balance.across")
        self.zones.grow(len(self.scene.roster.zones))

    def ears(self) -> Iterable[Ear]:
        return [Ear(self.scene.counting, self.heard)]

    def heard(self, wave: Wave, out: Outputs) -> None:
        rows = self.lane.rows(wave.slot)
        day = self.scene.clocks(wave) // DAY
        turned = np.flatnonzero(day > self.meters["day"][rows])
        if len(turned):
            self._turn(rows[turned], day[turned], wave.time[turned], wave.elapsed[turned])

    def _turn(self, rows: Index, day: Int64, time: Int64, elapsed: Int64) -> None:
        meters, counters = self.meters, self.counters.columns
        midnight = day * DAY - self.scene.local.offsets(time)
        known = (meters["day"][rows] >= 0) & (elapsed > 0)
        known &= elapsed <= self.across[rows]
        share = (midnight - (time - elapsed)) / np.maximum(elapsed, 1)
        before, total = counters["before"][rows], counters["total"][rows]
        start = np.where(known, before + (total - before) * np.clip(share, 0.0, 1.0), np.nan)
        whole = day == meters["day"][rows] + 1
        meters["volume"][rows] = np.where(whole, start - meters["start"][rows], np.nan)
        meters["last_day"][rows] = meters["day"][rows]
        meters["start"][rows], meters["day"][rows] = start, day

    def tick(self, now: int, out: Outputs) -> None:
        local = self.scene.clock(now)
        today = local // DAY
        if today == self.judged or local % DAY < _GRACE:
            return
        self.judged = today
        if len(self.lane):
            self._judge(today - 1, now, out)

    def _judge(self, day: int, now: int, out: Outputs) -> None:
        zones, count = self.zones, self.zones.size
        role = self.scene.role[self.lane.device]
        volume = self.meters.of("volume")
        told = (self.meters.of("last_day") == day) & np.isfinite(volume)
        where = self.lane.zone

        def summed(chosen: Bool) -> Float64:
            return np.asarray(np.bincount(where[chosen], volume[chosen], count), np.float64)

        for name, kind, amount in (("inlets", INLET, "input"), ("customers", CUSTOMER, "billed")):
            zones.of(name)[:] = np.bincount(where[role == kind], minlength=count)
            zones.of(f"{name}_told")[:] = np.bincount(where[(role == kind) & told], minlength=count)
            zones.of(amount)[:] = summed((role == kind) & told)
        zones.of("day")[:] = np.where(zones.of("inlets_told") > 0, day, zones.of("day"))
        for zone in np.flatnonzero(zones.of("inlets") > 0).tolist():
            self._judge_zone(zone, day, now, out)

    def _judge_zone(self, zone: int, day: int, now: int, out: Outputs) -> None:
        zones, rules = self.zones, self.scene.of_zone(zone).balance
        complete = zones["inlets_told"][zone] == zones["inlets"][zone] and zones["input"][zone] > 0
        enough = zones["customers_told"][zone] >= rules.coverage * rules.connections
        before = bool(zones["lossy"][zone])
        if not (rules.connections and complete and enough):
            if before and day - zones["judged"][zone] > _STANDS:
                self._tell(zone, False, 0.0, now, out)
            return
        zones["judged"][zone] = day
        share = 1 - float(zones["billed"][zone] / zones["input"][zone])
        # Told anew each day, for it tells of yesterday.
        if before or share > rules.target:
            self._tell(zone, share > rules.target, share, now, out)

    def _tell(self, zone: int, lossy: bool, share: float, now: int, out: Outputs) -> None:
        zones, rules = self.zones, self.scene.of_zone(zone).balance
        zones["lossy"][zone] = lossy
        reason = self.scene.say(
            "balance.lossy" if lossy else "balance.ended",
            zone=self.scene.roster.zones[zone][2],
            share=self.scene.percent(share),
            target=self.scene.percent(rules.target),
            input=self.scene.measured(float(zones["input"][zone]), "volume"),
            billed=self.scene.measured(float(zones["billed"][zone]), "volume"),
        )
        place = self.scene.roster.zones[zone]
        out.signals.append(Signal(KIND, place, "", NOBODY, now, lossy, WARNING, 100 * share, 0.7, reason))

    def whole(self) -> Bool:
        """bool[zones]: of whose last day all inlets have told, and enough of the customers that the settings know."""
        zones = self.zones
        whole = (zones.of("inlets_told") == zones.of("inlets")) & (zones.of("input") > 0)
        for zone in np.flatnonzero(whole).tolist():
            rules = self.scene.of_zone(zone).balance
            due = rules.coverage * rules.connections
            whole[zone] = rules.connections > 0 and zones["customers_told"][zone] >= due
        return np.asarray(whole)

    def indicators(self) -> list[dict[str, Any]]:
        """Per zone: non-revenue water of the last day, % of the input, with its parts and who told them."""
        found, zones = [], self.zones
        for zone in np.flatnonzero(zones.of("day") >= 0).tolist():
            parts = {name: zones[name][zone].item() for name in zones.kinds if name not in ("day", "lossy", "judged")}
            if parts["input"] > 0:
                lost = parts["input"] - parts["billed"]
                found.append(
                    self.scene.named(zone)
                    | {"indicator": "non-revenue-water", "unit": "%", "value": 100 * lost / parts["input"]}
                    | {"numerator": lost, "denominator": parts["input"], "day": date_of(zones["day"][zone].item())}
                    | parts
                )
        return found

    def snapshot(self) -> State:
        return {
            "judged": np.array([self.judged]),
            **prefixed("meters", self.meters.snapshot()),
            **prefixed("zones", self.zones.snapshot()),
        }

    def restore(self, state: State) -> None:
        self.judged = int(state["judged"][0])
        self.meters.restore(under("meters", state))
        zones = under("zones", state)
        # Snapshots of earlier versions do not know when a zone was judged.
        self.zones.restore({"judged": zones["day"], **zones})
