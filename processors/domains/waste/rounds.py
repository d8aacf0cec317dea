"""Rounds: bins that are collected on a schedule, learned or configured, and this time were not.

    day      1          2          3
    truck    ▼          ▼       (07:10)┄┄ late ┄┄│ missed: half of the zone's bins are left
    fill   ╱╱│╱╱╱╱╱╱╱╱╱╱│╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱╱

A weekday counts for one on which trucks come until bins were left more often than collected on
it. A bin's usual time of day is that of its last collections. A round that is usual about midnight
is one round, whether its truck comes before or after it: the day on which it was first seen.

    23:40 ▼ ┊        ┊ ▼ 00:20      of usual 00:00: the round of this midnight, early and late
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np

from config.thresholds.waste import RoundThresholds
from processors import texts
from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.waste.fill import Fill
from processors.domains.waste.scene import DAY, HOUR, MINUTE, WARNING, Scene
from telemetry.batch import Bool, Index, Int64

KIND: Final = "missed-collection"
NEVER: Final = 2**62
_SURE: Final = 3
"""Weeks that a habit may count for at most."""
_NEW: Final = 0.5
"""Weight of the latest collection in the usual time of day."""
_EARLY: Final = 8 * HOUR
"""ms: so long before its usual time a collection is that of a round; up to then it is that of the round before."""
_NIGHT: Final = 4 * HOUR
"""ms after midnight in which a truck may still be on the round of the day before, by the settings' days."""


