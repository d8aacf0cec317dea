"""Places and runs for the tests of device models."""

from collections.abc import Iterable

import numpy as np

from simulators.base import Fleet, Float64, Place
from simulators.weather import WET, Climate, Weather

FRIDAY = 1_763_658_000_000  # 2025-11-21T00:00+07:00
REGIONS = ((-7.26, 112.75), (-6.63, 106.84))


def weather(seed: int = 1, climate: Climate = WET) -> Weather:
    return Weather(seed, REGIONS, climate=climate)


def places(count: int, zones: Iterable[str] = ("Genteng",), spread: float = 0.02) -> list[Place]:
    """`count` devices in each zone, around Surabaya."""
    rng = np.random.default_rng(1)

    def place(zone: str, number: int) -> Place:
        lat, lon = np.round(rng.normal(REGIONS[0], spread), 5).tolist()
        return Place("3578", zone, f"{zone}-{number}", lat, lon, "gw")

    return [place(zone, number) for zone in zones for number in range(count)]


def run(fleet: Fleet, start: int, end: int, step: int) -> Float64:
    """float64[times, devices, quantities]"""
    return np.array([fleet.step(now) for now in range(start, end, step)])
