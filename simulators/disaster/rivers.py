"""Gauges down a river: the rain on its catchment and flood waves, which travel and flatten on their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, within
from simulators.incidents import KINDS, Event
from simulators.weather import HOUR, KM_PER_DEGREE, Weather

_STEP = 600_000
"""ms between the points at which the catchment's answer is computed; it is smooth in between."""
_NEVER = 2**62
_MEMORY = 54
"""Points of the past that still count: 9 h."""
_TIP = 50 / 60
"""h from rain to the top of the answer of the first gauge's catchment."""
_CATCHMENT = np.array([(0.0, 0.0), (-5.0, 1.0), (-4.0, 6.0), (-9.0, 3.0), (-8.0, 8.0)])
"""km north and east of the first gauge: points that stand for the hills that drain to it."""
_ORDINARY = 0.8
"""Share of the way from the base to Siaga 3 that ordinary rain can fill: beyond it is a flood, an event."""
_SLOW = 0.2
"""Share of a flood's water that comes late, from the banks and the ground."""
_RECESSION = 1.5
"""h in which a flood falls to 1/e once its rain is over, besides the course of its event."""
_SEEPING = 0.10
"""Of the top of the catchment's answer: what the ground gives back over the hours after rain."""


@dataclass(frozen=True, slots=True)
class Reach:
    """A gauge on a river. Stages in cm; delay: h of travel from the first gauge.

    alert: Siaga 3, from where an operator should know. gain: cm per mm/h on the catchment.
    surge: cm that a long flash flood of strength 1 adds. spread: h by which the channel flattens a wave.
    """

    name: str
    delay: float
    base: float
    alert: float
    top: float
    gain: float
    surge: float
    spread: float = 0.1


CILIWUNG = (
    Reach("katulampa", 0.0, 35.0, 80.0, 400.0, gain=4.0, surge=132.0, spread=0.08),
    Reach("depok", 3.0, 115.0, 200.0, 600.0, gain=7.0, surge=192.0, spread=0.14),
    Reach("manggarai", 9.0, 605.0, 750.0, 1200.0, gain=11.0, surge=315.0, spread=0.22),
)
"""Siaga 3 and travel times (Katulampa to Depok 3 h, Depok to Manggarai 6 h) as the river's operators publish
them. Surges are set so that floods of strength 0.5, 1 and 1.5 pass Siaga 3, 2 and 1 at each gauge; the other
figures are typical."""


