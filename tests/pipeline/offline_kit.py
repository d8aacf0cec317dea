"""A small city as steps, for tests of the offline path."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from config.settings import HistorianSettings, Settings
from simulators.base import Place
from simulators.city import City, CityClock
from simulators.energy import Feeders
from simulators.feed import Samples, Step
from simulators.incidents import Event
from simulators.truth import Truth, truth_of
from simulators.weather import Weather

T0 = 1_763_658_000_000 + 9 * 3_600_000
STEP = 10_000
ZONES = ("Genteng", "Gubeng")


def city(seed: int = 1) -> City:
    places = [Place("3578", zone, f"feeder-{n}", -7.26, 112.74, "gw-1") for zone in ZONES for n in range(3)]
    weather = Weather(seed, ((-7.26, 112.74),))
    return City([Feeders(places, weather, seed, STEP)], weather)


def outage(start: int, zone: str = "Genteng") -> Event:
    return Event("feeder-outage", "3578", zone, tuple(f"feeder-{n}" for n in range(3)), start, start + 600_000)


def truth(*events: Event) -> list[Truth]:
    return [truth_of(event, CityClock(0, 0)) for event in events]


def samples(fleet_city: City, now: int) -> list[Samples]:
    blocks = fleet_city.step(now)
    return [
        Samples(
            fleet,
            np.arange(len(fleet), dtype=np.int32),
            np.full(len(fleet), now, np.int64),
            np.full(len(fleet), now, np.int64),
            values,
        )
        for fleet, values in zip(fleet_city.fleets, blocks, strict=True)
    ]


def steps(fleet_city: City, minutes: float) -> Iterator[Step]:
    for now in range(T0 + STEP, T0 + int(minutes * 60_000) + 1, STEP):
        yield Step(now, samples(fleet_city, now))


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate(
        {"state_dir": folder, "historian": HistorianSettings(path=folder / "city.duckdb"), **more}
    )
