"""What all disaster rules share: who is who, where, by which thresholds, and in which words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from config.thresholds import Thresholds
from config.thresholds.disaster import DisasterThresholds
from processors import texts
from processors.domains.roster import NOT_OURS, Roster
from processors.signals import Place
from telemetry.batch import Float64, Index, Int32
from telemetry.sensors import SensorTable
from telemetry.series import Identity

QUANTITIES: Final = (
    *("river_level", "rainfall", "tilt", "displacement", "soil_moisture"),
    *("pga", "tide", "pm25", "pm10"),
)
HOUR: Final = 3_600_000
MINUTE: Final = 60_000
INFO, WARNING, CRITICAL = 0, 1, 2
_KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True)
class Scene:
    """zone: the city's time zone."""

    roster: Roster
    sensors: SensorTable
    thresholds: Thresholds
    language: texts.Language
    zone: ZoneInfo

    def identity(self, slot: int) -> Identity:
        identity = self.roster.table.identities[int(self.roster.series[slot])]
        assert identity is not None
        return identity

    def series(self, slot: int) -> int:
        return int(self.roster.series[slot])

    def at(self, slot: int) -> DisasterThresholds:
        """What holds for the device of a slot."""
        identity = self.identity(slot)
        return self.thresholds.at(identity.city, identity.zone, identity.device).disaster

    def city(self, slot: int) -> Place:
        """The whole city of a slot."""
        return self.identity(slot).city, self.roster.domain, "*"

    def position(self, slot: int) -> tuple[float, float]:
        """Latitude and longitude, degrees; NaN where the catalogue has none."""
        sensor = self.sensors.sensors.get(self.identity(slot))
        return (sensor.lat, sensor.lon) if sensor is not None else (math.nan, math.nan)

    def measured(self, value: float, quantity: str) -> str:
        return texts.measured(value, self.roster.domain, quantity, self.language)

    def rounded(self, value: float, quantity: str, decimals: int = 0) -> str:
        """As people say it: without digits that mean nothing."""
        return self.measured(round(value, decimals), quantity)

    def say(self, sentence: str, **words: str) -> str:
        return texts.say(sentence, self.language, **words)

    def clock(self, time: int) -> str:
        """Hours and minutes of the city: "14.05" in Indonesian, "14:05" in English."""
        text = datetime.fromtimestamp(time / 1000, self.zone).strftime("%H:%M")
        return text.replace(":", ".") if self.language == "id" else text


class Lane:
    """The slots of some quantities, in rows of their own, in the order of slots.

    row: int32[slots], NOT_OURS for slots of other quantities; slot: int32[rows].
    """

    def __init__(self, roster: Roster, *quantities: str) -> None:
        self.roster = roster
        self.quantities = tuple(roster.quantities.index(each) for each in quantities)
        self.row: Int32 = np.zeros(0, np.int32)
        self.slot: Int32 = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self.slot)

    def grow(self) -> range:
        """Take in new slots; the rows that are new."""
        before, seen = len(self.slot), len(self.row)
        fresh = np.flatnonzero(np.isin(self.roster.quantity[seen:], self.quantities)) + seen
        rows = np.full(len(self.roster) - seen, NOT_OURS, np.int32)
        rows[fresh - seen] = before + np.arange(len(fresh))
        self.row = np.concatenate((self.row, rows))
        self.slot = np.concatenate((self.slot, fresh.astype(np.int32)))
        return range(before, len(self.slot))

    def rows(self, slots: Index) -> Index:
        return self.row[slots].astype(np.intp)


def distances(one: tuple[float, float], others: Float64) -> Float64:
    """float64[others]: km to each of `others`, float64[others, 2]: a city or a river apart; NaN where it is unknown."""
    north = (one[0] - others[:, 0]) * _KM_PER_DEGREE
    east = (one[1] - others[:, 1]) * _KM_PER_DEGREE * math.cos(math.radians(one[0]))
    return np.asarray(np.hypot(north, east))
