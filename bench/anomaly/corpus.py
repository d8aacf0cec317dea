"""Labelled synthetic series of varied character, seeded.

Modelled on what is publicly known of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015): its
kinds of series, lengths, sampling and labels; none of its data is here. As there, a series also
holds odd moments that nobody labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from telemetry.batch import Float64, Int64

T0: Final = 1_735_689_600_000
"""2025-01-01 00:00 UTC, a Wednesday."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """time: ms; anomalies: rows at which something begins that an operator should be told of."""

    name: str
    time: Int64
    value: Float64
    anomalies: tuple[int, ...]


@dataclass(slots=True)
class Canvas:
    """What a kind of series is drawn on."""

    random: np.random.Generator
    rows: int
    interval: int

    @property
    def time(self) -> Int64:
        return T0 + np.arange(self.rows, dtype=np.int64) * self.interval

    @property
    def hour(self) -> Float64:
        return np.asarray(self.time % DAY / HOUR, np.float64)

    @property
    def weekend(self) -> Float64:
        return np.asarray((self.time // DAY + 3) % 7 >= 5, np.float64)

    def noise(self, scale: float = 1.0, memory: float = 0.0) -> Float64:
        """Normal, of standard deviation `scale`; first-order with `memory`."""
        drawn = self.random.normal(0, scale * np.sqrt(1 - memory**2), self.rows)
        if memory:
            for row in range(1, self.rows):
                drawn[row] += memory * drawn[row - 1]
        return drawn

    def hump(self, at: float, width: float) -> Float64:
        away = np.minimum(np.abs(self.hour - at), 24 - np.abs(self.hour - at))
        return np.asarray(np.exp(-0.5 * (away / width) ** 2))

    def place(self, low: float = 0.3, high: float = 0.9) -> int:
        return int(self.random.integers(int(low * self.rows), int(high * self.rows)))

    def span(self, begin: int, length: int) -> slice:
        return slice(begin, min(begin + length, self.rows))


Drawn = tuple[Float64, tuple[int, ...]]
Kind = Callable[[Canvas], Drawn]


def quiet_load(c: Canvas) -> Drawn:
    """A machine that idles at a few per mille, with rare bursts; then its load stays up."""
    value = 0.1 + 0.02 * np.round(c.noise(), 1)
    for row in c.random.integers(0, c.rows, 6):
        value[row] += c.random.uniform(0.2, 1.0)
    at = c.place()
    value[c.span(at, c.rows // 12)] += 1.8
    return np.abs(value), (at,)


def busy_load(c: Canvas) -> Drawn:
    """Load around a half, wandering; one peak out of the blue, and a fall to another level."""
    value = 45 + c.noise(3, 0.7) + 5 * c.hump(14, 4)
    first, second = c.place(0.3, 0.55), c.place(0.65, 0.9)
    value[c.span(first, 4)] += 35
    value[second:] -= 15
    return value, (first, second)


def heavy_traffic(c: Canvas) -> Drawn:
    """Bytes received: heavy tails all the time; then an hour far above all of them."""
    value = np.exp(c.noise(0.7, 0.3)) * 1e5 * (1 + 0.5 * c.hump(13, 5))
    at = c.place()
    value[c.span(at, 10)] = np.exp(c.random.normal(4.0, 0.3, 10))[: len(value[c.span(at, 10)])] * 1e5
    return value, (at,)


def backups(c: Canvas) -> Drawn:
    """Zero but for a nightly backup and small writes; one day a huge write at noon, later the backup is missing."""
    value = np.where(c.random.random(c.rows) < 0.05, c.random.exponential(2e5, c.rows), 0.0)
    night = np.abs(c.hour - 2) < 0.4
    value[night] += 2e7 * c.random.uniform(0.9, 1.1, int(night.sum()))
    at = c.place()
    value[c.span(at, 3)] += 1.5e8
    return value, (at,)


def requests(c: Canvas) -> Drawn:
    """Counts of requests with a daily cycle; a burst of users, and a night that is as busy as noon."""
    rate = 20 + 90 * c.hump(14, 5) * (1 - 0.3 * c.weekend)
    first = c.place(0.3, 0.55)
    rate[c.span(first, 6)] += 300
    second = int(np.flatnonzero((c.hour < 2) & (np.arange(c.rows) > 0.65 * c.rows))[0])
    rate[c.span(second, int(3 * HOUR / c.interval))] = 105
    return c.random.poisson(rate).astype(float), (first, second)


def clicks(c: Canvas) -> Drawn:
    """Price per click each hour, with a weekly cycle and outliers; one day is far off."""
    value = (0.1 + 0.05 * c.hump(18, 5)) * (1 + 0.25 * c.weekend) * np.exp(c.noise(0.15, 0.2))
    for row in c.random.integers(0, c.rows, 4):
        value[row] *= c.random.uniform(1.3, 1.8)
    at = c.place()
    value[c.span(at, 8)] *= 4
    return value, (at,)


def chatter(c: Canvas) -> Drawn:
    """Mentions in a social network: overdispersed counts with a day and bursts; two real stories."""
    rate = (8 + 20 * c.hump(16, 4)) * np.exp(c.noise(0.35, 0.8))
    for row in c.random.integers(0, c.rows, 12):
        rate[c.span(int(row), 5)] *= 2.5
    first, second = c.place(0.25, 0.5), c.place(0.6, 0.9)
    for at in (first, second):
        length = len(rate[c.span(at, 60)])
        rate[c.span(at, 60)] += 600 * np.exp(-np.arange(length) / 12)
    return c.random.poisson(rate).astype(float), (first, second)


def speed(c: Canvas) -> Drawn:
    """Road speed: dips in both rush hours; a jam at night."""
    value = 62 + c.noise(3, 0.4) - 20 * (c.hump(8, 0.8) + c.hump(17.5, 1.0)) * (1 - c.weekend)
    night = np.flatnonzero((np.abs(c.hour - 22) < 0.3) & (np.arange(c.rows) > c.rows * c.random.uniform(0.4, 0.8)))
    at = int(night[0])
    value[c.span(at, max(3, int(HOUR / c.interval)))] -= 38
    return np.clip(value, 3, 80), (at,)


def machine(c: Canvas) -> Drawn:
    """A machine's temperature: wanders slowly; falls for hours and breaks down, twice."""
    value = 85 + c.noise(5, 0.998) + c.noise(1, 0.5)
    first, second = c.place(0.3, 0.5), c.place(0.65, 0.85)
    for at in (first, second):
        length = len(value[c.span(at, 220)])
        value[c.span(at, 220)] -= np.linspace(0, 45, length) ** 1.15 / 1.6
    return value, (first, second)


