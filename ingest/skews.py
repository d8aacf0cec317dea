"""By how far each device's clock is ahead of ours, or behind: the newest of what it sends tells.

    ts − arrival, a reading each, of a clock that is 5 min behind
       0 ┤
    −5 min ┤ ·  ·     ·   ·  ·     told: the greatest of all
         ┤      ·         ·       what waited at the gateway, in a pack, or at the broker

So what comes late makes no clock slow, as long as something comes in time; and what is refused as `future` is measured
too. Of a device that sends nothing but what is old, nobody can tell which of both it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from telemetry import flags
from telemetry.batch import Int32, Int64, UInt32
from telemetry.growth import extended
from telemetry.series import Device, SeriesTable
from telemetry.time import NEVER

SPAN_MS: Final = 600_000
"""Readings of one to two such spans are looked at together: so soon it is told that a clock has been set right, or has
fallen behind. That one has run ahead is told at once."""
OFF_MS: Final = 60_000
"""A clock that is further away than this, either way, is off."""
STRANGERS: Final = 1_000
"""Devices of which nothing was ever taken, and which have no id therefore; the one met first makes room."""
_MOST_MS: Final = 100 * 366 * 86_400_000
_NOT_TOLD: Final = flags.NO_TIME | flags.RETAINED
"""Of these the time is not the sender's, or from before it was sent."""


class Skews:
    """Measured since the start of nadi; not part of any snapshot."""

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self._began = 0
        self._present: Int64 = np.zeros(0, np.int64)
        """By device: the greatest of this span, ms; NEVER where it has sent nothing yet."""
        self._former: Int64 = np.zeros(0, np.int64)
        """The same of the span before in which it has sent something."""
        self._strangers: dict[Device, tuple[int, int]] = {}
        """ms ahead, and when it was measured."""

    def note(self, series: Int32, time: Int64, flag: UInt32, now: int) -> None:
        """One row a reading, those that are refused too; NEVER for a time that can't be read. now: ms."""
        told = (flag & _NOT_TOLD) == 0
        told &= time != NEVER
        if not told.all():
            series, time = series[told], time[told]
        if not len(time):
            return
        self._turn(now)
        device = self.table.device_of[series].astype(np.intp)
        # What no clock shows would be beyond what int64 holds of a difference.
        ahead = np.clip(time, now - _MOST_MS, now + _MOST_MS) - now
        np.maximum.at(self._present, device, ahead)

    def note_refused(self, times: Mapping[Device, int], now: int) -> None:
        """The greatest time, ms, of what was refused of each device before it became rows."""
        self._turn(now)
        for device, time in times.items():
            ahead = min(max(time - now, -_MOST_MS), _MOST_MS)
            known = self.table.find_device(device)
            if known is not None:
                self._present[known] = max(self._present[known], ahead)
                continue
            if device not in self._strangers and len(self._strangers) >= STRANGERS:
                del self._strangers[next(iter(self._strangers))]
            self._strangers[device] = ahead, now

    def of(self, device: Device) -> int | None:
        """By how many ms its clock is ahead (below 0: behind); None where that has not been measured."""
        known = self.table.find_device(device)
        if known is None:
            return self._strangers.get(device, (None, 0))[0]
        if known >= len(self._present):
            return None
        found = int(max(self._present[known], self._former[known]))
        return None if found == NEVER else found

    def off(self, most: int) -> tuple[int, list[tuple[Device, int]]]:
        """How many clocks are off; the `most` worst of them with the ms by which they are ahead, the worst first."""
        known = np.maximum(self._present, self._former)
        rows = np.flatnonzero((known > OFF_MS) | ((known < -OFF_MS) & (known != NEVER)))
        worst = rows[np.argsort(-np.abs(known[rows]), kind="stable")[:most]].tolist()
        named = [(device, int(known[row])) for row in worst if (device := self.table.devices[row]) is not None]
        strange = [
            (device, ahead)
            for device, (ahead, _) in self._strangers.items()
            if abs(ahead) > OFF_MS and self.table.find_device(device) is None
        ]
        found = sorted(named + strange, key=lambda each: -abs(each[1]))
        return len(rows) + len(strange), found[:most]

    def _turn(self, now: int) -> None:
        """Make room for all devices; begin another span when this one is over, or when our own clock was set back."""
        size = len(self.table.devices)
        self._present, self._former = extended(self._present, size, NEVER), extended(self._former, size, NEVER)
        if 0 <= now - self._began < SPAN_MS:
            return
        self._strangers = {device: found for device, found in self._strangers.items() if found[1] >= self._began}
        self._began = now
        heard = self._present != NEVER
        self._former[heard] = self._present[heard]
        self._present[:] = NEVER
