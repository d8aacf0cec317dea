"""What all water rules share: who is who, by which thresholds, in which words, and what has been told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from operator import attrgetter
from typing import Final

import numpy as np

from config.thresholds import Thresholds
from config.thresholds.water import RoleThresholds, WaterThresholds
from processors import texts
from processors.anomaly.localtime import LocalDay
from processors.domains.columns import Columns
from processors.domains.hearing import Wave
from processors.domains.roster import NOT_OURS, Roster
from processors.domains.variants import Variants
from processors.signals import Signal
from telemetry.batch import Bool, Float64, Index, Int32, Int64
from telemetry.sensors import SensorTable
from telemetry.series import Identity

QUANTITIES: Final = ("flow", "pressure", "volume", "turbidity", "ph", "chlorine")
FLOW, PRESSURE, VOLUME, TURBIDITY, PH, CHLORINE = range(len(QUANTITIES))
OTHER, INLET, CUSTOMER, POINT, PUMP = range(5)
"""What a device is to its zone."""
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
INFO, WARNING, CRITICAL = 0, 1, 2
LIVE: Final = HOUR // 4
"""ms: a sensor that was heard within this speaks for its zone."""


def role_of(name: str, measures: frozenset[int], roles: RoleThresholds) -> int:
    """What a device is, by its name, or else by the quantities that it measures."""
    name = name.lower()
    for role, patterns in ((PUMP, roles.pumps), (CUSTOMER, roles.customers), (INLET, roles.inlets)):
        if any(fnmatchcase(name, pattern.lower()) for pattern in patterns):
            return role
    if PRESSURE in measures:
        return INLET if FLOW in measures else POINT
    if VOLUME in measures:
        return CUSTOMER
    return INLET if FLOW in measures else OTHER


@lru_cache(maxsize=1 << len(QUANTITIES))
def _quantities(bits: int) -> frozenset[int]:
    return frozenset(quantity for quantity in range(len(QUANTITIES)) if bits >> quantity & 1)


@lru_cache(maxsize=64)
def _date(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


def date_of(day: int) -> str:
    """A local day, counted from 1970, as people write it."""
    return _date(day).date().isoformat()


@dataclass
class Scene:
    """role: int32[devices]. By slot: inlets, the flow of an inlet; network, the pressure of an inlet or a point;
    watched, either; compared, watched where several devices of the zone tell of pressure; counting, volumes;
    drinking, what tells of quality."""

    roster: Roster
    sensors: SensorTable
    thresholds: Thresholds
    language: texts.Language
    local: LocalDay
    role: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    inlets: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    network: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    watched: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    compared: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    counting: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    drinking: Bool = field(default_factory=lambda: np.zeros(0, np.bool_))
    _measures: Int32 = field(default_factory=lambda: np.zeros(0, np.int32))
    _seen: int = 0

    def __post_init__(self) -> None:
        self.variants = Variants(self.thresholds, lambda site: site.water)

    def grow(self) -> None:
        """Take in new slots. What a device is may change when it turns out to measure more."""
        roster = self.roster
        if self._seen == len(roster):
            return
        # A bit a quantity: a set a device would be 22 MB at 100,000.
        self._measures = np.pad(self._measures, (0, len(roster.devices) - len(self._measures)))
        self.role = np.pad(self.role, (0, len(roster.devices) - len(self.role)))
        self.variants.grow(roster.devices)
        touched = dict[int, None]()
        for slot in range(self._seen, len(roster)):
            device = int(roster.device[slot])
            self._measures[device] |= 1 << int(roster.quantity[slot])
            touched[device] = None
        for device in touched:
            name, roles = roster.devices[device].device, self.variants.at(device).roles
            self.role[device] = role_of(name, _quantities(int(self._measures[device])), roles)
        self._seen = len(roster)
        role = self.role[roster.device]
        self.inlets = (roster.quantity == FLOW) & (role == INLET)
        self.network = (roster.quantity == PRESSURE) & ((role == INLET) | (role == POINT))
        self.watched = self.inlets | self.network
        devices = several(roster.device[self.network], roster.zone[self.network], len(roster.zones))
        self.compared = self.watched & (devices >= 2)[roster.zone]
        self.counting = roster.quantity == VOLUME
        self.drinking = np.isin(roster.quantity, (TURBIDITY, PH, CHLORINE))

    def of_zone(self, zone: int) -> WaterThresholds:
        city, _, name = self.roster.zones[zone]
        return self.thresholds.at(city, name).water

    def each(self, slots: Index | Int32, key: str) -> Float64:
        """float64[slots]: one threshold ("burst.z") of each slot's device; [slots, 2] of one that is from, to.
        Not to be written to: where the same holds for all it stands in memory once."""
        found = self.variants.each(self.roster.device[slots], key)
        return np.broadcast_to(found, (len(slots), *found.shape[1:]))

    def of_zones(self, key: str) -> Float64:
        """float64[zones]: one threshold of each zone."""
        read = attrgetter(key)
        return np.array([read(self.of_zone(zone)) for zone in range(len(self.roster.zones))], np.float64)

    def identity(self, slot: int) -> Identity:
        identity = self.roster.table.identities[int(self.roster.series[slot])]
        assert identity is not None
        return identity

    def measured(self, value: float, quantity: str) -> str:
        return texts.measured(value, self.roster.domain, quantity, self.language)

    def clocks(self, wave: Wave) -> Int64:
        """The times of a wave on the city's clock, ms. Reckoned once for all rules."""
        if wave.local is None:
            wave.local = wave.time + self.local.offsets(wave.time)
        return wave.local

    def clock(self, now: int) -> int:
        """`now` (ms, UTC) on the city's clock, ms."""
        return now + int(self.local.offsets(np.array([now])))

    def quantity(self, quantity: str) -> str:
        return texts.quantity_name(quantity, self.language)

    def percent(self, share: float) -> str:
        return texts.number(round(100 * share, 1), self.language) + " %"

    def say(self, sentence: str, **words: str) -> str:
        return texts.say(sentence, self.language, **words)

    def named(self, zone: int) -> dict[str, str]:
        """Where an indicator belongs."""
        city, _, name = self.roster.zones[zone]
        return {"city": city, "domain": self.roster.domain, "zone": name}


