"""Thresholds of the water analytics, in canonical units.

Marks: [D] is a starting value of our own; all others name their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from config.settings import Duration, Section
from config.thresholds.order import below
from config.thresholds.scope import REST, Scope, Scoped

_MINUTE = 60_000
_HOUR = 60 * _MINUTE


class RoleThresholds(Section):
    """Which device is what, by patterns of its name in any case (`*` stands for anything).

    One that no pattern names is told by what it measures: flow with pressure, or flow alone, is an
    inlet; volume without pressure a customer; pressure alone a point of the network.
    """

    inlets: tuple[str, ...] = Field(("meter*", "dma*", "inlet*"), description="flow into the zone")
    customers: tuple[str, ...] = Field(("customer*", "pelanggan*", "household*"), description="what is billed")
    pumps: tuple[str, ...] = Field(("pump*", "pompa*"), description="their flow and pressure are not the network's")


class BurstThresholds(Scoped):
    """A main that bursts: flow steps up at an inlet while pressure steps down elsewhere in the zone."""

    scopes: ClassVar[Mapping[str, Scope]] = {"together": "zone", "refill": "zone", "rest_days": "city"}

    z: float = Field(
        4.0, gt=0, le=100, description="robust deviations from what went before, and from the hour's usual"
    )
    samples: int = Field(3, ge=1, le=60, description="readings in turn beyond z")
    together: Duration = Field(15 * _MINUTE, description="that may lie between the two steps [D]")
    flow_floor: float = Field(0.06, gt=0, lt=1, description="least deviation of flow, as a share of it [D]")
    flow_ramp: float = Field(
        0.3, ge=0, description="deviation of flow that each hour of lag adds, a share of it: mornings rise by 0.6/h [D]"
    )
    pressure_floor: float = Field(0.015, gt=0, lt=1, description="least deviation of pressure, as a share of it [D]")
    pressure_ramp: float = Field(0.06, ge=0, description="deviation of pressure that each hour of lag adds [D]")
    ends: float = Field(0.4, gt=0, lt=1, description="share of a step that it must fall back by to be over [D]")
    longest: Duration = Field(12 * _HOUR, description="after which what a step led to is the new normal [D]")
    rest_days: tuple[int, ...] = Field((5, 6), description="days with a profile of their own; 0 is Monday")
    days: int = Field(3, ge=1, le=10, description="of the same kind that make the hour's profile [D]")
    refill: Duration = Field(2 * _HOUR, description="after an interruption tanks fill: that is no burst [D]")


class NightThresholds(Scoped):
    """Minimum night flow, and what of it is used lawfully (SANFLOW, McKenzie 1999)."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "zone", "begins": "city", "ends": "city"}

    begins: float = Field(2.0, ge=0, lt=24, description="local hour (night flow analysis: 02:00 to 04:00)")
    ends: float = Field(4.0, gt=0, le=24, description="local hour")
    coverage: float = Field(0.7, gt=0, le=1, description="share of the window that an inlet must have told of [D]")
    population: int = Field(0, ge=0, description="people in the zone")
    active: float = Field(0.06, ge=0, le=1, description="share of people who use water at night (SANFLOW)")
    per_person: float = Field(10.0, ge=0, description="L/h of one who does (SANFLOW)")
    nondomestic: int = Field(0, ge=0, description="small shops and offices in the zone")
    per_nondomestic: float = Field(50.0, ge=0, description="L/h of each (SANFLOW)")
    mains_km: float = Field(0.0, ge=0, description="km of mains in the zone")
    per_km: float = Field(40.0, ge=0, description="L/km h of background leakage at 500 kPa (SANFLOW)")
    background: float = Field(1.5, ge=0, le=3, description="pressure exponent of background leakage (SANFLOW)")
    exponent: float = Field(
        1.0, ge=0.5, le=1.5, description="N1, by which leakage follows pressure through a day (FAVAD)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        # The night is one of one local day.
        below(self, "begins", "ends")
        return self


class LeakThresholds(Scoped):
    """A leak that grows: CUSUM on night flow (Page 1954)."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "zone"}

    nights: int = Field(3, ge=2, le=14, description="that make a reference [D]")
    slack: float = Field(0.5, ge=0, description="deviations a night that are let pass (half of a shift of one: Page)")
    alarm: float = Field(4.0, gt=0, description="deviations gathered (4 to 5 is usual: Montgomery)")
    floor: float = Field(0.05, gt=0, lt=1, description="least deviation of a night, as a share of night flow [D]")
    most: float = Field(4.0, gt=0, description="deviations that one night may add: one night alone is no leak [D]")
    agree: float = Field(2.0, gt=0, description="deviations that a second inlet must have gathered [D]")
    counter: float = Field(
        0.1, gt=0, lt=1, description="by which flow and its counter may differ; beyond, the counter is believed [D]"
    )


class BalanceThresholds(Scoped):
    """What goes into a zone, and what is billed."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "zone", "fastest": "device", "across": "device"}

    connections: int = Field(
        0, ge=0, description="customers in the zone; 0: unknown, then the balance is told and not judged"
    )
    coverage: float = Field(0.9, gt=0, le=1, description="share of them that must report before it is judged [D]")
    target: float = Field(0.2, gt=0, lt=1, description="non-revenue water, a share of the input (BPPSPAM: 20 %)")
    fastest: float = Field(2.0, gt=0, description="m3/s that no meter passes: a counter that leaps is not believed [D]")
    across: Duration = Field(
        6 * _HOUR, description="a counter silent for longer at midnight tells nothing of the day [D]"
    )


class PressureThresholds(Section):
    """What customers need; the most is the catalogue's `high` (the pipe's rating)."""

    least: float = Field(50.0, gt=0, description="kPa at the farthest point (Permen PU 18/2007: 0.5 to 1 atm)")
    collapse: float = Field(
        0.6, gt=0, lt=1, description="share of what it was before a step: told though above `least` [D]"
    )
    samples: int = Field(2, ge=1, le=60, description="readings in turn")


class SupplyThresholds(Scoped):
    """Water that does not come."""

    scopes: ClassVar[Mapping[str, Scope]] = {"households": "zone"}

    dry: float = Field(20.0, gt=0, description="kPa below which a tap on the first floor gives nothing [D]")
    still: float = Field(0.02, gt=0, lt=1, description="share of an inlet's usual flow below which nothing flows [D]")
    samples: int = Field(2, ge=1, le=60, description="readings in turn")
    households: int = Field(0, ge=0, description="in the zone; 0: each customer's meter, or else sensor, is one")


class QualityThresholds(Scoped):
    """Drinking water (Permenkes 2/2023)."""

    scopes: ClassVar[Mapping[str, Scope]] = {"agree": "zone"}

    turbidity: float = Field(3.0, gt=0, description="NTU, below it")
    ph: tuple[float, float] = Field((6.5, 8.5), description="from, to")
    chlorine: tuple[float, float] = Field((0.2, 0.5), description="mg/L of free chlorine, from, to (WHO: at most 5)")
    samples: int = Field(2, ge=1, le=60, description="readings in turn beyond a limit [D]")
    agree: int = Field(
        2, ge=2, le=3, description="quantities at one station, or stations for one quantity, that are contamination [D]"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.ph[0] < self.ph[1] and self.chlorine[0] < self.chlorine[1]):
            raise ValueError("ph and chlorine each need a lower limit that lies below the upper one")
        return self


class WaterThresholds(Section):
    """What is watched in water, and from where on an operator should know."""

    roles: RoleThresholds = Field(default_factory=RoleThresholds)
    burst: BurstThresholds = Field(default_factory=BurstThresholds)
    night: NightThresholds = Field(default_factory=NightThresholds)
    leak: LeakThresholds = Field(default_factory=LeakThresholds)
    balance: BalanceThresholds = Field(default_factory=BalanceThresholds)
    pressure: PressureThresholds = Field(default_factory=PressureThresholds)
    supply: SupplyThresholds = Field(default_factory=SupplyThresholds)
    quality: QualityThresholds = Field(default_factory=QualityThresholds)
