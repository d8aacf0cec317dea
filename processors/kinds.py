"""Every kind of incident, in one visible table: what it is about, and how patient its alarm is.

Delays are event time in seconds; they and `members` are starting values of our own where no
source is named. EEMUA 191 and ISA-18.2: flow and pressure 15 s, level and temperature 60 s.
"""

from __future__ import annotations

import math
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
    counted: bool = False
    """Its sentences tell of all members, and how many: the strongest's (by value) is told, and no number after it."""
    most: int = 2
    """Index into `telemetry.batch.SEVERITIES` beyond which no number of members makes it graver (EEMUA 191: a priority
    tells what comes of it, not how often it is seen)."""
    gravest: float = math.inf
    """A score from which a condition is graver than any severity tells: who took on a lesser one is asked again."""
    silent: float = 0.0
    """Seconds after its last reading that a silent member's condition counts still: then it is only the last that is
    known, and what is shown next is another incident. Hours, for a gauge is lost in a flood and a meter has no power
    in an outage; less where what is shown is over sooner. 0: its rule knows what silence means."""


_HOUR: Final = 3600.0
_WARNING: Final = 1

KINDS: Final[dict[str, Kind]] = {
    # water
    "burst": Kind("water", off_delay=300, silent=6 * _HOUR),
    "slow-leak": Kind("water", on_delay=0, off_delay=86_400, silent=72 * _HOUR),
    "supply-interrupted": Kind("water", on_delay=60, off_delay=300, silent=6 * _HOUR),
    "water-quality": Kind("water", life_safety=True, on_delay=60, off_delay=600, silent=6 * _HOUR),
    "water-pressure": Kind("water", on_delay=300, off_delay=300, silent=6 * _HOUR),
    "water-balance": Kind("water", on_delay=0, off_delay=86_400),
    # energy
    "outage": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9, silent=24 * _HOUR),
    "overload": Kind("energy", on_delay=30, off_delay=600, silent=6 * _HOUR),
    "voltage": Kind("energy", on_delay=0, off_delay=600, silent=6 * _HOUR),
    "unbalance": Kind("energy", on_delay=0, off_delay=600, silent=6 * _HOUR),
    "frequency": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9, silent=6 * _HOUR),
    "consumption": Kind("energy", on_delay=0, off_delay=3600, most=_WARNING, silent=72 * _HOUR),
    "meter-tamper": Kind("energy", on_delay=0, off_delay=3600, most=_WARNING, silent=72 * _HOUR),
    # waste
    "bin-fire": Kind("waste", life_safety=True, on_delay=0, off_delay=600, latched=True, silent=1 * _HOUR),
    "bin-full": Kind("waste", on_delay=600, off_delay=600, most=_WARNING, silent=24 * _HOUR),
    "missed-collection": Kind("waste", on_delay=0, off_delay=600, most=_WARNING, silent=72 * _HOUR),
    "bin-tilt": Kind("waste", on_delay=0, off_delay=600, most=_WARNING, silent=24 * _HOUR),
    # disaster
    "river-stage": Kind("disaster", life_safety=True, on_delay=0, off_delay=600, gravest=1.0, silent=3 * _HOUR),
    "flood-warning": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600),
    "heavy-rain": Kind("disaster", on_delay=0, off_delay=3600, silent=3 * _HOUR),
    "landslide": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600),
    "quake": Kind("disaster", life_safety=True, on_delay=0, off_delay=300, counted=True, silent=300),
    "air-quality": Kind("disaster", on_delay=0, off_delay=3600, silent=12 * _HOUR),
    "tide": Kind("disaster", life_safety=True, on_delay=60, off_delay=600, silent=3 * _HOUR),
    # any domain
    # These two say only that something is wrong: for three minutes the analyses may say what.
    "limit": Kind("", on_delay=180, off_delay=300, silent=6 * _HOUR),
    "unusual": Kind("", on_delay=180, off_delay=60, members=3, within=600, strong=0.95, lasts=600),
    "no-data": Kind("", on_delay=30, off_delay=0, fault=True),
    "gateway-lost": Kind("", on_delay=0, off_delay=30, fault=True),
    "sensor-fault": Kind("", on_delay=60, off_delay=600, fault=True, silent=24 * _HOUR),
    "alarm-flood": Kind("", on_delay=0, off_delay=0, fault=True),
}

ANALYSED: Final = frozenset({("disaster", "rainfall"), ("disaster", "pga")})
"""Domain and quantity of series whose limits tell of no incident by themselves, only of anomalies: how much
rain a reading holds depends on the time since the last, and what one station feels may be a lorry. Their
analyses ("heavy-rain", "quake") judge them."""
