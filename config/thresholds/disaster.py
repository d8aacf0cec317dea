"""Thresholds of the disaster analytics, in canonical units.

Marks: [D] is a starting value of our own; all others name their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Self

from pydantic import Field, model_validator

from config.settings import Duration, Section
from config.thresholds.order import not_above, rising
from config.thresholds.scope import REST, Scope, Scoped

_MINUTE = 60_000
_HOUR = 60 * _MINUTE


class StageTable(Section):
    """Lower bounds of a gauge's stages, cm, as they hold from a day on (00:00 UTC) until the next table's."""

    since: date = Field(date(1970, 1, 1), description="the first day on which this table holds")
    siaga3: float = Field(description="cm; below it the gauge is at Siaga 4, the ordinary state")
    siaga2: float = Field(description="cm")
    siaga1: float = Field(description="cm; the gravest stage")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.siaga3 < self.siaga2 < self.siaga1:
            raise ValueError("siaga3 must lie below siaga2, and siaga2 below siaga1")
        return self

    @property
    def bounds(self) -> tuple[float, float, float]:
        return self.siaga3, self.siaga2, self.siaga1


StageTables = tuple[StageTable, ...]


class Reach(Section):
    """A gauge on a river, and how long water needs to it from the river's first gauge."""

    gauge: str = Field(min_length=1, description="the device's name, in any case")
    hours: float = Field(ge=0, le=1000, description="h of travel from the first gauge")


def _table(siaga3: float, siaga2: float, siaga1: float) -> StageTables:
    return (StageTable(siaga3=siaga3, siaga2=siaga2, siaga1=siaga1),)


JAKARTA = {
    "katulampa": _table(80, 150, 200),
    "depok": _table(200, 270, 350),
    "manggarai": _table(750, 850, 950),
    "karet": _table(450, 550, 600),
}
"""Stages as Jakarta's flood posts publish them (BPBD DKI Jakarta, Dinas SDA)."""
CILIWUNG: tuple[Reach, ...] = (
    Reach(gauge="katulampa", hours=0),
    Reach(gauge="depok", hours=3),
    Reach(gauge="manggarai", hours=9),
    Reach(gauge="karet", hours=10),
)
"""Katulampa to Depok 3 h, Depok to Manggarai 6 h (BPBD DKI Jakarta); on to Karet about an hour [D]."""


class RiverThresholds(Scoped):
    """Stage, rate of rise, and the wave on its way down a river."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city", "stages": "device", "gauges": "device", "deadband": "device"}

    stages: StageTables = Field(
        (), description="of this site, the latest table that had begun by a reading's time holds; empty: by `gauges`"
    )
    gauges: dict[str, StageTables] = Field(
        default_factory=lambda: dict(JAKARTA), description="tables by the device's name; Jakarta's posts are known"
    )
    rivers: dict[str, tuple[Reach, ...]] = Field(
        default_factory=lambda: {"Ciliwung": CILIWUNG}, description="gauges of each river from its springs down"
    )
    deadband: float = Field(
        0.05,
        ge=0,
        lt=0.5,
        description="share of Siaga 3 to Siaga 1 that a level must fall below a bound (EEMUA 191: 5 %)",
    )
    memory: Duration = Field(
        15 * _MINUTE, description="e-folding time of the fit of the rate of rise: it sees about thrice as far back [D]"
    )
    rise: float = Field(30.0, gt=0, description="cm/h from which a rise may be a flood's; 2020-01-01 saw about 70 [D]")
    ahead: Duration = Field(45 * _MINUTE, description="a stage that is due within this is warned of [D]")
    jump: float = Field(
        15.0, gt=0, description="cm beyond which two readings in turn contradict each other, besides `fastest` [D]"
    )
    fastest: float = Field(600.0, gt=0, description="cm/h that no river rises or falls faster than [D]")
    agree: int = Field(
        3,
        ge=1,
        le=8,
        description="readings in turn that make a contradicting level believed; two for its first stage [D]",
    )
    margin: float = Field(0.25, ge=0, le=2, description="share of the travel time that a wave may be late [D]")


class RainThresholds(Scoped):
    """Onset of dangerous rain, classes of a day's rain, and the rain that loosens slopes."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city"}

    window: Duration = Field(5 * _MINUTE, ge=_MINUTE, le=_HOUR, description="over which intensity is taken [D]")
    violent: float = Field(
        60.0, gt=0, description="mm/h over `window`: a cloudburst (Met Office: a violent shower is above 50) [D]"
    )
    hourly: float = Field(50.0, gt=0, description="mm within an hour, however it is spread [D]")
    steady: int = Field(
        3, ge=1, le=11, description="hours in turn with `ends` or more in each: rain that goes on heavily [D]"
    )
    daily: float = Field(
        100.0, gt=0, description="mm within 24 hours, where twice as many had half as much (BMKG: very heavy)"
    )
    ends: float = Field(10.0, ge=0, description="mm/h over `window` below which it is over (BMKG: heavy is 10 to 20)")
    classes: tuple[float, float, float, float, float] = Field(
        (0.5, 20.0, 50.0, 100.0, 150.0),
        description="mm a day from which rain is light, moderate, heavy, very heavy, extreme (BMKG)",
    )
    dry: Duration = Field(24 * _HOUR, description="without rain separates two events of rain (Guzzetti et al. 2008)")
    wet: float = Field(0.2, gt=0, description="mm/h from which it rains (Guzzetti et al. 2008)")
    caine: tuple[float, float] = Field(
        (14.82, 0.39), description="a, b of I = a D^-b mm/h, the threshold of landslides (Caine 1980, 0.167 to 240 h)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        rising(self, "classes")
        return self


class SlopeThresholds(Scoped):
    """Slopes that move."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city"}

    precaution: float = Field(
        0.01,
        gt=0,
        description="deg/h of tilt; with another sign of the same slope, or rain, it is told (Uchimura 2010)",
    )
    warning: float = Field(0.1, gt=0, description="deg/h of tilt, which needs no other sign (Uchimura 2010)")
    span: Duration = Field(3 * _HOUR, ge=_HOUR, le=24 * _HOUR, description="over which a slow rate is taken [D]")
    displacement: float = Field(0.4, gt=0, description="mm/h over `span`: a sign beside the tilt [D]")
    fast: float = Field(4.0, gt=0, description="mm/h, which needs no other sign [D]")
    moisture: float = Field(70.0, gt=0, le=100, description="%: soil near saturation is a sign beside the tilt [D]")
    gauge_km: float = Field(10.0, gt=0, description="a rain gauge that is nearer speaks for the slope [D]")


class SeismicThresholds(Scoped):
    """Shaking that several stations feel."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city"}

    sta: float = Field(1.0, gt=0, description="s, short-term average (0.3 to 1 s is usual)")
    lta: float = Field(45.0, gt=0, description="s, long-term average (30 to 60 s is usual)")
    on: float = Field(4.0, gt=1, description="STA/LTA from which a station is triggered (8 where it is noisy)")
    off: float = Field(2.5, gt=1, description="STA/LTA below which it is not any more (2 to 3)")
    least: float = Field(0.3, gt=0, description="cm/s2 below which nothing is a trigger [D]")
    longest: float = Field(180.0, gt=0, description="s after which a trigger is the new background [D]")
    interval: Duration = Field(10_000, description="readings that lie further apart are no fast data: not judged [D]")
    stations: int = Field(3, ge=1, le=20, description="that must agree")
    neighbours: float = Field(
        100.0, ge=0, description="km within which stations of other cities agree, too; 0: each city by itself [D]"
    )
    speed: float = Field(3.0, gt=0, description="km/s, the slowest wave between two stations (S in soft crust) [D]")
    margin: float = Field(5.0, ge=0, description="s beside the travel time between two stations [D]")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        not_above(self, "off", "on")
        return self


