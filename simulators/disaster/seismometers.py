"""Strong-motion stations: the peak acceleration of each interval, and waveforms at 100 Hz.

Peak: Si and Midorikawa (1999), crustal, with X taken as the distance to the hypocentre:
log10 PGA = 0.50 Mw + 0.0043 D + 0.61 - log10(X + 0.0055 * 10^(0.50 Mw)) - 0.003 X, in cm/s2 and km.
P and S waves arrive after X / 6.0 and X / 3.5 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulators.base import Bound, Fleet, Float64, Place, Quantity, Wander, bell, within
from simulators.incidents import Event
from simulators.weather import KM_PER_DEGREE, Weather

RATE = 100.0
"""Samples a second of a waveform."""
P_SPEED, S_SPEED = 6.0, 3.5
"""km/s in the crust."""
_P_SHARE = 0.25
"""Of the P wave's peak in the S wave's."""
_P_RISE, _S_RISE = 0.4, 1.5
_P_FADE, _S_FADE = 12.0, 8.0
"""s to grow, and to lose a factor of e."""
_OVER = 1_800_000
"""ms after which nothing of a quake is left, however far away."""
_QUIET = 0.08
"""cm/s2: the usual background of a town."""


def peak(magnitude: Bound, distance: Bound, depth: Bound) -> Float64:
    """PGA in cm/s2 at `distance` km from the hypocentre (see the module)."""
    near = 0.0055 * 10.0 ** (0.50 * np.asarray(magnitude))
    log = 0.50 * np.asarray(magnitude) + 0.0043 * np.asarray(depth) + 0.61
    return np.asarray(10.0 ** (log - np.log10(distance + near) - 0.003 * np.asarray(distance)))


def envelope(since: Bound, rise: float, fade: float) -> Float64:
    """A wave's amplitude `since` s after its arrival: linear up to 1 in `rise` s, then exponential decay."""
    since = np.asarray(since)
    return np.asarray(np.clip(since / rise, 0.0, 1.0) * np.exp(-np.maximum(since - rise, 0.0) / fade))


class Seismometers(Fleet):
    """Stations that say each interval's peak acceleration. A quake's magnitude and place are its event's;
    without them Mw is 5.5 + log10(strength) and the epicentre is amid the stations that it names."""

    domain = "disaster"
    quantities = (Quantity("pga", "cm/s2", 3, 0.0, 2000.0, high=2.0),)

    def __init__(self, places: Sequence[Place], weather: Weather, seed: int, interval: int = 1000) -> None:
        super().__init__(places, weather, seed, interval)
        self._seed = seed
        self.site = 10.0 ** np.clip(self.rng.normal(0.0, 0.1, len(self)), -0.25, 0.25)
        """float64[devices]: soft ground shakes more; about the scatter between stations of one quake."""
        self._traffic = self.rng.uniform(0.5, 1.5, len(self))
        self._mood = Wander(self.rng, len(self), 0.3, 900.0)
        self._now = 0

    def distance(self, quake: Event) -> Float64:
        """float64[devices], km to the hypocentre."""
        lat, lon = quake.lat, quake.lon
        if lat is None or lon is None:
            named = [number for number, place in enumerate(self.places) if place.device in quake.devices]
            lat, lon = float(self.lat[named].mean()), float(self.lon[named].mean())
        north = (self.lat - lat) * KM_PER_DEGREE
        east = (self.lon - lon) * KM_PER_DEGREE * np.cos(np.radians(lat))
        return np.asarray(np.sqrt(north**2 + east**2 + quake.depth**2))

    def peaks(self, quake: Event) -> Float64:
        """float64[devices], cm/s2: the greatest acceleration that a quake causes at each station."""
        magnitude = quake.magnitude if quake.magnitude is not None else 5.5 + np.log10(quake.strength)
        return peak(magnitude, self.distance(quake), quake.depth) * self.site

    def physics(self, now: int, elapsed: float) -> Float64:
        length = elapsed or self.interval / 1000.0
        busy = 0.35 + 0.65 * np.minimum(bell(self.weather.hour(now), 13.0, 4.5), 1.0)
        quiet = _QUIET * self._traffic * busy * np.exp(within(self._mood.step(elapsed), -0.9, 0.9))
        # the peak of n independent Rayleigh draws, n of them in an interval: Gumbel's inverse
        draws = max(length, 1.0) * 2.0
        level = -np.log1p(-(self.rng.uniform(1e-6, 1.0, len(self)) ** (1.0 / draws)))
        shaking = quiet * np.sqrt(level / 4.0)
        for event, here in self._events:
            if event.kind == "quake" and event.start <= now < event.end + _OVER:
                shaking = np.maximum(shaking, here * self._strongest(event, now, length))
        return shaking[:, np.newaxis]

    def _strongest(self, quake: Event, now: int, length: float) -> Float64:
        """float64[devices]: the greatest of the envelope in the `length` s up to `now`."""
        distance = self.distance(quake)
        until = (now - quake.start) / 1000.0
        peaks = self.peaks(quake) * np.exp(self.rng.normal(0.0, 0.08, len(self)))
        total = np.zeros(len(self))
        for speed, share, rise, fade in ((P_SPEED, _P_SHARE, _P_RISE, _P_FADE), (S_SPEED, 1.0, _S_RISE, _S_FADE)):
            last = until - distance / speed
            first = last - length
            best = np.clip(np.full(len(self), rise), first, last)  # the envelope has one top
            total = np.maximum(total, share * envelope(best, rise, fade))
        return peaks * total

    def burst(self, station: int, quake: Event, seconds: float = 90.0, before: float = 45.0) -> tuple[Float64, Float64]:
        """A station's waveform around the P wave: s since the quake's origin, and acceleration, cm/s2.

        float64[samples] each, 100 a second, from `before` s ahead of the P wave for `seconds`. Its greatest value
        is that of `peaks`; the same seed gives the same waveform, and asking leaves the readings as they are.
        """
        rng = np.random.default_rng([self._seed, 5, station, quake.start % 2**32])
        distance = float(self.distance(quake)[station])
        when = distance / P_SPEED - before + np.arange(round(seconds * RATE)) / RATE
        size = len(when)
        noise = _band(rng, size, 1.0, 20.0) * _QUIET * 0.3
        p_wave = _band(rng, size, 2.0, 12.0) * _P_SHARE * envelope(when - distance / P_SPEED, _P_RISE, _P_FADE)
        s_wave = _band(rng, size, 0.8, 6.0) * envelope(when - distance / S_SPEED, _S_RISE, _S_FADE)
        shaking = p_wave + s_wave
        most = np.abs(shaking).max()
        scale = float(self.peaks(quake)[station]) / most if most > 0 else 0.0
        return when, noise + shaking * scale


def _band(rng: np.random.Generator, size: int, low: float, high: float) -> Float64:
    """Gaussian noise of deviation 1 between two frequencies, Hz, with soft edges."""
    frequency = np.fft.rfftfreq(size, 1.0 / RATE)
    shape = 1.0 / np.sqrt((1.0 + (frequency / high) ** 4) * (1.0 + (low / np.maximum(frequency, 1e-3)) ** 4))
    wave = np.fft.irfft(np.fft.rfft(rng.normal(0.0, 1.0, size)) * shape, size)
    return np.asarray(wave / wave.std())
