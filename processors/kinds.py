"""Every kind of incident, in one visible table: what it is about, and how patient its alarm is.

Delays are event time in seconds; they and `members` are starting values of our own where no
source is named. EEMUA 191 and ISA-18.2: flow and pressure 15 s, level and temperature 60 s.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Kind(NamedTuple):
    """domain: "" for any. members: how many devices must agree before it opens. latched: stays until acknowledged."""

    domain: str
    life_safety: bool = False
    """Never suppressed in a flood of alarms, never shelved by a rule."""
    on_delay: float = 15.0
    off_delay: float = 60.0
    members: int = 1
    latched: bool = False
    fault: bool = False
    """About a sensor or gateway, not about the city; closed as soon as it ends."""
    within: float = 0.0
    """Seconds that may lie between the first and the last of `members`; 0 for any."""
    strong: float = 2.0
    """A score that needs no other members."""
    lasts: float = 0.0
    """A condition whose processor may not tell its end holds so long after its latest signal; 0: until told."""


KINDS: Final[dict[str, Kind]] = {
    # water
    "burst": Kind("water", off_delay=300),
    "slow-leak": Kind("water", on_delay=0, off_delay=86_400),
    "supply-interrupted": Kind("water", on_delay=60, off_delay=300),
    "water-quality": Kind("water", life_safety=True, on_delay=60, off_delay=600),
    "water-pressure": Kind("water", on_delay=300, off_delay=300),
    "water-balance": Kind("water", on_delay=0, off_delay=86_400),
    # energy
    "outage": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9),
    "overload": Kind("energy", on_delay=30, off_delay=600),
    "voltage": Kind("energy", on_delay=0, off_delay=600),
    "unbalance": Kind("energy", on_delay=0, off_delay=600),
    "frequency": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9),
    "consumption": Kind("energy", on_delay=0, off_delay=3600),
    "meter-tamper": Kind("energy", on_delay=0, off_delay=3600),
    # waste
    "bin-fire": Kind("waste", life_safety=True, on_delay=0, off_delay=600, latched=True),
    "bin-full": Kind("waste", on_delay=600, off_delay=600),
    "missed-collection": Kind("waste", on_delay=0, off_delay=600),
    "bin-tilt": Kind("waste", on_delay=0, off_delay=600),
    # disaster
    "river-stage": Kind("disaster", life_safety=True, on_delay=0, off_delay=600),
    "flood-warning": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600),
    "heavy-rain": Kind("disaster", on_delay=0, off_delay=3600),
    "landslide": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600),
    "quake": Kind("disaster", life_safety=True, on_delay=0, off_delay=300, members=3, within=60),
    "air-quality": Kind("disaster", on_delay=0, off_delay=3600),
    "tide": Kind("disaster", life_safety=True, on_delay=60, off_delay=600),
    # any domain
    # These two say only that something is wrong: for three minutes the analyses may say what.
    "limit": Kind("", on_delay=180, off_delay=300),
    "unusual": Kind("", on_delay=180, off_delay=60, members=3, within=600, strong=0.95, lasts=600),
    "no-data": Kind("", on_delay=30, off_delay=0, fault=True),
    "gateway-lost": Kind("", on_delay=0, off_delay=30, fault=True),
    "sensor-fault": Kind("", on_delay=60, off_delay=600, fault=True),
    "alarm-flood": Kind("", on_delay=0, off_delay=0, fault=True),
}

ANALYSED: Final = frozenset({("disaster", "rainfall"), ("disaster", "pga")})
"""Domain and quantity of series whose limits tell of no incident by themselves, only of anomalies: how much
rain a reading holds depends on the time since the last, and what one station feels may be a lorry. Their
analyses ("heavy-rain", "quake") judge them."""