class Rounds:
    """State by bin. habit: collected on this weekday, oftener than left; usual: time of a round's day, ms, which may
    lie a few hours outside of it; due: when it counts as late, ms UTC, by the `late` of then; missed: `due` of the
    round that was missed."""

    name = "rounds"

    def __init__(self, scene: Scene, fill: Fill) -> None:
        self.scene = scene
        self.fill = fill
        self.columns = Columns(
            habit=(np.int8, 0, 7),
            usual=(np.float64, np.nan),
            due=(np.int64, NEVER),
            told=(np.bool_, False),
            missed=(np.int64, 0),
            late=(np.int64, 0),
        )
        self.rules: list[RoundThresholds] = []
        self.late: Int64 = np.zeros(0, np.int64)
        """ms by bin, of the rules."""
        self.minute = np.zeros(1, np.int64)

    def grow(self) -> None:
        size = len(self.scene)
        self.rules += [self.scene.at(device).rounds for device in range(len(self.rules), size)]
        self.late = np.array([rules.late for rules in self.rules], np.int64)
        before = self.columns.size
        self.columns.grow(size)
        self.columns["late"][before:size] = self.late[before:]

    def tick(self, now: int, out: Outputs) -> None:
        for device, time in self.fill.visits:
            self._learn(device, time)
            if self.columns["told"][device]:
                self._tell(device, now, False, out)
        if not len(self.scene) or now // MINUTE == self.minute[0]:
            return
        self.minute[0] = now // MINUTE
        c, size = self.columns, len(self.scene)
        due = c["due"][:size]
        passing = (now > due - self.late) & ~self.fill.judged
        if passing.any():
            self._put_off(np.flatnonzero(passing), now)
        late = now > due
        if late.any():
            self._judge(late, now, out)

    def _judge(self, late: Bool, now: int, out: Outputs) -> None:
        """A round is missed by a zone, or a bin by itself after longer."""
        c, size, fill = self.columns, len(self.scene), self.fill.columns
        stale = np.array([rules.stale for rules in self.rules])
        known = self.fill.judged & (c["due"][:size] != NEVER) & (np.abs(now - fill["at"][:size]) < stale)
        empty = fill["level"][:size] <= self.fill.limits[:, 6]
        late = late & known & ~empty
        zone = self.scene.roster.device_zone
        left = np.bincount(zone[late], minlength=len(self.scene.roster.zones))
        all_of = np.bincount(zone[known], minlength=len(self.scene.roster.zones))
        for device in np.flatnonzero(late & ~c["told"][:size]).tolist():
            rules, number = self.rules[device], int(left[zone[device]])
            missed = number >= min(2, all_of[zone[device]]) and number >= rules.share * all_of[zone[device]]
            going_on = bool((c["told"][:size] & (zone == zone[device])).any())
            if missed or going_on or now - c["due"][device] >= rules.alone:
                self._tell(device, now, True, out)

    def _put_off(self, devices: Index, now: int) -> None:
        """Who knows whether a bin was collected whose fill said nothing then, or that burned? The next round tells."""
        for device in devices.tolist():
            due = int(self.columns["due"][device])
            while due - self.late[device] < now:
                due = self.following(device, due)
            self.columns["due"][device] = due

    def day(self, device: int, due: int) -> int:
        """The local day, counted from 1970, of the round that counts as late at `due` (ms UTC)."""
        return self._day(device, due - self.rules[device].late + self._offset(due))

    def _day(self, device: int, local: int) -> int:
        """The day of the round to which a local time belongs."""
        usual = float(self.columns["usual"][device])
        return int((local - (0.0 if np.isnan(usual) else usual - _EARLY)) // DAY)

    def following(self, device: int, due: int) -> int:
        """When the round after that one counts as late, ms UTC; NEVER without one."""
        day = self.day(device, due)
        about = self._after(device, day, due)
        # By the offset from UTC of then: with that of a day before, the round might be on the same day again.
        return about if about == NEVER else self._after(device, day, about)

    def certain(self, device: int, due: int) -> bool:
        """Whether trucks come on its weekday by the settings, or oftener than not; not only as far as anyone knows."""
        weekday = _weekday(self.day(device, due))
        return self.rules[device].days is not None or bool(self.columns["habit"][device, weekday] > 0)

    def _after(self, device: int, day: int, time: int) -> int:
        """When the next round after a local day is late, ms UTC; NEVER without one. time: for the offset from UTC."""
        ahead = next((n for n in range(1, 8) if self._comes(device, day + n)), None)
        if ahead is None:
            return NEVER
        due = int((day + ahead) * DAY + self.columns["usual"][device] - self._offset(time))
        return due + self.rules[device].late

    def _learn(self, device: int, time: int) -> None:
        """A collection at `time`: its weekday and hour, and when the next one is due."""
        c, local = self.columns, time + self._offset(time)
        day, due = self._day(device, local), int(c["due"][device])
        if due != NEVER:
            # It was due on each day between; the due day itself may have been long ago.
            for missed in range(max(self.day(device, due), day - 7), day):
                self._count(device, missed, -1)
        day, usual = self._usual(device, day, local)
        c["usual"][device] = usual
        self._count(device, day, 1)
        c["due"][device] = self._after(device, day, time)

    def _usual(self, device: int, day: int, local: int) -> tuple[int, float]:
        """A round's day and the usual time of it, by a collection at a local time."""
        usual, of_day = float(self.columns["usual"][device]), local - day * DAY
        if not np.isnan(usual):
            usual += _NEW * (of_day - usual)
            # A schedule that keeps moving must not leave its days behind.
            moved = -1 if usual < -DAY / 2 else 1 if usual >= 3 * DAY / 2 else 0
            return day + moved, usual - moved * DAY
        days = self.rules[device].days
        before = days is not None and _weekday(day) not in days and _weekday(day - 1) in days and of_day < _NIGHT
        return day - before, float(of_day + before * DAY)

    def _count(self, device: int, day: int, change: int) -> None:
        habit = self.columns["habit"]
        habit[device, _weekday(day)] = np.clip(habit[device, _weekday(day)] + change, -_SURE, _SURE)

    def _comes(self, device: int, day: int) -> bool:
        days = self.rules[device].days
        if days is not None:
            return _weekday(day) in days
        return bool(self.columns["habit"][device, _weekday(day)] >= 0)

    def _offset(self, time: int) -> int:
        """Local time less UTC, ms."""
        offset = datetime.fromtimestamp(time / 1000, self.scene.zone).utcoffset()
        assert offset is not None
        return round(offset.total_seconds() * 1000)

    def _tell(self, device: int, now: int, active: bool, out: Outputs) -> None:
        scene, fill = self.scene, self.fill.columns
        self.columns["told"][device] = active
        value, emptied = float(fill["level"][device]), int(fill["emptied"][device])
        words = {"lasting": texts.lasting(now - emptied, scene.language), "value": scene.measured(value, "fill")}
        reason = scene.say("rounds.missed", device, **words) if active else scene.say("rounds.made", device)
        said = (now, active, WARNING, value, 0.8)
        out.signals.append(scene.signal(KIND, device, "fill", said, reason, self._round(device, active)))

    def _round(self, device: int, active: bool) -> str:
        """The local day of the round that is missed: one that was missed before is another incident."""
        c = self.columns
        if active:
            c["missed"][device] = c["due"][device]
        time = int(c["missed"][device]) - self.rules[device].late
        return datetime.fromtimestamp(time / 1000, self.scene.zone).date().isoformat()

    def indicators(self) -> list[dict[str, Any]]:
        """When each bin is due next, as learned."""
        told = []
        for row in np.flatnonzero(self.columns["due"][: len(self.scene)] != NEVER).tolist():
            bin, due = self.scene.name(row), int(self.columns["due"][row]) - self.rules[row].late
            told.append(
                {
                    "indicator": "next_collection",
                    "city": bin.city,
                    "zone": bin.zone,
                    "device": bin.device,
                    "time": int(self.fill.columns["at"][row]),
                    "value": due,
                    "unit": "ms",
                    "late": bool(self.columns["told"][row]),
                }
            )
        return told

    def snapshot(self) -> State:
        return {"minute": self.minute.copy(), **self.columns.snapshot()}

    def restore(self, state: State) -> None:
        self.minute = state["minute"].copy()
        self.columns.restore(state)
        self._reset()

    def _reset(self) -> None:
        """Let the rounds that are due be due by the present settings."""
        c, size = self.columns, len(self.scene)
        moved = self.late - c["late"][:size]
        waiting = np.flatnonzero(c["due"][:size] != NEVER)
        c["due"][waiting] += moved[waiting]
        c["missed"][:size] += moved
        c["late"][:size] = self.late
        for device in waiting.tolist():
            due, days = int(c["due"][device]), self.rules[device].days
            if days is not None and _weekday(self.day(device, due)) not in days:
                c["due"][device] = self.following(device, due)


def _weekday(day: int) -> int:
    """0 is Monday; day 0 is 1 January 1970, a Thursday."""
    return (day + 3) % 7
