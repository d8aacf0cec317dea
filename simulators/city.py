"""A city of fleets, and its clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulators.base import Fleet, Float64, Place
from simulators.disaster import CILIWUNG, AirStations, RainGauges, Rivers, Slopes
from simulators.energy import Feeders
from simulators.incidents import ANYWHERE, Event
from simulators.waste import Bins
from simulators.water import Meters, Reservoirs
from simulators.weather import Weather
from simulators.zones import SURABAYA, ZONES
from telemetry.sensors import Sensor

RIVER = (
    ("3271", "Bogor Timur", -6.6337, 106.8370),
    ("3276", "Pancoran Mas", -6.4005, 106.8316),
    ("3174", "Tebet", -6.2077, 106.8484),
)
"""City code, kecamatan and place of the Ciliwung's gauges."""


@dataclass(frozen=True, slots=True)
class CityClock:
    """The city's time runs `speed` times as fast as the telemetry's; both in ms UTC."""

    began: int
    city_began: int
    speed: float = 1.0

    def city(self, now: int) -> int:
        return self.city_began + int((now - self.began) * self.speed)

    def telemetry(self, city: int) -> int:
        return self.began + int((city - self.city_began) / self.speed)


class City:
    """Fleets that are stepped together and share their weather."""

    def __init__(self, fleets: Sequence[Fleet], weather: Weather) -> None:
        self.fleets = tuple(fleets)
        self.weather = weather
        self.events: list[Event] = []

    def __len__(self) -> int:
        return sum(len(fleet) for fleet in self.fleets)

    def inject(self, *events: Event) -> None:
        for event in events:
            self.events.append(event)
            self.weather.inject(event, self._amid(event))
            for fleet in self.fleets:
                fleet.inject(event)

    def _amid(self, event: Event) -> tuple[float, float] | None:
        """The middle of the devices that an event names."""
        names = frozenset(event.devices)
        at = [
            (place.lat, place.lon)
            for fleet in self.fleets
            for place in fleet.places
            if place.device in names and place.city == event.city and event.zone in (place.zone, ANYWHERE)
        ]
        return (sum(lat for lat, _ in at) / len(at), sum(lon for _, lon in at) / len(at)) if at else None

    def step(self, now: int) -> list[Float64]:
        """The readings of each fleet at the city's time `now` (see `Fleet.step`)."""
        return [fleet.step(now) for fleet in self.fleets]

    def catalogue(self) -> Iterator[Sensor]:
        for fleet in self.fleets:
            yield from fleet.catalogue()


def surabaya(seed: int = 1, interval: int = 1000, speed: float = 1.0, scale: int = 1) -> City:
    """Surabaya, with the Ciliwung's gauges as its river: 132 devices times `scale` (the river only once).

    interval: ms of telemetry time between readings; speed: of the city's clock (see CityClock).
    """
    weather = Weather(seed, (ZONES["Genteng"], RIVER[0][2:]))
    rng = np.random.default_rng([seed, 3])

    def spread(kind: str, each: int, zones: Sequence[str] = tuple(ZONES)) -> list[Place]:
        return [
            Place(SURABAYA, zone, f"{kind}-{number + 1:02d}", *_near(ZONES[zone], rng), f"gw-{zone.lower()}")
            for zone in zones
            for number in range(each * scale)
        ]

    some = tuple(ZONES)[::2]
    gauges = [
        Place(city, zone, reach.name, lat, lon, "gw-ciliwung")
        for reach, (city, zone, lat, lon) in zip(CILIWUNG, RIVER, strict=True)
    ]
    city, zone, lat, lon = RIVER[0]
    rain = [*spread("rain", 1, some), Place(city, zone, "rain-01", lat, lon, "gw-ciliwung")]
    fleets = (
        Meters(spread("meter", 2), weather, seed, interval),
        Reservoirs(spread("reservoir", 1, some), weather, seed, interval),
        Feeders(spread("feeder", 3), weather, seed, interval),
        Bins(spread("bin", 4), weather, seed, interval),
        Rivers(gauges, weather, seed, interval),
        RainGauges(rain, weather, seed, interval, sampling=int(interval * speed)),
        AirStations(spread("air", 1, some), weather, seed, interval),
        Slopes(spread("slope", 1, tuple(ZONES)[8:10]), weather, seed, interval),
    )
    return City(fleets, weather)


def _near(centre: tuple[float, float], rng: np.random.Generator) -> tuple[float, float]:
    lat, lon = np.asarray(centre) + rng.normal(0.0, 0.006, 2)
    return round(float(lat), 5), round(float(lon), 5)


def devices_of(city: City, domain: str, code: str, zone: str) -> tuple[str, ...]:
    """Names of a zone's devices in one domain."""
    return tuple(
        place.device
        for fleet in city.fleets
        if fleet.domain == domain
        for place in fleet.places
        if (place.city, place.zone) == (code, zone)
    )