class Rivers(Fleet):
    """Gauges down a river, in the order of `reaches`; all of it answers to the rain at its first gauge.

    More places than reaches are more rivers, of that many gauges each, one after the other.
    """

    domain = "disaster"

    def __init__(
        self,
        places: Sequence[Place],
        weather: Weather,
        seed: int,
        interval: int = 1000,
        reaches: Sequence[Reach] = CILIWUNG,
    ) -> None:
        super().__init__(places, weather, seed, interval)
        self._reaches = [reaches[number % len(reaches)] for number in range(len(self))]
        rows = np.arange(len(self))
        self._river = rows // len(reaches)
        self.delay = self._column("delay") * 3600.0
        """Travel time from the first gauge, s."""
        self._base = self._column("base") + np.where(rows < len(reaches), 0.0, self.rng.uniform(-4.0, 4.0, len(self)))
        self._room = _ORDINARY * (self._column("alert") - self._base)
        self._gain, self._surge = self._column("gain"), self._column("surge")
        self._lag = self._column("spread") * 3600.0
        self._mood = Wander(self.rng, len(self), 1.0, 6 * 3600.0)
        self._hydrographs = np.array([unit_hydrograph(reach.spread) for reach in self._reaches])
        self._catchments = self._hills(self._river * len(reaches) == rows)
        points = np.rint(self.delay * 1000 / _STEP).astype(np.intp)
        span = int(points.max(initial=0)) + _MEMORY
        self._past = span - 1 - points[:, np.newaxis] - np.arange(_MEMORY)
        self._rain = np.zeros((len(self._catchments[0]), span))
        self._latest = self._point = -_NEVER
        self._before = self._after = np.zeros(len(self))
        self.quantities = (Quantity("river_level", "cm", 1, 0.0, self._column("top"), high=self._column("alert")),)

    def _column(self, name: str) -> Float64:
        return np.array([getattr(reach, name) for reach in self._reaches], np.float64)

    def _hills(self, first: NDArray[np.bool_]) -> tuple[Float64, Float64]:
        """Latitude and longitude of the points of each river's catchment: float64[rivers, points, 1] each."""
        lat, lon = self.lat[first][:, np.newaxis], self.lon[first][:, np.newaxis]
        east = _CATCHMENT[:, 1] / (KM_PER_DEGREE * np.cos(np.radians(lat)))
        return (lat + _CATCHMENT[:, 0] / KM_PER_DEGREE)[:, :, np.newaxis], (lon + east)[:, :, np.newaxis]

    def physics(self, now: int, elapsed: float) -> Float64:
        runoff = self._gain * self._answer(now)
        stage = self._base + self._room * np.tanh(runoff / self._room) + self._surge * self._wave(now)
        stage += within(self._mood.step(elapsed), -2.5, 2.5) + self.rng.normal(0.0, 0.3, len(self))
        return np.asarray(stage)[:, np.newaxis]

    def _answer(self, now: int) -> Float64:
        """mm/h of effective rain at each gauge."""
        point, part = divmod(now, _STEP)
        if point != self._point:
            before = self._after if point == self._point + 1 else self._effective(point)
            self._before, self._after, self._point = before, self._effective(point + 1), point
        return self._before + (self._after - self._before) * (part / _STEP)

    def _effective(self, point: int) -> Float64:
        """The catchments' rain before a point of time, through the unit hydrographs."""
        span = self._rain.shape[1]
        fresh = min(point - self._latest, span)
        if fresh > 0:
            times = _STEP * np.arange(point - fresh + 1, point + 1)
            rain = self.weather.rain(times, *self._catchments).mean(1)
            self._rain = np.concatenate((self._rain[:, fresh:], rain), axis=1)
            self._latest = point
        return np.asarray((np.take_along_axis(self._rain[self._river], self._past, 1) * self._hydrographs).sum(1))

    def _wave(self, now: int) -> Float64:
        """float64[devices]: floods as a share of the surge, flattened by the channel."""
        total = np.zeros(len(self))
        for event, here in self._events:
            if event.kind == "flash-flood" and now > event.start:
                quick, slow = flattened(event, now, self._lag), flattened(event, now, 10.0 * self._lag)
                waning = np.exp(-max(now - event.end, 0) / (_RECESSION * HOUR))
                total = np.maximum(total, here * ((1.0 - _SLOW) * quick + _SLOW * slow) * waning)
        return total

    def flood(self, start: int, duration: int, strength: float = 1.0) -> list[Event]:
        """A flash flood that reaches the first gauge at `start` and each other one after its travel time."""
        return [
            Event("flash-flood", place.city, place.zone, (place.device,), begin, begin + duration, strength)
            for place, begin in zip(self.places, (start + (self.delay * 1000).astype(np.int64)).tolist(), strict=True)
        ]


def unit_hydrograph(spread: float) -> Float64:
    """Weights of the rain of the past, in points of 10 min: a gamma shape with its top at `_TIP`.

    The channel's `spread` (h) widens it; the top stays, so that gauges differ by their travel time.
    """
    hours = np.arange(_MEMORY) * _STEP / HOUR
    sharp = 1.6 / (1.0 + 2.0 * spread)
    shape = (hours / _TIP * np.exp(1.0 - hours / _TIP)) ** sharp
    shape += _SEEPING * -np.expm1(-hours) * np.exp(-hours / 4.0)
    return np.asarray(shape / shape.sum())


def flattened(event: Event, now: int, lag: Bound) -> Float64:
    """`Event.level` after a linear reservoir that holds water for `lag` s (float64[devices] or one for all).

    In closed form, so that the sampling interval does not matter: the level is made of ramps, and the answer to
    a ramp t is t - lag * (1 - exp(-t / lag)).
    """
    kind = KINDS[event.kind]
    rise, fall = 1000.0 * kind.rise, 1000.0 * kind.fall
    turn = (1.0 + event.start / rise + event.end / fall) / (1.0 / rise + 1.0 / fall)
    full = min(event.start + rise, turn)
    sink = max(float(event.end), full)
    dry = event.end + fall
    total = np.zeros(np.shape(lag))
    for since, slope in ((float(event.start), 1 / rise), (full, -1 / rise), (sink, -1 / fall), (dry, 1 / fall)):
        past = max(now - since, 0.0)
        held = 1000.0 * np.asarray(lag)
        total = total + slope * (past - held * -np.expm1(-past / held))
    return np.asarray(event.strength * total)