class Lane:
    """The slots of some quantities, in rows of their own, in the order of slots.

    row: int32[slots], NOT_OURS for slots of other quantities; slot: int32[rows].
    """

    def __init__(self, roster: Roster, *quantities: int) -> None:
        self.roster = roster
        self.quantities = quantities
        self.row: Int32 = np.zeros(0, np.int32)
        self.slot: Int32 = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self.slot)

    def grow(self) -> None:
        before, seen = len(self.slot), len(self.row)
        fresh = np.flatnonzero(np.isin(self.roster.quantity[seen:], self.quantities)) + seen
        rows = np.full(len(self.roster) - seen, NOT_OURS, np.int32)
        rows[fresh - seen] = before + np.arange(len(fresh))
        self.row = np.concatenate((self.row, rows))
        self.slot = np.concatenate((self.slot, fresh.astype(np.int32)))

    def rows(self, slots: Index) -> Index:
        """The rows of slots of these quantities."""
        return self.row.take(slots).astype(np.intp)

    @property
    def zone(self) -> Int32:
        """int32[rows]"""
        return self.roster.zone[self.slot]

    @property
    def device(self) -> Int32:
        """int32[rows]"""
        return self.roster.device[self.slot]


class Told:
    """Which members of which zone's condition have been told of: speaks on edges only."""

    def __init__(self, scene: Scene, kind: str, lane: Lane) -> None:
        self.scene, self.kind, self.lane = scene, kind, lane
        self.columns = Columns(told=(np.bool_, False))

    def grow(self) -> None:
        self.columns.grow(len(self.lane))

    def edges(self, wanted: Bool) -> Index:
        """The rows whose state is not what it should be, and is from now on."""
        told = self.columns.of("told")
        rows: Index = np.flatnonzero(told != wanted)
        told[rows] = wanted[rows]
        return rows

    def signal(self, row: int, time: int, severity: int, value: float, score: float, reason: str) -> Signal:
        """The edge of a row, as it is now."""
        slot = int(self.lane.slot[row])
        place = self.scene.roster.zones[int(self.scene.roster.zone[slot])]
        active = bool(self.columns["told"][row])
        return Signal(
            self.kind, place, "", int(self.scene.roster.series[slot]), time, active, severity, value, score, reason
        )


def several(devices: Int32, zone: Int32, zones: int) -> Index:
    """int[zones]: how many different devices stand in each zone; a row a sensor."""
    if not len(devices):
        return np.zeros(zones, np.intp)
    _, first = np.unique(devices, return_index=True)
    return np.bincount(zone[first], minlength=zones)
