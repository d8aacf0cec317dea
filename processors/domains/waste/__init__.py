"""Waste: bins that fill, burn, fall over and wait for a truck, one rule a file."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from config.thresholds import Thresholds
from processors.domains.base import Domain
from processors.domains.roster import Roster
from processors.domains.waste.fill import Fill
from processors.domains.waste.fire import Fire
from processors.domains.waste.health import Health
from processors.domains.waste.rounds import Rounds
from processors.domains.waste.scene import QUANTITIES, Scene
from processors.domains.waste.tilt import Tilt
from processors.texts import Language
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

INSTEAD: Final = {"limit": ("fill", "temperature", "tilt")}
"""Of these the detector's signals are left out: a bin is full, burns or lies on its side, and not merely beyond."""

__all__ = ["WasteAnalytics"]


def WasteAnalytics(  # noqa: N802 - stands in the table of domains beside classes
    table: SeriesTable,
    sensors: SensorTable,
    thresholds: Thresholds,
    shortest: int,
    language: Language = "id",
    timezone: str = "Asia/Jakarta",
) -> Domain:
    """The processor of the waste domain. shortest: ms, of the windows; timezone: the city's, for rounds."""
    scene = Scene(Roster(table, "waste", QUANTITIES), sensors, thresholds, language, ZoneInfo(timezone))
    tilt, health = Tilt(scene), Health(scene)
    fire = Fire(scene, health)
    fill = Fill(scene, tilt, fire, health)
    # Later rules ask earlier ones at ticks, so this is their order.
    return Domain(scene.roster, (tilt, health, fire, fill, Rounds(scene, fill)), shortest, INSTEAD)
