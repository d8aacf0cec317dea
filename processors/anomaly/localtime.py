"""The half-hour of the local day, of whole columns of times."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from processors.anomaly.rules import DAY, SLOT
from telemetry.batch import Index, Int64

STRETCH: Final = 1_800_000
"""No zone changes its offset but at a whole half-hour of UTC."""
LATEST: Final = 253_402_300_799_999 // STRETCH
"""Python's dates end with the year 9999; later ones are taken as that."""
TABLE: Final = 20_000
"""A batch that spans more half-hours than this (a year) looks each one up."""


class LocalDay:
    """Times (ms, UTC) to half-hours 0 to 47 of the day in a time zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._offset = lru_cache(maxsize=10_000)(self._find)

    def _find(self, stretch: int) -> int:
        when = datetime.fromtimestamp(min(max(stretch, 0), LATEST) * STRETCH / 1000, UTC)
        offset = when.astimezone(self._zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds() * 1000)

    def offsets(self, time: Int64) -> int | Int64:
        """Local time less UTC, ms: one number where it is the same for all."""
        stretch = time // STRETCH
        least, most = int(stretch.min()), int(stretch.max())
        if least == most:
            return self._offset(least)
        if most - least < TABLE:
            offsets: Int64 = np.array([self._offset(each) for each in range(least, most + 1)]).take(stretch - least)
            return offsets
        each, which = np.unique(stretch, return_inverse=True)
        offsets = np.array([self._offset(one) for one in each.tolist()])
        return offsets[which]

    def slots(self, time: Int64) -> Index:
        slots: Index = (time + self.offsets(time)) % DAY // SLOT
        return slots

    def from_wall(self, time: Int64) -> Int64:
        """Times on a local clock (as if they were UTC) as UTC; an hour that comes twice is the second one."""
        return time - self.offsets(time - self.offsets(time))
