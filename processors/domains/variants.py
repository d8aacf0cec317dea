"""Which thresholds hold for which device: a handful of different ones, however many devices there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Generic, TypeVar

import numpy as np

from config.settings import Section
from config.thresholds import Thresholds
from config.thresholds.model import SiteThresholds
from telemetry.batch import Float64, Index, Int32
from telemetry.series import Device

Rules = TypeVar("Rules", bound=Section)


class Variants(Generic[Rules]):
    """kinds: the different thresholds of a domain; of: int32[devices], which of them holds for each device.

    They follow from the settings alone, so they are no state: what was changed holds after a restart too.
    """

    def __init__(self, thresholds: Thresholds, domain: Callable[[SiteThresholds], Rules]) -> None:
        self.thresholds = thresholds
        self.domain = domain
        self.kinds: list[Rules] = []
        self.of: Int32 = np.zeros(0, np.int32)
        self._numbers: dict[int, int] = {}
        self._columns: dict[str, Float64] = {}

    def grow(self, devices: Sequence[Device]) -> None:
        """Take in those of `devices` that are new: the ones behind those known."""
        found = [self._number(device) for device in devices[len(self.of) :]]
        self.of = np.append(self.of, np.array(found, np.int32))

    def _number(self, device: Device) -> int:
        rules = self.domain(self.thresholds.at(device.city, device.zone, device.device))
        number = self._numbers.setdefault(id(rules), len(self.kinds))
        if number == len(self.kinds):
            self.kinds.append(rules)
            self._columns.clear()
        return number

    def at(self, device: int) -> Rules:
        return self.kinds[int(self.of[device])]

    def each(self, devices: Index | Int32, key: str) -> Float64:
        """One threshold ("overload.near") of each of some devices: float64[devices], or [1] while the same holds for
        all, which numpy stretches."""
        column = self._columns.get(key)
        if column is None:
            read = attrgetter(key)
            column = self._columns[key] = np.array([read(rules) for rules in self.kinds], np.float64)
        return column if len(self.kinds) == 1 else column[self.of[devices]]
