"""Disaster: rivers, rain, slopes, earthquakes, the sea and the air, one rule a file."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from config.thresholds import Thresholds
from processors.domains.base import Domain
from processors.domains.disaster.air import Air
from processors.domains.disaster.minutes import Minutes
from processors.domains.disaster.rain import Rain
from processors.domains.disaster.rivers import Rivers
from processors.domains.disaster.scene import QUANTITIES, Scene
from processors.domains.disaster.seismic import Seismic
from processors.domains.disaster.slopes import Slopes
from processors.domains.disaster.tide import Tide
from processors.domains.disaster.waves import Waves
from processors.domains.roster import Roster
from processors.texts import Language
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable

__all__ = ["DisasterAnalytics"]


def DisasterAnalytics(  # noqa: N802 - stands in the table of domains beside classes
    table: SeriesTable,
    sensors: SensorTable,
    thresholds: Thresholds,
    shortest: int,
    language: Language = "id",
    timezone: str = "Asia/Jakarta",
) -> Domain:
    """The processor of the disaster domain. shortest: ms, of the windows; timezone: the city's, for sentences."""
    scene = Scene(Roster(table, "disaster", QUANTITIES), sensors, thresholds, language, ZoneInfo(timezone))
    rivers, rain = Rivers(scene), Rain(scene)
    slopes, tide, air = Slopes(scene, rain), Tide(scene), Air(scene)
    minutes = Minutes(scene, (rain, slopes, tide, air))
    rules = (minutes, rivers, Waves(rivers), rain, slopes, Seismic(scene), tide, air)
    return Domain(scene.roster, rules, shortest)
