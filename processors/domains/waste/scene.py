"""What all waste rules share: who is who, by which thresholds, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from config.thresholds import Thresholds
from config.thresholds.waste import WasteThresholds
from processors import texts
from processors.domains.hearing import Wave
from processors.domains.roster import NOT_OURS, Roster
from processors.signals import NOBODY, Place, Signal
from telemetry.batch import Index
from telemetry.sensors import SensorTable
from telemetry.series import Device

QUANTITIES: Final = ("fill", "temperature", "tilt", "battery")
FILL, TEMPERATURE, TILT, BATTERY = range(4)
MINUTE: Final = 60_000
HOUR: Final = 3_600_000
DAY: Final = 86_400_000
WARNING, CRITICAL = 1, 2


@dataclass(frozen=True, slots=True)
class Scene:
    """State of the rules is by device: a bin. zone: the city's time zone."""

    roster: Roster
    sensors: SensorTable
    thresholds: Thresholds
    language: texts.Language
    zone: ZoneInfo

    def __len__(self) -> int:
        return len(self.roster.devices)

    def at(self, device: int) -> WasteThresholds:
        """What holds for a bin."""
        bin = self.roster.devices[device]
        return self.thresholds.at(bin.city, bin.zone, bin.device).waste

    def place(self, device: int) -> Place:
        return self.roster.devices[device][:3]

    def name(self, device: int) -> Device:
        return self.roster.devices[device]

    def devices(self, wave: Wave) -> Index:
        """The bin of each row; of one quantity, each at most once."""
        found: Index = self.roster.device[wave.slot].astype(np.intp)
        return found

    def series(self, device: int, quantity: str) -> int:
        slot = self.roster.slot_of(device, quantity)
        return int(self.roster.series[slot]) if slot != NOT_OURS else NOBODY

    def measured(self, value: float, quantity: str, decimals: int = 0) -> str:
        """As people say it: without digits that mean nothing."""
        return texts.measured(round(value, decimals), self.roster.domain, quantity, self.language)

    def signal(
        self, kind: str, device: int, quantity: str, said: tuple[int, bool, int, float, float], reason: str, cause: str
    ) -> Signal:
        """said: time, active, severity, value, score."""
        time, active, severity, value, score = said
        member = self.series(device, quantity)
        return Signal(kind, self.place(device), cause, member, time, active, severity, value, score, reason)

    def say(self, sentence: str, device: int, **words: str) -> str:
        return texts.say(sentence, self.language, device=self.roster.devices[device].device, **words)