def office(c: Canvas) -> Drawn:
    """Room temperature each hour over months, with day, season and weather; the heating fails."""
    days = np.arange(c.rows) * c.interval / DAY
    value = 70 + 3 * np.sin(days / 58) + 2.5 * c.hump(15, 4) + c.noise(1.0, 0.9)
    at = c.place()
    value[c.span(at, 40)] -= np.minimum(np.arange(len(value[c.span(at, 40)])) / 2.0, 11)
    return value, (at,)


def rides(c: Canvas) -> Drawn:
    """Taxi rides each half-hour, day and week; one day with hardly any, one with half as many again."""
    value = 1.5e4 * (0.25 + 0.7 * c.hump(19, 4) + 0.5 * c.hump(9, 2.5) * (1 - 0.6 * c.weekend))
    value *= 1 + 0.15 * c.weekend * c.hump(1, 3)
    value *= 1 + c.noise(0.04, 0.6)
    day = int(DAY / c.interval)
    first, second = (int(c.random.uniform(low, low + 0.2) * c.rows) // day * day + day // 3 for low in (0.3, 0.65))
    value[c.span(first, day)] *= 0.5
    value[c.span(second, day)] *= 1.5
    return np.round(value), (first, second)


def typing(c: Canvas) -> Drawn:
    """Times between keys: heavy-tailed; then another hand."""
    value = np.exp(c.noise(0.25)) * 0.1
    at = c.place()
    value[c.span(at, c.rows // 10)] *= np.exp(c.random.normal(0.5, 0.35, len(value[c.span(at, c.rows // 10)])))
    return value, (at,)


def square(c: Canvas, noise: float = 0.5) -> Float64:
    return np.where((c.hour >= 9) & (c.hour < 18), 80.0, 20.0) + c.noise(noise)


def square_higher(c: Canvas) -> Drawn:
    """A working day of 80 on a ground of 20; one day it is 110."""
    value = square(c)
    at = _morning(c)
    value[c.span(at, int(9 * HOUR / c.interval))] += 30
    return value, (at,)


def square_missing(c: Canvas) -> Drawn:
    """The same; one day nobody works."""
    value = square(c)
    at = _morning(c)
    value[c.span(at, int(9 * HOUR / c.interval))] -= 60
    return value, (at,)


def square_break(c: Canvas) -> Drawn:
    """The same; one day work stops for three hours."""
    value = square(c, 2.0)
    at = _morning(c) + int(3 * HOUR / c.interval)
    value[c.span(at, int(3 * HOUR / c.interval))] -= 45
    return value, (at,)


def _morning(c: Canvas) -> int:
    day = int(DAY / c.interval)
    return int(c.random.uniform(0.45, 0.85) * c.rows) // day * day + 9 * day // 24


def flat_spikes(c: Canvas) -> Drawn:
    """Constant but for a small spike now and then; then they come ten times as often."""
    value = np.full(c.rows, 20.0)
    value[c.random.random(c.rows) < 0.01] += 5
    at = c.place()
    later = c.span(at, 300)
    value[later] += 5 * (c.random.random(len(value[later])) < 0.25)
    return value, (at,)


def constant(c: Canvas) -> Drawn:
    """Constant to the last digit; then one value of another size."""
    value = np.full(c.rows, 3.3)
    at = c.place()
    value[c.span(at, 3)] = 4.1
    return value, (at,)


def louder(c: Canvas) -> Drawn:
    """Noise that becomes three times as loud."""
    value = 100 + c.noise(2)
    at = c.place()
    value[c.span(at, 400)] += c.random.normal(0, 5.5, len(value[c.span(at, 400)]))
    return value, (at,)


def stuck(c: Canvas) -> Drawn:
    """A pressure that swings with the day; the sensor sticks at its last value."""
    value = 300 - 40 * c.hump(7, 1.5) - 30 * c.hump(18, 2) + c.noise(2, 0.3)
    at = c.place()
    value[c.span(at, 150)] = value[at]
    return value, (at,)


def quicker(c: Canvas) -> Drawn:
    """A pump's cycle becomes four times as quick."""
    phase = np.arange(c.rows) / 40.0
    at = c.place()
    phase[at:] += np.minimum(np.arange(c.rows - at), 400) / 40.0 * 3
    return 50 + 20 * np.sin(2 * np.pi * phase) + c.noise(2), (at,)


def drift(c: Canvas) -> Drawn:
    """A chlorine sensor that drifts away within two days."""
    value = 0.4 - 0.06 * c.hump(14, 3) + c.noise(0.01, 0.4)
    at = c.place(0.4, 0.8)
    length = int(2 * DAY / c.interval)
    value[c.span(at, length)] -= np.linspace(0, 0.25, length)[: len(value[c.span(at, length)])]
    value[at + length :] -= 0.25
    return value, (at + length // 4,)


def burst_main(c: Canvas) -> Drawn:
    """A zone's flow with day and week; a main bursts and is mended after some hours."""
    value = 25 * (0.45 + 1.1 * c.hump(6.5, 1.2) + 0.9 * c.hump(18, 2)) * (1 + 0.1 * c.weekend)
    value *= 1 + c.noise(0.04, 0.3)
    at = c.place()
    value[c.span(at, int(6 * HOUR / c.interval))] += 18
    return value, (at,)


def dropout(c: Canvas) -> Drawn:
    """A voltage that falls to nothing for a few readings."""
    value = np.round(222 - 5 * c.hump(19, 2) + c.noise(0.8, 0.6), 1)
    at = c.place()
    value[c.span(at, 3)] = 0.0
    return value, (at,)


def plain_noise(c: Canvas) -> Drawn:
    """Nothing happens."""
    return 10 + c.noise(1), ()


def plain_day(c: Canvas) -> Drawn:
    """Nothing but the day."""
    return 50 + 20 * c.hump(12, 4) + c.noise(1.5, 0.5), ()


_FIVE, _HALF, _HOUR = 5 * MINUTE, 30 * MINUTE, HOUR
KINDS: Final[dict[str, tuple[Kind, int, int]]] = {
    kind.__name__: (kind, rows, interval)
    for kind, rows, interval in (
        (quiet_load, 4032, _FIVE),
        (busy_load, 4032, _FIVE),
        (heavy_traffic, 4032, _FIVE),
        (backups, 4700, _FIVE),
        (requests, 4032, _FIVE),
        (clicks, 1620, _HOUR),
        (chatter, 8000, _FIVE),
        (speed, 2500, 10 * MINUTE),
        (machine, 11000, _FIVE),
        (office, 7200, _HOUR),
        (rides, 7000, _HALF),
        (typing, 1900, _FIVE),
        (square_higher, 4032, _FIVE),
        (square_missing, 4032, _FIVE),
        (square_break, 4032, _FIVE),
        (flat_spikes, 4032, _FIVE),
        (constant, 3000, _FIVE),
        (louder, 4032, _FIVE),
        (stuck, 4032, _FIVE),
        (quicker, 4032, _FIVE),
        (drift, 4032, _FIVE),
        (burst_main, 8000, _FIVE),
        (dropout, 5000, 15 * MINUTE),
        (plain_noise, 4032, _FIVE),
        (plain_day, 4032, _FIVE),
    )
}
"""Kind, rows and interval (ms)."""


def draw(name: str, seed: int) -> Labelled:
    kind, rows, interval = KINDS[name]
    number = list(KINDS).index(name)
    canvas = Canvas(np.random.default_rng([seed, number]), rows, interval)
    value, anomalies = kind(canvas)
    return Labelled(f"{name}-{seed}", canvas.time, np.asarray(value, np.float64), anomalies)


def corpus(seeds: range) -> Iterator[Labelled]:
    for seed in seeds:
        for name in KINDS:
            yield draw(name, seed)
