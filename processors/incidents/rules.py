"""What makes many signals few incidents: visible tables, with starting values of our own.

Sources of the ideas: ISA-18.2 (states, delays, shelving, suppression by design), EEMUA 191 (at
most 10 alarms in 10 minutes of a flood).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

INFO: Final = 0
WARNING: Final = 1
CRITICAL: Final = 2

Scope = Literal["zone", "cause", "members"]
"""Where a host takes others in. zone: its own zone and domain, and all that its "*" stand for.
cause: the same cause in its city. members: what is shown by its own members only, wherever they stand."""


class Host(NamedTuple):
    """An incident that takes conditions of other kinds as its evidence."""

    scope: Scope
    kinds: frozenset[str]


_GENERIC: Final = ("limit", "unusual")


def _members() -> Host:
    """Of what reaches over zones, or along a river: elsewhere something else may be wrong."""
    return Host("members", frozenset(_GENERIC))


def _zone(*kinds: str) -> Host:
    return Host("zone", frozenset((*_GENERIC, *kinds)))


HOSTS: Final[dict[str, Host]] = {
    # water
    "burst": _zone("slow-leak", "water-pressure", "water-balance"),
    "supply-interrupted": _zone("water-pressure"),
    "slow-leak": _zone("water-balance"),
    "water-quality": _zone(),
    "water-pressure": _zone(),
    # energy
    "outage": _zone("voltage", "unbalance", "overload", "consumption"),
    "overload": _zone("voltage"),
    "voltage": _zone(),
    "unbalance": _zone("voltage"),
    "frequency": _zone(),
    "consumption": _zone(),
    "meter-tamper": _zone(),
    # waste
    "bin-fire": _zone("bin-full", "bin-tilt", "missed-collection"),
    "missed-collection": _zone("bin-full"),
    "bin-full": _zone(),
    "bin-tilt": _zone(),
    # disaster
    "river-stage": _members(),
    "heavy-rain": _members(),
    "landslide": _zone(),
    "quake": _members(),
    "air-quality": _members(),
    "tide": _members(),
    # any domain
    "limit": Host("zone", frozenset({"unusual"})),
    "gateway-lost": Host("cause", frozenset({"no-data"})),
}
"""A host takes in what else is wrong at its place. What opened before its host is merged into it.
No kind of life safety is taken in by another."""

LINGER_MS: Final = 600_000
"""What is only "limit" or "unusual" and begins so soon after a host's end was left behind by it: supply that
comes back, meters that catch up."""
PATIENCE_MS: Final = 600_000
"""For so long such an incident may wait for an analysis that has begun to see what takes it in."""
OUTLASTS_MS: Final = {"limit": 6 * 3_600_000, "unusual": 6 * 3_600_000}
OUTLASTS_ELSE_MS: Final = 3_600_000
"""What a host took in was told with it. If it outlasts its host for longer than this, it stands for itself:
tanks take hours to fill again, and means of ten minutes come later than the moment. Faults don't wait."""

EXCUSED: Final = frozenset(_GENERIC)
"""Of a sensor that is faulty, these say nothing about the city."""

TOLD_BY: Final = {
    "limit": "detector",
    "unusual": "detector",
    "no-data": "silence",
    "gateway-lost": "silence",
    "sensor-fault": "quality",
}
"""The processor that tells of a kind of any domain; all others are told by the rules of their domain."""

GROWTH: Final = ((10, CRITICAL), (3, WARNING))
"""From so many devices on, an incident is at least so severe. Faults do not grow more severe."""

FLOOD_MS: Final = 600_000
FLOOD: Final = {INFO: 10, WARNING: 10, CRITICAL: 20}
"""From so many pages in a city within FLOOD_MS on, one of this severity is held back."""

LAG_MS: Final = 300_000
"""A signal whose event lies further behind the log is told late: of a backfill, or a replay. What has
ended so long before is history."""
SETTLE_MS: Final = 60_000
"""How long a late condition must go without another word before it counts as what holds now."""

UNMISSED_MS: Final = 3 * 86_400_000
"""What a sensor showed counts for so long at the least where nobody says that the sensor is silent: there are
some that report once a day."""
LISTEN_MS: Final = 30_000
"""How often is looked for sensors that have fallen silent, or are back."""
ANEW_MS: Final = 120_000
ANEW_ELSE_MS: Final = 900_000
"""A sensor that is back shows what it showed before, unless its processor says otherwise within this: minutes are
judged for what is about life safety, means of ten minutes for the rest."""
QUIET_MS: Final = 1_800_000
"""After so long without a page, another member of an acknowledged incident of life safety is news: who took on
the one may not know of the other."""

RETURNED_MS: Final = 86_400_000
"""An incident that ended and that nobody acknowledged is closed after this."""
CLOSED_MS: Final = 86_400_000
"""A closed incident is forgotten after this; it stays in the stores."""
LONGEST_SHELF_MS: Final = 7 * 86_400_000

MOST_CLOSED: Final = 500
MOST_INCIDENTS: Final = 5_000
"""Open or returned. Beyond it only life safety opens; the others are counted as `incidents.dropped`."""
MOST_CONDITIONS: Final = 200_000
MOST_MEMBERS: Final = 1_000
"""Of an incident that is over, by name; further ones are counted only."""
MOST_EVIDENCE: Final = 20
MOST_EVENTS: Final = 40
MOST_TIMES: Final = 5_000
"""Points remembered so that no two of the same tags share a time."""
