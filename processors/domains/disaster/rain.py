"""Rain gauges: the onset of dangerous rain, a day's class, and the thresholds of landslides.

Dangerous is a cloudburst, or much in an hour. Rain that goes on is another danger, and another incident: drains that
take 15 mm/h for an hour do not take it for four. As the day's class rises meanwhile, it is told again.

mm/h  a D^-b
  │╲            Caine 1980: beyond it shallow landslides begin
  │  ╲___ ●     the mean intensity of the last 1, 2, … 24 h and of the whole event
  │      ‾‾‾──
  └───────────▶ D, hours
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np

from processors.base import Outputs, State
from processors.domains.columns import Columns
from processors.domains.disaster.scene import HOUR, MINUTE, WARNING, Lane, Scene
from processors.domains.hearing import Wave
from processors.sentences.disaster import RAIN_CLASSES
from processors.signals import Signal
from telemetry.batch import Bool, Float64, Index, Int64

KIND: Final = "heavy-rain"
_DAY: Final = "24 h"
"""Cause of rain that lasts: a cloudburst amid it asks for a person by itself."""
_MINUTES: Final = 60
_HOURS: Final = 24
_HEAVY: Final = 3
"""Of BMKG's classes of a day."""
_LETS_GO: Final = 0.5
"""Share of `ends` below which lasting rain is over (BMKG: 5 mm/h, which is moderate): near `ends` five minutes are
above and below in turn. Our own."""
_SHORTEST, _LONGEST = 0.167, 240.0
"""h for which Caine's threshold holds."""


class _Fallen(NamedTuple):
    """Of each gauge: mm/h over the window, mm in the last hour, and by the hour of the clock, the newest first."""

    rate: Float64
    hour: Float64
    hours: Float64