class TideThresholds(Scoped):
    """The sea above its astronomical tide."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city", "plain": "device"}

    surge: float = Field(50.0, gt=0, description="cm above the tide that is due (the least warning level of tsunamis)")
    great: float = Field(300.0, gt=0, description="cm above the tide that is due: the gravest (tsunamis: 3 m)")
    sure: float = Field(
        12.0, gt=0, description="cm, standard error of the fitted tide below which it is relied upon [D]"
    )
    plain: float | None = Field(None, description="cm above the gauge's zero, until then; null: the catalogue's `high`")
    rise: float = Field(
        100.0, gt=0, description="cm/h over half an hour, until then: faster than Indonesia's tides rise [D]"
    )
    amplitude: float = Field(60.0, gt=0, description="cm, what is expected of a constituent before it is known [D]")


class AirThresholds(Scoped):
    """ISPU by Permen LHK 14/2020: breakpoints of 24 h means at index 0, 50, 100, 200, 300 and 500."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city"}

    pm25: tuple[float, ...] = Field(
        (0.0, 15.5, 55.4, 150.4, 250.4, 500.0), min_length=6, max_length=6, description="ug/m3 (the same)"
    )
    pm10: tuple[float, ...] = Field(
        (0.0, 50.0, 150.0, 350.0, 420.0, 500.0), min_length=6, max_length=6, description="ug/m3 (the same)"
    )
    unhealthy: float = Field(101.0, gt=0, description="index from which operators are told (tidak sehat)")
    clears: float = Field(95.0, gt=0, description="index below which it is over [D]")
    dangerous: float = Field(301.0, gt=0, description="index from which it is critical (berbahaya)")
    hours: int = Field(18, ge=1, le=24, description="of the last 24 that must have readings (75 %)")
    stations: int = Field(2, ge=1, description="that must agree, where a city has so many [D]")
    most: float = Field(
        0.5,
        gt=0,
        le=1,
        description="share of a city's stations whose NowCast (US EPA 2013) tells before 24 h are full [D]",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        rising(self, "pm25")
        rising(self, "pm10")
        not_above(self, "clears", "unhealthy")
        not_above(self, "unhealthy", "dangerous")
        return self


class DisasterThresholds(Section):
    """What is watched in disaster, and from where on an operator should know."""

    river: RiverThresholds = Field(default_factory=RiverThresholds)
    rain: RainThresholds = Field(default_factory=RainThresholds)
    slope: SlopeThresholds = Field(default_factory=SlopeThresholds)
    seismic: SeismicThresholds = Field(default_factory=SeismicThresholds)
    tide: TideThresholds = Field(default_factory=TideThresholds)
    air: AirThresholds = Field(default_factory=AirThresholds)
