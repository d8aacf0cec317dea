"""The scenario's models: the one place where a key, its default and its meaning stand.

`docs/scenario.schema.json` is generated from here. Times are ms; what no single value can know
(a zone that the city does not have) is found by checks.py.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from config.settings import Section
from simulators.scenarios.types import (
    Coordinates,
    EventKind,
    FaultKindName,
    FleetName,
    FleetOrDomain,
    Instant,
    Magnitudes,
    Moments,
    Names,
    Offset,
    SignedStrengths,
    Span,
    Spans,
    Strengths,
)

NAME = r"[a-z0-9][a-z0-9-]*"


class CitySpec(Section):
    """The city and its devices."""

    code: str = Field("3578", min_length=1, max_length=128, description="first level of the topics; Surabaya is 3578")
    devices: int = Field(200, ge=1, le=1_000_000, description="how many, over all fleets")
    mix: dict[FleetOrDomain, Annotated[float, Field(gt=0)]] | None = Field(
        None, description="weight of each fleet or domain; null: as in a usual city. What is not listed is left out"
    )
    zones: int | None = Field(None, ge=1, le=100_000, description="how many; null: by the number of devices")
    per_gateway: int = Field(50, ge=1, le=10_000, description="devices that a gateway speaks for, at most")


class WeatherSpec(Section):
    """The season, for all domains alike."""

    season: Literal["wet", "dry"] = Field(
        "wet", description="wet: November to April, a few showers a day; dry: hardly any"
    )


class Repeat(Section):
    """The same again."""

    every: Span = Field(description="from one beginning to the next")
    times: int = Field(ge=2, le=10_000, description="how often in all")


class Random(Section):
    """At times drawn from the seed, one in each of equal stretches."""

    per_day: float = Field(gt=0, le=10_000, description="how many a day, on average")
    after: Offset = Field(0, description="none before this")
    until: Offset | None = Field(None, description="all begin before this; null: all end within the scenario")


class Where(Section):
    """Who is reached. What is not given is drawn from the seed, or follows from the kind."""

    zone: str | None = Field(None, description="by name")
    devices: Names | None = Field(None, description="by name")
    fleet: FleetName | None = Field(None, description="only devices of this fleet")
    at: Coordinates | None = Field(None, description="the nearest, or all within `radius`")
    radius: float | None = Field(None, gt=0, le=20_000, description="km around `at`")
    count: int | None = Field(None, ge=1, le=100_000, description="how many places: zones, devices or gateways")


class FaultWhere(Where):
    """Who is reached. What is not given is drawn from the seed."""

    gateways: Names | None = Field(None, description="by name; only for faults of gateways")


class Happening(Section):
    """What events and faults share: `at` or `random`, and how long."""

    at: Moments | None = Field(None, description="when it begins")
    repeat: Repeat | None = Field(None, description="`at` again and again")
    random: Random | None = Field(None, description="instead of `at`")
    duration: Spans = Field(description="how long; its effect may fade for a while afterwards")


class EventSpec(Happening):
    """Something that happens in the city."""

    kind: EventKind = Field(description="what")
    where: Where = Field(default_factory=Where)
    strength: Strengths = Field((1.0, 1.0), description="1 is a typical one")
    magnitude: Magnitudes | None = Field(None, description="of a quake, Mw; null: 5.5 + log10(strength)")
    depth: float = Field(10.0, gt=0, le=700, description="of a quake, km")


class FaultSpec(Happening):
    """Something that only sensors or gateways suffer."""

    kind: FaultKindName = Field(description="what")
    where: FaultWhere = Field(default_factory=FaultWhere)
    strength: SignedStrengths = Field((1.0, 1.0), description="1 is a typical one; below 0 the other way")
    quantity: str | None = Field(None, description="which one suffers; null: the fleet's first that is no counter")


class Scenario(Section):
    """A city, and what happens to it, from a start for a duration."""

    name: str = Field(pattern=f"^{NAME}$", max_length=64, description="as its file: small letters, digits, hyphens")
    description: str = Field("", description="what it is for")
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**32)], ...] = Field(
        (1,), min_length=1, description="each gives another city and other random choices"
    )
    held_out: tuple[int, ...] = Field((), description="seeds on which no threshold is tuned")
    start: Instant = Field(description="of the city's clock")
    duration: Span = Field(description="of the city's clock")
    interval: Span = Field(60_000, description="between a device's readings, and the length of a step")
    intervals: dict[FleetOrDomain, Span] = Field(
        default_factory=dict, description="of a fleet or a domain, where it differs"
    )
    speed: float = Field(1.0, gt=0, le=100_000, description="how much faster than real time `./nadi simulate` plays it")
    city: CitySpec = Field(default_factory=CitySpec)
    weather: WeatherSpec = Field(default_factory=WeatherSpec)
    events: tuple[EventSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()

    @property
    def end(self) -> int:
        """ms UTC."""
        return self.start + self.duration

    def interval_of(self, fleet: str, domain: str) -> int:
        """ms between readings of a fleet, by its class name."""
        return self.intervals.get(fleet, self.intervals.get(domain, self.interval))


def json_schema() -> dict[str, Any]:
    """What docs/scenario.schema.json holds."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}
