"""Which devices each kind of event reaches, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulators.fleets import FLEETS
from simulators.incidents import KINDS

Scope = Literal["zone", "device", "city", "river"]


@dataclass(frozen=True, slots=True)
class Reach:
    """scope: an event hits all of a zone's devices of `fleets`, one device, those of the whole city, or a river."""

    scope: Scope
    fleets: tuple[str, ...]

    @property
    def leading(self) -> tuple[str, ...]:
        """The fleets of which a place must have a device: the first that there is."""
        return tuple(fleet for fleet in self.fleets if fleet in FLEETS)[:1]


_NETWORK = ("Meters", "PressurePoints", "Reservoirs", "Pumps")
_GRID = ("Feeders", "Transformers")
REACH = {
    "burst-main": Reach("zone", (*_NETWORK, "Customers")),
    "slow-leak": Reach("zone", _NETWORK),
    "stuck-valve": Reach("zone", _NETWORK),
    "contamination": Reach("zone", ("QualityStations",)),
    "supply-cut": Reach("zone", (*_NETWORK, "Customers")),
    "feeder-outage": Reach("zone", (*_GRID, "Households", "Solar")),
    "feeder-overload": Reach("zone", (*_GRID, "Households")),
    "voltage-sag": Reach("zone", (*_GRID, "Households")),
    "unbalance": Reach("device", ("Transformers",)),
    "meter-tamper": Reach("device", ("Households",)),
    "frequency-excursion": Reach("city", _GRID),
    "heat-wave": Reach("city", (*_GRID, "Households", "Solar")),
    "missed-rounds": Reach("zone", ("Bins",)),
    "bin-fire": Reach("device", ("Bins",)),
    "bin-tilt": Reach("device", ("Bins",)),
    "cloudburst": Reach("zone", ("RainGauges",)),
    "flash-flood": Reach("river", ("Rivers",)),
    "quake": Reach("city", ("Seismometers",)),
    "landslide": Reach("device", ("Slopes",)),
    "haze": Reach("city", ("AirStations",)),
    "high-tide": Reach("city", ("Tides",)),
}
assert REACH.keys() == KINDS.keys()
