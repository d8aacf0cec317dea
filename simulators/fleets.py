"""Every fleet that a city can have: what its devices are called, how many of them, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from simulators.base import Fleet, Place
from simulators.disaster import AirStations, RainGauges, Rivers, Seismometers, Slopes, Tides
from simulators.energy import Feeders, Households, Solar, Transformers
from simulators.waste import Bins
from simulators.water import Customers, Meters, PressurePoints, Pumps, QualityStations, Reservoirs
from simulators.weather import Weather
from simulators.zones import COAST, HILLS


@dataclass(frozen=True, slots=True)
class FleetRow:
    """prefix: of device names; share: weight among a city's devices; zones: where they stand, if not anywhere."""

    fleet: type[Fleet]
    prefix: str
    share: float
    zones: tuple[str, ...] = ()


FLEETS = {
    row.fleet.__name__: row
    for row in (
        FleetRow(Meters, "meter", 7),
        FleetRow(PressurePoints, "pressure", 7),
        FleetRow(Reservoirs, "reservoir", 3),
        FleetRow(Pumps, "pump", 3),
        FleetRow(QualityStations, "quality", 3),
        FleetRow(Customers, "customer", 15),
        FleetRow(Feeders, "feeder", 8),
        FleetRow(Transformers, "transformer", 8),
        FleetRow(Households, "household", 14),
        FleetRow(Solar, "solar", 4),
        FleetRow(Bins, "bin", 16),
        FleetRow(Rivers, "river", 0),  # as many as the river has gauges
        FleetRow(RainGauges, "rain", 4),
        FleetRow(Slopes, "slope", 2, HILLS),
        FleetRow(AirStations, "air", 3),
        FleetRow(Tides, "tide", 1, COAST),
        FleetRow(Seismometers, "quake", 2),
    )
}
"""By the name of the class, as `mix` and `intervals` of a scenario name them."""
DOMAINS = tuple(dict.fromkeys(row.fleet.domain for row in FLEETS.values()))


@cache
def quantities_of(fleet: str) -> tuple[str, ...]:
    """What the devices of a fleet measure. (Bounds may differ by device, so a fleet is made to ask it.)"""
    place = Place("", "", "", 0.0, 0.0, "")
    one = FLEETS[fleet].fleet((place,), Weather(0, ((0.0, 0.0),)), 0)
    return tuple(quantity.name for quantity in one.quantities)
