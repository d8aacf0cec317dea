"""Whether what a member showed is still known: a sensor that dies can't tell that its condition is over.

    readings   ● ● ● ●                              ● ●
    condition  ____████████████████┤ last known     ├───┤██████   as before, unless its processor says otherwise
    silent           ├── silent ───┤                 anew

Only believed readings count, by when they came. Nothing is lost while nadi itself hears nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.incidents.model import NEVER, Case, Condition
from processors.incidents.rules import ANEW_ELSE_MS, ANEW_MS, LISTEN_MS, UNMISSED_MS
from processors.kinds import KINDS, Kind
from processors.runs import SKIPPED, extended
from processors.signals import NOBODY
from telemetry import flags
from telemetry.batch import Int64, Readings

NO_DATA: Final = "no-data"
_UNHEARD: Final = SKIPPED | flags.RETAINED
"""A reading that comes late is a sign of life, too: some sensors are always late."""


class Hearing:
    """When members were last heard. A condition keeps it in a snapshot; the array follows from the conditions."""

    def __init__(self) -> None:
        self.connected = 0
        """When the present session began to deliver, ms; 0 while there is none."""
        self.silent: dict[int, int] = {}
        """Series that are said to be silent, and by how many."""
        self._heard: Int64 = np.zeros(0, np.int64)

    def note(self, readings: Readings) -> None:
        """Take note of who is heard, in log order (the last assignment wins, and arrivals are in order)."""
        believed = (readings.flags & _UNHEARD) == 0
        series = readings.series[believed]
        if len(series):
            self._reach(int(series.max()))
            self._heard[series] = readings.arrival[believed]

    def mark(self, member: int, now: int) -> None:
        """A member that speaks has been heard."""
        if member != NOBODY:
            self._reach(member)
            self._heard[member] = max(int(self._heard[member]), now)

    def last(self, member: int) -> int:
        """Log time at which a member was heard, ms; 0 for never."""
        return int(self._heard[member]) if 0 <= member < len(self._heard) else 0

    def lose(self, case: Case, now: int) -> list[int]:
        """End what has not been heard of for too long; the members."""
        kind, lost = KINDS[case.kind], list[int]()
        if not kind.silent or not self.connected:
            return lost
        for condition in case.conditions.values():
            if condition.active and condition.member != NOBODY and now >= self._until(condition, kind):
                condition.active, condition.lost, condition.again = False, True, 0
                condition.ended = condition.changed = condition.heard = max(now, condition.since)
                case.active -= 1
                lost.append(condition.member)
        return lost

    def find(self, case: Case, now: int) -> list[Condition]:
        """Let what was lost hold again whose sensor is back while its processor does not say that it is over."""
        found = list[Condition]()
        anew = ANEW_MS if KINDS[case.kind].life_safety else ANEW_ELSE_MS
        for condition in case.conditions.values():
            if not condition.lost or self.last(condition.member) <= condition.ended:
                continue
            condition.again = condition.again or now
            if now - condition.again >= anew:
                condition.active, condition.lost = True, False
                condition.since = condition.changed = condition.heard = now
                case.active += 1
                found.append(condition)
        return found

    def due(self, case: Case, now: int) -> int:
        """The next log time at which a member's silence, or its return, may change something."""
        patience = round(KINDS[case.kind].silent * 1000)
        moments = [NEVER]
        for condition in case.conditions.values() if patience else ():
            if condition.lost:
                moments.append(now + LISTEN_MS)
            elif condition.active and condition.member != NOBODY:
                moments.append(max(max(self.last(condition.member), self.connected) + patience, now + LISTEN_MS))
        return min(moments)

    def _until(self, condition: Condition, kind: Kind) -> int:
        """Log time until which what a member showed counts without another reading of it."""
        patience = round(kind.silent * 1000)
        if condition.member not in self.silent:
            patience = max(patience, UNMISSED_MS)
        return max(self.last(condition.member), self.connected) + patience

    def save(self, case: Case) -> None:
        """Write into a case's conditions when their members were heard."""
        for condition in case.conditions.values() if KINDS[case.kind].silent else ():
            condition.last = self.last(condition.member)

    def restore(self, case: Case) -> None:
        """Take back what `save` wrote."""
        for condition in case.conditions.values():
            if condition.last:
                self.mark(condition.member, condition.last)

    def _reach(self, member: int) -> None:
        if member >= len(self._heard):
            self._heard = extended(self._heard, max(member + 1, 2 * len(self._heard)), 0)
