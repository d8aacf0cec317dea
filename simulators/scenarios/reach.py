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


_WATER = ("Meters", "PressurePoints", "Customers")
_ENERGY = ("Feeders", "Transformers", "Households", "Solar")
REACH = {
    "burst-main": Reach("zone", _WATER),
    "slow-leak": Reach("zone", _WATER),
    "stuck-valve": Reach("zone", ("Meters", "PressurePoints")),
    "contamination": Reach("zone", ("QualityStations",)),
    "supply-cut": Reach("zone", _WATER),
    "feeder-outage": Reach("zone", _ENERGY),
    "feeder-overload": Reach("zone", ("Feeders", "Transformers")),
    "voltage-sag": Reach("zone", _ENERGY),
    "unbalance": Reach("device", ("Transformers",)),
    "meter-tamper": Reach("device", ("Households",)),
    "frequency-excursion": Reach("city", _ENERGY),
    "heat-wave": Reach("city", _ENERGY),
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