class Rain:
    """State by gauge: mm in each of the last 60 minutes and 24 hours, and of the present event of rain.

    lasting: it goes on; grade: BMKG's class of the day meanwhile, as told. beyond: when the threshold of landslides was
    last passed, ms; beyond_rain, beyond_hours: by how much in how long.
    """

    name = "rain"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.rules = scene.thresholds.disaster.rain
        self.lane = Lane(scene.roster, "rainfall")
        self.columns = Columns(
            minutes=(np.float64, 0.0, _MINUTES),
            hours=(np.float64, 0.0, _HOURS),
            at=(np.int64, 0),
            wet=(np.bool_, False),
            heavy=(np.bool_, False),
            lasting=(np.bool_, False),
            grade=(np.int8, 0),
            began=(np.int64, 0),
            rained=(np.int64, 0),
            amount=(np.float64, 0.0),
            beyond=(np.int64, 0),
            beyond_rain=(np.float64, 0.0),
            beyond_hours=(np.float64, 0.0),
        )

    def grow(self) -> None:
        self.lane.grow()
        self.columns.grow(len(self.lane))

    def minute(self, wave: Wave, out: Outputs) -> None:
        wave = wave.of(*self.lane.quantities)
        if not len(wave):
            return
        rows = self.lane.rows(wave.slot)
        busy = (wave.value > 0) | self.columns["wet"][rows]
        if not busy.all():
            self.columns["at"][rows[~busy]] = wave.time[~busy]
        if busy.any():
            self._rain(rows[busy], wave.time[busy], np.maximum(wave.value[busy], 0.0), out)

    def overtaken(self, wave: Wave, out: Outputs) -> None:
        """What fell before the latest rows, into the minute and the hour when it fell; judged with the next row."""
        c, rows = self.columns, self.lane.rows(wave.slot)
        fallen = np.maximum(wave.value, 0.0)
        for name, length in (("minutes", MINUTE), ("hours", HOUR)):
            ring, number = c[name], wave.time // length
            held = c["at"][rows] // length - number < ring.shape[1]
            ring[rows[held], number[held] % ring.shape[1]] += fallen[held]
        c["wet"][rows] |= fallen > 0
        c["amount"][rows] += np.where((c["began"][rows] > 0) & (wave.time >= c["began"][rows]), fallen, 0.0)

    def tick(self, now: int, out: Outputs) -> None:
        """Each gauge is judged by itself."""

    def _rain(self, rows: Index, time: Int64, fallen: Float64, out: Outputs) -> None:
        c, rules = self.columns, self.rules
        before = c["at"][rows]
        _pour(c["minutes"], rows, time // MINUTE, np.where(before == 0, -1, before // MINUTE), fallen)
        _pour(c["hours"], rows, time // HOUR, np.where(before == 0, -1, before // HOUR), fallen)
        c["at"][rows] = time
        recent = _latest(c["minutes"], rows, time // MINUTE)
        hours = _latest(c["hours"], rows, time // HOUR)
        window = rules.window // MINUTE
        rate = recent[:, :window].sum(1) * (_MINUTES / window)
        hour = recent.sum(1)
        self._event(rows, time, fallen, hour)
        sums = np.cumsum(hours, 1)
        sums[:, 0] = np.maximum(sums[:, 0], hour)
        self._threshold(rows, time, sums)
        self._judge(rows, time, _Fallen(rate, hour, hours), out)

    def _judge(self, rows: Index, time: Int64, fallen: _Fallen, out: Outputs) -> None:
        c, rules = self.columns, self.rules
        rate, hour, hours = fallen
        day = hours.sum(1)
        c["wet"][rows] = day > 1e-9
        heavy, lasting, told = c["heavy"][rows], c["lasting"][rows], c["grade"][rows]
        now_heavy = (rate >= rules.violent) | (hour >= rules.hourly) | (heavy & (rate >= rules.ends))
        now_lasting = self._lasts(fallen, day, lasting) & (lasting | ~now_heavy)
        grade = np.where(now_lasting, np.searchsorted(rules.classes, day, side="right"), 0)
        graver = lasting & (grade > told) & (grade >= _HEAVY)
        c["heavy"][rows], c["lasting"][rows] = now_heavy, now_lasting
        c["grade"][rows] = np.where(now_lasting, np.maximum(grade, told), 0)
        for changed, cause, active in (
            (now_heavy != heavy, "", now_heavy),
            ((now_lasting != lasting) | graver, _DAY, now_lasting),
        ):
            for at in np.flatnonzero(changed).tolist():
                facts = float(rate[at]), float(hour[at]), float(day[at])
                out.signals.append(self._signal(int(rows[at]), cause, int(time[at]), bool(active[at]), *facts))

    def _lasts(self, fallen: _Fallen, day: Float64, lasting: Bool) -> Bool:
        """Whether it has rained heavily for hours, or half as heavily for twice as long and very much in the day. Not
        told is what showers of one day make together. What lasts is over when it rains less than that half."""
        rules, half = self.rules, _LETS_GO * self.rules.ends
        now = np.minimum(fallen.rate, fallen.hour)
        heavily = (now >= rules.ends) & (fallen.hours[:, 1 : rules.steady + 1].min(1) >= rules.ends)
        long = (day >= rules.daily) & (fallen.hours[:, 1 : 2 * rules.steady + 1].min(1) >= half)
        return np.asarray((now >= half) & (heavily | long | lasting))

    def _event(self, rows: Index, time: Int64, fallen: Float64, hour: Float64) -> None:
        """Rain that goes on, or begins anew after long enough without."""
        c = self.columns
        fresh = (c["rained"][rows] == 0) | (time - c["rained"][rows] >= self.rules.dry)
        rains = hour >= self.rules.wet
        starts = fresh & rains
        c["began"][rows] = np.where(starts, time - HOUR, c["began"][rows])
        c["amount"][rows] = np.where(starts, hour, c["amount"][rows] + fallen)
        c["rained"][rows] = np.where(rains, time, c["rained"][rows])

    def _threshold(self, rows: Index, time: Int64, sums: Float64) -> None:
        """sums: float64[rows, 24], mm in the last 1, 2, … hours."""
        c = self.columns
        event = np.maximum((time - c["began"][rows]) / HOUR, _SHORTEST)
        length = np.concatenate((np.tile(np.arange(1.0, _HOURS + 1), (len(rows), 1)), event[:, None]), axis=1)
        amount = np.concatenate((sums, np.where(c["rained"][rows] == time, c["amount"][rows], 0.0)[:, None]), axis=1)
        excess = np.where(length <= _LONGEST, amount / length / threshold(self.rules.caine, length), 0.0)
        most = excess.argmax(1)
        every = np.arange(len(rows))
        beyond = excess[every, most] >= 1.0
        chosen = rows[beyond]
        c["beyond"][chosen] = time[beyond]
        c["beyond_rain"][chosen] = amount[every, most][beyond]
        c["beyond_hours"][chosen] = length[every, most][beyond]

    def _signal(self, row: int, cause: str, time: int, active: bool, rate: float, hour: float, day: float) -> Signal:
        scene, slot = self.scene, int(self.lane.slot[row])
        gauge = scene.identity(slot).device
        minutes = self.rules.window // MINUTE
        if not active:
            reason = scene.say("rain.ended", gauge=gauge)
        elif cause == _DAY:
            amount = scene.rounded(hour, "rainfall")
            reason = scene.say("rain.lasting", gauge=gauge, amount=amount, day=self._of_day(day, hour))
        elif rate >= self.rules.violent:
            fallen = rate * minutes / _MINUTES
            amount = scene.rounded(fallen, "rainfall", 1)
            speed = scene.rounded(rate, "rainfall")
            words = {"amount": amount, "minutes": str(minutes), "rate": speed}
            reason = scene.say("rain.violent", gauge=gauge, day=self._of_day(day, fallen), **words)
        else:
            amount = scene.rounded(hour, "rainfall")
            reason = scene.say("rain.hourly", gauge=gauge, amount=amount, day=self._of_day(day, hour))
        return Signal(KIND, scene.city(slot), cause, scene.series(slot), time, active, WARNING, rate, 0.8, reason)

    def _of_day(self, day: float, fallen: float) -> str:
        """The rain of 24 hours, where there is more of it than what is told already (mm). BMKG's class of a day is
        said where it is heavy: that a cloudburst makes a day of light rain would only confuse."""
        if not day - fallen >= 1.0:
            return ""
        total, grade = self.scene.rounded(day, "rainfall"), grade_of(self.rules.classes, day)
        if grade < _HEAVY:
            return self.scene.say("rain.sum", total=total)
        return self.scene.say("rain.day", total=total, grade=RAIN_CLASSES[self.scene.language][grade])

    def indicators(self) -> list[dict[str, Any]]:
        """mm of the last 24 hours and BMKG's class of it, of each gauge where it has rained."""
        told = []
        for row in np.flatnonzero(self.columns["wet"][: len(self.lane)]).tolist():
            identity = self.scene.identity(int(self.lane.slot[row]))
            day, time = float(self.columns["hours"][row].sum()), int(self.columns["at"][row])
            grade = RAIN_CLASSES[self.scene.language][grade_of(self.rules.classes, day)]
            common = {"city": identity.city, "zone": identity.zone, "device": identity.device, "time": time}
            told.append({**common, "indicator": "rain_24h", "value": round(day, 1), "unit": "mm", "class": grade})
        return told

    def snapshot(self) -> State:
        return self.columns.snapshot()

    def restore(self, state: State) -> None:
        """Snapshots of earlier versions do not know rain that lasts."""
        self.columns.restore({"lasting": np.zeros(0, np.bool_), "grade": np.zeros(0, np.int8), **state})


def grade_of(classes: tuple[float, ...], day: float) -> int:
    """BMKG's class of `day` mm: 0 none, 1 light, 2 moderate, 3 heavy, 4 very heavy, 5 extreme."""
    return int(np.searchsorted(classes, day, side="right"))


def threshold(power: tuple[float, float], hours: Float64) -> Float64:
    """mm/h of a threshold I = a D^-b over `hours`."""
    a, b = power
    return np.asarray(a * hours**-b)


def _pour(ring: Float64, rows: Index, now: Int64, before: Int64, fallen: Float64) -> None:
    """Spread what has fallen over the buckets since the last reading, and empty those that are too old.

    now, before: numbers of buckets; before -1: no reading yet, then it may have fallen over the whole ring.
    """
    size = ring.shape[1]
    passed = np.where(before < 0, size, np.minimum(now - before, size))
    age = (now[:, None] - np.arange(size)) % size
    spread = np.maximum(passed, 1)
    share = np.where(
        age < spread[:, None], (fallen / np.maximum(spread, now - np.where(before < 0, now, before)))[:, None], 0.0
    )
    ring[rows] = np.where(age < passed[:, None], 0.0, ring[rows]) + share


def _latest(ring: Float64, rows: Index, now: Int64) -> Float64:
    """float64[rows, buckets]: the newest first."""
    size = ring.shape[1]
    return np.take_along_axis(ring[rows], (now[:, None] - np.arange(size)) % size, axis=1)


def recent(columns: Columns, row: int, now: int, within: int) -> Bool | bool:
    """Whether a gauge's rain has passed the threshold of landslides within the last `within` ms."""
    return bool(columns["beyond"][row]) and now - int(columns["beyond"][row]) <= within
