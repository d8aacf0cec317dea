"""A calm day of plausible sensors: (domain, quantity) and the day's values, seeded."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]
DAY = 86_400_000


def _hump(hour: Curve, at: float, width: float) -> Curve:
    return np.asarray(np.exp(-0.5 * ((hour - at) / width) ** 2))


def _wander(rng: np.random.Generator, length: int, step: float, memory: float) -> Curve:
    """Noise with a memory (first order), of standard deviation `step` / sqrt(1 - memory²)."""
    noise = rng.normal(0, step, length)
    for at in range(1, length):
        noise[at] += memory * noise[at - 1]
    return noise


def _demand(hour: Curve) -> Curve:
    """Household demand, 1.0 on average: two peaks and a quiet night."""
    return 0.45 + 1.1 * _hump(hour, 6.5, 1.2) + 0.9 * _hump(hour, 18.0, 2.0) + 0.5 * _hump(hour, 12.0, 2.5)


def _flow(hour: Curve, rng: np.random.Generator) -> Curve:
    return 25 * _demand(hour) * (1 + rng.normal(0, 0.03, len(hour)))


def _pressure(hour: Curve, rng: np.random.Generator) -> Curve:
    return 420 - 70 * _demand(hour) + rng.normal(0, 2, len(hour))


def _pumped_pressure(hour: Curve, rng: np.random.Generator) -> Curve:
    """A pump that runs 8 minutes of every 30."""
    return 300 + 40.0 * (hour * 60 % 30 < 8) + rng.normal(0, 2, len(hour))


def _level(hour: Curve, rng: np.random.Generator) -> Curve:
    """A tank between two float switches, to the centimetre."""
    return np.round(2.5 + 0.8 * np.abs((hour / 3) % 2 - 1) + rng.normal(0, 0.004, len(hour)), 2)


def _turbidity(hour: Curve, rng: np.random.Generator) -> Curve:
    return rng.lognormal(np.log(0.8), 0.15, len(hour))


def _chlorine(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(0.4 - 0.08 * _hump(hour, 14, 3) + rng.normal(0, 0.01, len(hour)), 2)


def _power(hour: Curve, rng: np.random.Generator) -> Curve:
    return 180 * _demand(hour) + _wander(rng, len(hour), 3, 0.7)


def _voltage(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(224 - 6 * _demand(hour) + _wander(rng, len(hour), 0.4, 0.5), 1)


def _frequency(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(50 + _wander(rng, len(hour), 0.008, 0.9), 2)


def _bin_temperature(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(29 + 8 * _hump(hour, 13, 3) + rng.normal(0, 0.3, len(hour)), 1)


def _fill(hour: Curve, rng: np.random.Generator) -> Curve:
    """Filled all day, collected at seven in the morning."""
    return np.clip(np.where(hour < 7, 60 + 4 * hour, 4 * (hour - 7)) + rng.normal(0, 1, len(hour)), 0, 100)


def _river(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(140 + 10 * np.sin(hour / 4) + rng.normal(0, 1, len(hour)))


def _rainfall(hour: Curve, rng: np.random.Generator) -> Curve:
    """A dry day with one afternoon shower, in tips of 0.2 mm."""
    return np.asarray(0.2 * rng.poisson(3 * _hump(hour, 15, 0.3)), np.float64)


def _tide(hour: Curve, rng: np.random.Generator) -> Curve:
    return 110 + 45 * np.sin(2 * np.pi * hour / 12.42) + rng.normal(0, 1.5, len(hour))


def _pm25(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.abs(30 + 25 * _hump(hour, 7, 1.5) + 20 * _hump(hour, 20, 2) + _wander(rng, len(hour), 2, 0.6))


def _pga(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.abs(rng.laplace(0, 0.3, len(hour)))


def _soil(hour: Curve, rng: np.random.Generator) -> Curve:
    return np.round(34 - 0.1 * hour + rng.normal(0, 0.1, len(hour)), 1)


CURVES: dict[str, tuple[str, str, Callable[[Curve, np.random.Generator], Curve]]] = {
    "flow": ("water", "flow", _flow),
    "pressure": ("water", "pressure", _pressure),
    "pumped pressure": ("water", "pressure", _pumped_pressure),
    "level": ("water", "level", _level),
    "turbidity": ("water", "turbidity", _turbidity),
    "chlorine": ("water", "chlorine", _chlorine),
    "power": ("energy", "power", _power),
    "voltage": ("energy", "voltage", _voltage),
    "frequency": ("energy", "frequency", _frequency),
    "bin temperature": ("waste", "temperature", _bin_temperature),
    "fill": ("waste", "fill", _fill),
    "river": ("disaster", "river_level", _river),
    "rainfall": ("disaster", "rainfall", _rainfall),
    "tide": ("disaster", "tide", _tide),
    "pm25": ("disaster", "pm25", _pm25),
    "pga": ("disaster", "pga", _pga),
    "soil": ("disaster", "soil_moisture", _soil),
    "unheard of": ("water", "odour", _flow),
}


def day(name: str, interval: int, seed: int) -> Curve:
    """One day of the named sensor, a reading every `interval` ms from midnight."""
    hour = np.arange(0, DAY, interval) / 3_600_000
    return CURVES[name][2](hour, np.random.default_rng(seed))
