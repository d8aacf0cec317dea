"""Thresholds of the energy analytics, in canonical units.

Marks: [D] is a starting value of our own; all others name their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from config.settings import Duration, Section
from config.thresholds.order import not_above
from config.thresholds.scope import REST, Scope, Scoped

_MINUTE = 60_000


class VoltageThresholds(Scoped):
    """Ten-minute means of voltage (EN 50160), with the limits of Indonesia's grid (SPLN 1)."""

    scopes: ClassVar[Mapping[str, Scope]] = {"over": "city"}

    over: Duration = Field(10 * _MINUTE, ge=1000, description="over which means are taken (EN 50160: ten minutes)")
    nominal: float = Field(220.0, gt=0, description="V, from phase to neutral")
    low: float = Field(198.0, gt=0, description="V, a mean below it is told: 220 V -10 % (SPLN 1)")
    high: float = Field(231.0, gt=0, description="V, a mean above it is told: 220 V +5 % (SPLN 1)")
    always_low: float = Field(0.85, gt=0, lt=1, description="of nominal, below which a mean never is (EN 50160: -15 %)")
    always_high: float = Field(1.10, gt=1, description="of nominal, above which a mean never is (EN 50160: +10 %)")
    band: float = Field(0.10, gt=0, lt=1, description="of nominal, in which 95 % of a week's means lie (EN 50160)")
    share: float = Field(0.95, gt=0, le=1, description="of a week's means that lie within `band` (EN 50160: 95 %)")
    deadband: float = Field(1.0, ge=0, description="V by which a mean comes back inside before it is over [D]")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.nominal < self.high:
            raise ValueError("nominal must lie between low and high")
        return self


class SagThresholds(Section):
    """Sags, swells and interruptions (IEEE 1159), of meters that are sampled fast enough to see them."""

    sag: float = Field(0.9, gt=0, lt=1, description="of nominal, below which a voltage sags (IEEE 1159)")
    swell: float = Field(1.1, gt=1, description="of nominal, above which it swells (IEEE 1159)")
    interruption: float = Field(0.1, gt=0, lt=1, description="of nominal, below which it is interrupted (IEEE 1159)")
    interval: Duration = Field(
        1000, ge=1, le=1000, description="readings that lie further apart can't show a sag and are not judged"
    )


class FrequencyThresholds(Scoped):
    """The grid's frequency (EN 50160, synchronous connection)."""

    scopes: ClassVar[Mapping[str, Scope]] = {REST: "city"}

    alert: float = Field(
        0.2, gt=0, description="Hz from 50 that is told when several meters see it: normal operation keeps +-0.2 Hz [D]"
    )
    low: float = Field(49.5, gt=0, description="Hz, -1 % (EN 50160, for 99.5 % of a year)")
    high: float = Field(50.5, gt=0, description="Hz, +1 % (EN 50160, for 99.5 % of a year)")
    always_low: float = Field(47.0, gt=0, description="Hz, -6 % (EN 50160, always)")
    always_high: float = Field(52.0, gt=0, description="Hz, +4 % (EN 50160, always)")
    deadband: float = Field(0.05, ge=0, description="Hz by which it comes back inside before it is over [D]")
    agree: int = Field(
        2, ge=1, le=20, description="readings of a lone meter in turn; other meters may agree instead [D]"
    )


class OutageThresholds(Section):
    """Loss of supply, and what it costs customers (IEEE 1366)."""

    voltage: float = Field(0.1, gt=0, lt=1, description="of nominal, below which nobody is supplied (IEEE 1159)")
    returns: float = Field(0.5, gt=0, lt=1, description="of nominal, from which supply is back [D]")
    power: float = Field(0.0002, ge=0, lt=1, description="of the greatest power seen that counts as none [D]")
    momentary: Duration = Field(3000, description="of meters at a second or faster: shorter is momentary (IEEE 1159)")
    sustained: Duration = Field(5 * _MINUTE, description="longer counts in SAIDI and SAIFI (IEEE 1366)")
    customers: int = Field(1, ge=0, description="behind a device; a site's own number makes SAIDI true to life")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        not_above(self, "voltage", "returns")
        return self


class UnbalanceThresholds(Section):
    """Three phases that differ."""

    limit: float = Field(2.0, gt=0, description="% of VUF of ten-minute means, above which it is told (EN 50160)")
    clears: float = Field(1.7, gt=0, description="%, below which it is over [D]")


class OverloadThresholds(Section):
    """Load of feeders and transformers (devices that measure current), and of others that have a limit."""

    near: float = Field(0.9, gt=0, description="of the catalogue's `high`, from which equipment is overloaded [D]")
    learned: float = Field(1.3, gt=1, description="of the usual daily peak, likewise, once a day is known [D]")
    far: float = Field(1.2, gt=1, description="of the limit, from which it is critical [D]")
    deadband: float = Field(0.05, ge=0, lt=0.5, description="of the limit below which it is over (EEMUA 191: 5 %)")
    agree: int = Field(2, ge=1, le=20, description="readings in turn [D]")
    pickup: Duration = Field(
        60 * _MINUTE, description="after an outage in its zone in which more load is no overload: cold-load pickup [D]"
    )
    pickup_share: float = Field(1.6, gt=1, description="of the limit that even a cold-load pickup does not explain [D]")


class ConsumptionThresholds(Section):
    """A day's energy beside the same weekday of the weeks before."""

    z: float = Field(4.0, gt=0, description="robust standard deviations (1.4826 MAD) from the median [D]")
    weeks: int = Field(3, ge=2, le=5, description="of the same weekday that must be known")
    spread: float = Field(0.1, gt=0, description="of the median that a deviation is at least taken for [D]")


class MeterThresholds(Section):
    """Whether a meter counts as meters do."""

    spare: float = Field(2.0, ge=1, description="times the greatest power: no meter counts faster [D]")
    agree: int = Field(3, ge=1, le=20, description="sane readings in turn after which a meter is believed again [D]")


class TamperThresholds(Scoped):
    """A home's meter that counts a fraction of what it did, while others count on."""

    scopes: ClassVar[Mapping[str, Scope]] = {"peers": "city"}

    share: float = Field(
        0.4, gt=0, lt=1, description="of the usual hourly consumption; what is tampered with is below [D]"
    )
    drift: float = Field(
        0.6, gt=0, description="natural logarithm of a fall that is no evidence: allowance of CUSUM [D]"
    )
    sure: float = Field(
        4.0, gt=0, description="sum of the evidence from which it is told: decision interval of CUSUM [D]"
    )
    hours: int = Field(6, ge=2, description="that a home's consumption must be known [D]")
    peers: int = Field(5, ge=2, description="meters of homes in the city, to know what the hour is like [D]")


class EnergyThresholds(Section):
    """What is watched in energy, and from where on an operator should know."""

    voltage: VoltageThresholds = Field(default_factory=VoltageThresholds)
    sags: SagThresholds = Field(default_factory=SagThresholds)
    frequency: FrequencyThresholds = Field(default_factory=FrequencyThresholds)
    outage: OutageThresholds = Field(default_factory=OutageThresholds)
    unbalance: UnbalanceThresholds = Field(default_factory=UnbalanceThresholds)
    overload: OverloadThresholds = Field(default_factory=OverloadThresholds)
    consumption: ConsumptionThresholds = Field(default_factory=ConsumptionThresholds)
    meter: MeterThresholds = Field(default_factory=MeterThresholds)
    tamper: TamperThresholds = Field(default_factory=TamperThresholds)
