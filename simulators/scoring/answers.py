"""Which incident is the right answer to which event, in visible tables.

The left side are kinds of events (`simulators.incidents.KINDS`), the right side kinds of
incidents (`processors.kinds.KINDS`).
"""

from __future__ import annotations

from typing import Final

ANSWERS: Final[dict[str, frozenset[str]]] = {
    # water
    "burst-main": frozenset({"burst"}),
    "slow-leak": frozenset({"slow-leak", "water-balance"}),
    "stuck-valve": frozenset({"water-pressure", "supply-interrupted", "water-balance"}),
    "contamination": frozenset({"water-quality"}),
    "supply-cut": frozenset({"supply-interrupted", "water-pressure"}),
    # energy
    "feeder-outage": frozenset({"outage"}),
    "feeder-overload": frozenset({"overload"}),
    "voltage-sag": frozenset({"voltage"}),
    "unbalance": frozenset({"unbalance"}),
    "meter-tamper": frozenset({"meter-tamper", "consumption"}),
    "frequency-excursion": frozenset({"frequency"}),
    "heat-wave": frozenset({"overload", "consumption"}),
    # waste
    "missed-rounds": frozenset({"missed-collection", "bin-full"}),
    "bin-fire": frozenset({"bin-fire"}),
    "bin-tilt": frozenset({"bin-tilt"}),
    # disaster
    "cloudburst": frozenset({"heavy-rain"}),
    "flash-flood": frozenset({"river-stage", "flood-warning"}),
    "quake": frozenset({"quake"}),
    "landslide": frozenset({"landslide"}),
    "haze": frozenset({"air-quality"}),
    "high-tide": frozenset({"tide"}),
}

UNSPECIFIC: Final = frozenset({None, "unusual", "limit"})
"""They answer any event of their domain: something is wrong, it is not said what."""

CONSEQUENCES: Final[dict[str, frozenset[str]]] = {
    "burst-main": frozenset({"water-pressure", "supply-interrupted", "water-balance", "slow-leak"}),
    "stuck-valve": frozenset({"burst"}),
    "supply-cut": frozenset({"water-balance", "burst"}),
    "contamination": frozenset({"water-balance"}),
    "feeder-outage": frozenset({"voltage", "consumption", "unbalance", "no-data", "gateway-lost"}),
    "feeder-overload": frozenset({"voltage", "consumption"}),
    "heat-wave": frozenset({"voltage"}),
    "unbalance": frozenset({"voltage", "overload"}),
    "bin-fire": frozenset({"bin-full", "no-data"}),
    "bin-tilt": frozenset({"bin-full", "missed-collection"}),
    "cloudburst": frozenset({"river-stage", "flood-warning", "landslide"}),
    "flash-flood": frozenset({"heavy-rain"}),
    "landslide": frozenset({"heavy-rain"}),
}
"""True of such an event, but not its answer: never false, and never enough."""

RIVER: Final = frozenset({"flash-flood"})
"""Events that reach along a river: its gauges stand in several cities, so places are not compared."""

ABOUT_ALARMS: Final = frozenset({"alarm-flood"})
"""Incidents about the alarms themselves, which no truth can answer for: they are not judged."""
