"""Water: bursts, leaks, pressure, quality, interruptions, and the balance of a zone.

hours.py     what an inlet's flow usually is at this hour
steps.py     flow that steps up, pressure that steps down, by sensor
supply.py    water that does not come
burst.py     both steps together
pressure.py  too little, too much
quality.py   drinking water, and contamination
nights.py    minimum night flow, night leakage, slow leaks (leaks.py)
balance.py   what goes in, what is billed (counters.py)
"""

from __future__ import annotations

from typing import Any

from config.thresholds import Thresholds
from processors import texts
from processors.anomaly.localtime import LocalDay
from processors.domains.base import Domain
from processors.domains.hearing import Wave
from processors.domains.roster import NOT_OURS, Roster
from processors.domains.water.balance import Balance
from processors.domains.water.burst import Burst
from processors.domains.water.counters import Counters
from processors.domains.water.hours import Hours
from processors.domains.water.nights import Nights
from processors.domains.water.pressure import Pressure
from processors.domains.water.quality import WaterQuality
from processors.domains.water.scene import QUANTITIES, Scene
from processors.domains.water.steps import Steps
from processors.domains.water.supply import Supply
from processors.signals import Signal
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable


class WaterAnalytics(Domain):
    """The processor "domains.water"."""

    def __init__(
        self,
        table: SeriesTable,
        sensors: SensorTable,
        thresholds: Thresholds,
        shortest: int,
        language: texts.Language = "id",
        timezone: str = "Asia/Jakarta",
    ) -> None:
        """shortest: ms, of the windows that the pipeline closes. timezone: by its IANA name."""
        roster = Roster(table, "water", QUANTITIES)
        scene = Scene(roster, sensors, thresholds, language, LocalDay(timezone))
        hours = Hours(scene)
        steps = Steps(scene, hours)
        supply = Supply(scene, steps)
        burst = Burst(scene, steps, supply)
        pressure, quality, counters = Pressure(scene, steps), WaterQuality(scene), Counters(scene)
        nights, balance = Nights(scene, counters, supply, burst), Balance(scene, counters)
        self.scene = scene
        super().__init__(roster, (hours, steps, supply, burst, pressure, quality, counters, nights, balance), shortest)
        self.telling = (supply, pressure, quality, nights, balance)

    def replaces(self, signal: Signal) -> bool:
        """Flow and pressure where sensors of the zone can be compared: one alone may be wrong. And a home that
        draws more or less than it did an hour ago: homes are judged by days and beside each other."""
        slot = self.slot_of(signal)
        if slot == NOT_OURS or signal.kind not in ("limit", "unusual"):
            return False
        return bool(self.scene.compared[slot] or (signal.kind == "unusual" and self.scene.counting[slot]))

    def look_up(self, readings: Wave) -> None:
        self.scene.clocks(readings)

    def indicators(self) -> list[dict[str, Any]]:
        """What is no alarm: JSON-ready rows, each with indicator, unit, value, place and day or time."""
        return [row for rule in self.telling for row in rule.indicators()]


__all__ = ["WaterAnalytics"]
