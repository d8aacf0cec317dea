"""What a city reports about itself, in one visible table, and how such numbers are added.

An indicator is a numerator and a denominator, so that zones, days and cities can be added: an average of
averages would be wrong. Each is of a local day or month, of a zone or a whole city (zone "*").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

PERIODS: Final = ("day", "month")


class Definition(NamedTuple):
    """value = factor * numerator / denominator; of a "sum" and of a "peak" (a greatest) the numerator itself."""

    name: str
    domain: str
    """"" for each of the domains, "*" for what is of no single one."""
    unit: str
    numerator: str
    denominator: str
    kind: Literal["ratio", "sum", "peak"] = "ratio"
    factor: float = 1.0
    stands: bool = False
    """The denominator is a size (households, customers, bins): it is added over places, not over days."""
    own: bool = False
    """A city's number is its own and not the sum of its zones'."""
    scale: float = 1.0
    """By what sums are divided when they are told; they are kept in smaller, whole units, so that they are exact."""

    def value(self, numerator: float, denominator: float) -> float:
        """NaN where there is no denominator."""
        if not denominator > 0:
            return float("nan")
        return self.factor * numerator / denominator if self.kind == "ratio" else numerator


def _share(name: str, domain: str, numerator: str, denominator: str, own: bool = False) -> Definition:
    return Definition(name, domain, "%", numerator, denominator, factor=100.0, own=own)


TABLE: Final = (
    # By the catalogue's intervals: a reading covers the time until the next one is due.
    Definition("completeness", "", "%", "sensor-hours covered", "sensor-hours", factor=100.0, scale=3_600_000),
    # water
    _share("pressure-compliance", "water", "readings within limits", "readings of pressure"),
    _share("quality-compliance", "water", "readings within limits", "readings of quality"),
    # ISO 37120: hours x households / households.
    Definition("interruption", "water", "h", "household-hours without water", "households", stands=True),
    # IWA water balance; where it is known how many connections a zone has.
    _share("non-revenue-water", "water", "m3 not billed", "m3 put in"),
    Definition("night-flow", "water", "L/s", "L/s of night flow, summed", "zone-nights"),
    # SANFLOW: minimum night flow less what people and small businesses use; where the settings tell of them.
    _share("night-leakage", "water", "L/s that leak at night", "L/s of night flow"),
    # energy: IEEE 1366, EN 50160
    Definition("saidi", "energy", "min", "customer-minutes interrupted", "customers", stands=True),
    Definition("saifi", "energy", "times", "customers interrupted", "customers", stands=True),
    _share("voltage-compliance", "energy", "means within the band", "means of voltage"),
    # waste
    Definition("overflowing-hours", "waste", "h", "bin-hours overflowing", "bins", stands=True),
    _share("collection-punctuality", "waste", "collections in time", "collections due"),
    # disaster
    *(
        Definition(f"siaga-{stage}-hours", "disaster", "h", f"gauge-hours at Siaga {stage}", "gauge-hours seen", "sum")
        for stage in (3, 2, 1)
    ),
    Definition("warning-lead-time", "disaster", "min", "minutes between warning and stage", "stages reached"),
    # Permen LHK 14/2020: the day's class is that of the worst pollutant and station.
    *(
        Definition(f"ispu-{grade}-days", "disaster", "d", f"days that were {grade}", "days judged", "sum", own=True)
        for grade in ("good", "moderate", "unhealthy", "very-unhealthy", "dangerous")
    ),
    # the alarm system: EEMUA 191, in intervals of 10 minutes
    Definition("alarm-rate", "*", "1/10 min", "alarms", "intervals of 10 min", own=True),
    Definition("alarm-peak", "*", "1/10 min", "alarms in the worst 10 min", "1", "peak", own=True),
    _share("alarm-flood", "*", "intervals with more than 10 alarms", "intervals of 10 min", own=True),
    _share("alarm-critical", "*", "critical alarms", "alarms", own=True),
    Definition("standing-alarms", "*", "alarms", "alarms standing, summed", "intervals of 10 min", own=True),
    Definition("stale-alarms", "*", "alarms", "alarms standing for 24 h, summed", "intervals of 10 min", own=True),
)
INDICATORS: Final = {definition.name: definition for definition in TABLE}
NUMBER: Final = {definition.name: number for number, definition in enumerate(TABLE)}
"""By name its place in TABLE."""


def added(name: str, parts: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Numerator and denominator of several places of one period; parts: of each."""
    known = list(parts)
    if INDICATORS[name].kind == "peak":
        return max((part[0] for part in known), default=0.0), max((part[1] for part in known), default=0.0)
    return sum(part[0] for part in known), sum(part[1] for part in known)
