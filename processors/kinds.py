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
    known, and what is shown next is another incident. 0: its rule knows what silence means, or nobody shows it."""


_WARNING: Final = 1

# For how long what a sensor showed last is known of it still (`silent`): long enough that what an event does to its own
# sensor does not end it, short enough that the next event is another. The reasons are ours, where no source is named.
_SHAKING: Final = 300.0
"""A station shakes for three minutes at most (`seismic.longest`: after that it is the background); two for the word."""
_FLAMES: Final = 3600.0
"""What a bin holds has burnt within an hour."""
_TIDE: Final = 3 * 3600.0
"""Of a tide of 12.4 h a quarter: from its mean to its height. Of a river the way from Katulampa to Depok, so that its
level is another wave's (BPBD DKI Jakarta); a river rose from 140 to 250 cm in half of it. Cloudbursts are shorter. Of a
slope the time over which its rate is taken (`slope.span`)."""
_QUARTER: Final = 6 * 3600.0
"""A quarter of a day: from the peak of the morning to the noon, the evening, the night. Flow, pressure and load are
another hour's then, and so is the water in the pipe; mains are isolated by then, and lorries with water have come."""
_NOWCAST: Final = 12 * 3600.0
"""The hours that the NowCast looks back on (US EPA 2013): what the air was before says nothing of it."""
_DAY: Final = 24 * 3600.0
"""Meters have no power in an outage, and most are over within a day; trucks and people come by bins daily, and to
sensors that are faulty."""
_THREE_DAYS: Final = 72 * 3600.0
"""What is judged by days or nights, or by rounds that come each second day: three of them that nobody could judge."""

KINDS: Final[dict[str, Kind]] = {
    # water
    "burst": Kind("water", off_delay=300, silent=_QUARTER),
    "slow-leak": Kind("water", on_delay=0, off_delay=86_400, silent=_THREE_DAYS),
    "supply-interrupted": Kind("water", on_delay=60, off_delay=300, silent=_QUARTER),
    "water-quality": Kind("water", life_safety=True, on_delay=60, off_delay=600, silent=_QUARTER),
    "water-pressure": Kind("water", on_delay=300, off_delay=300, silent=_QUARTER),
    "water-balance": Kind("water", on_delay=0, off_delay=86_400),
    # energy
    "outage": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9, silent=_DAY),
    "overload": Kind("energy", on_delay=30, off_delay=600, silent=_QUARTER),
    "voltage": Kind("energy", on_delay=0, off_delay=600, silent=_QUARTER),
    "unbalance": Kind("energy", on_delay=0, off_delay=600, silent=_QUARTER),
    "frequency": Kind("energy", on_delay=0, off_delay=300, members=2, strong=0.9, silent=_QUARTER),
    "consumption": Kind("energy", on_delay=0, off_delay=3600, most=_WARNING, silent=_THREE_DAYS),
    "meter-tamper": Kind("energy", on_delay=0, off_delay=3600, most=_WARNING, silent=_THREE_DAYS),
    # waste
    "bin-fire": Kind("waste", life_safety=True, on_delay=0, off_delay=600, latched=True, silent=_FLAMES),
    "bin-full": Kind("waste", on_delay=600, off_delay=600, most=_WARNING, silent=_DAY),
    "missed-collection": Kind("waste", on_delay=0, off_delay=600, most=_WARNING, silent=_THREE_DAYS),
    "bin-tilt": Kind("waste", on_delay=0, off_delay=600, most=_WARNING, silent=_DAY),
    # disaster
    "river-stage": Kind("disaster", life_safety=True, on_delay=0, off_delay=600, gravest=1.0, silent=_TIDE),
    "flood-warning": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600),
    "heavy-rain": Kind("disaster", on_delay=0, off_delay=3600, silent=_TIDE),
    "landslide": Kind("disaster", life_safety=True, on_delay=0, off_delay=3600, silent=_TIDE),
    "quake": Kind("disaster", life_safety=True, on_delay=0, off_delay=300, counted=True, silent=_SHAKING),
    "air-quality": Kind("disaster", on_delay=0, off_delay=3600, silent=_NOWCAST),
    "tide": Kind("disaster", life_safety=True, on_delay=60, off_delay=600, silent=_TIDE),
    # any domain
    # These two say only that something is wrong: for three minutes the analyses may say what.
    "limit": Kind("", on_delay=180, off_delay=300, silent=_QUARTER),
    "unusual": Kind("", on_delay=180, off_delay=60, members=3, within=600, strong=0.95, lasts=600),
    "no-data": Kind("", on_delay=30, off_delay=0, fault=True),
    "gateway-lost": Kind("", on_delay=0, off_delay=30, fault=True),
    "sensor-fault": Kind("", on_delay=60, off_delay=600, fault=True, silent=_DAY),
    "alarm-flood": Kind("", on_delay=0, off_delay=0, fault=True),
}

ANALYSED: Final = frozenset({("disaster", "rainfall"), ("disaster", "pga")})
"""Domain and quantity of series whose limits tell of no incident by themselves, only of anomalies: how much
rain a reading holds depends on the time since the last, and what one station feels may be a lorry. Their
analyses ("heavy-rain", "quake") judge them."""
