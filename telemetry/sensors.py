"""What the catalogue knows of each sensor, as arrays indexed by series id."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from telemetry.batch import Bool, Float64, Int64
from telemetry.growth import extended
from telemetry.series import Identity, SeriesTable

COUNTERS = frozenset({("energy", "energy"), ("water", "volume")})
"""(domain, quantity) that only ever grow, so that their windows carry a delta."""
FASTEST = {("energy", "energy"): 2_000.0, ("water", "volume"): 7_200.0}
"""What no meter counts in an hour (kWh, m3), as the analyses have it: what a fall means is judged by it."""
_RATES = {("energy", "energy"): ("power", 1.0), ("water", "volume"): ("flow", 3.6)}
"""What of the same device tells how fast its counter counts (kW, L/s), and what a rate of 1 counts in an hour."""
_SPARE = 2.0
"""Times the greatest rate that a device can measure: its clock is not ours. As `energy.meter.spare`."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One line of the catalogue. Numbers are in the canonical unit; NaN or 0 where not given."""

    identity: Identity
    unit: str | None = None
    """The unit the sensor sends when its messages name none."""
    lat: float = float("nan")
    lon: float = float("nan")
    min: float = float("nan")
    """Below this the sensor can't measure: the reading fails."""
    max: float = float("nan")
    low: float = float("nan")
    """Below this an operator should know: an anomaly."""
    high: float = float("nan")
    interval: int = 0
    """Expected time between readings, ms; 0 where unknown."""
    modulus: float = float("nan")
    """A counter rolls over to 0 when it reaches this."""
    counter: bool = False
    climatology: tuple[tuple[float, float], ...] = ()
    """What is usual, (low, high) for each of the day's 24 hours, NaN where not given; empty: not given at all."""
    gateway: str | None = None
    name: str | None = None
    """What people call the place."""
    source: str | None = None
    """The sensor's name as messages of other formats have it; None where it is the device's."""
    key: str | None = None
    """The quantity's name as they have it."""
    scale: float = 1.0
    """What they send times `scale` plus `offset` is in `unit`."""
    offset: float = 0.0


class SensorTable:
    """The catalogue's columns, aligned with a SeriesTable's ids; `sync()` follows its growth."""

    def __init__(self, table: SeriesTable, sensors: Iterable[Sensor] = ()) -> None:
        self.table = table
        self.sensors = {sensor.identity: sensor for sensor in sensors}
        self.size = 0
        self.catalogued: Bool = np.zeros(0, np.bool_)
        self.counter: Bool = np.zeros(0, np.bool_)
        self.interval: Int64 = np.zeros(0, np.int64)
        self.min: Float64 = np.zeros(0)
        self.max: Float64 = np.zeros(0)
        self.low: Float64 = np.zeros(0)
        self.high: Float64 = np.zeros(0)
        self.modulus: Float64 = np.zeros(0)
        self.fastest: Float64 = np.zeros(0)
        """Of a counter: what it counts in an hour at the most, by what the catalogue says that its device can measure;
        infinite where nothing is known."""

    def sync(self) -> None:
        """Fill the columns for series interned since the last call. Call before using them."""
        wanted = len(self.table)
        if wanted == self.size:
            return
        self._grow(wanted)
        for number in range(self.size, wanted):
            self._fill(number)
        self.size = wanted

    def _grow(self, size: int) -> None:
        for name in ("catalogued", "counter", "interval"):
            setattr(self, name, extended(getattr(self, name), size))
        for name in ("min", "max", "low", "high", "modulus"):
            setattr(self, name, extended(getattr(self, name), size, np.nan))
        self.fastest = extended(self.fastest, size, np.inf)

    def _fill(self, number: int) -> None:
        identity = self.table.identities[number]
        if identity is None:
            return
        sensor = self.sensors.get(identity)
        self.fastest[number] = self._fastest(identity)
        self.counter[number] = (identity.domain, identity.quantity) in COUNTERS or bool(sensor and sensor.counter)
        if sensor is None:
            return
        self.catalogued[number] = True
        self.interval[number] = sensor.interval
        for name in ("min", "max", "low", "high", "modulus"):
            getattr(self, name)[number] = getattr(sensor, name)

    def _fastest(self, identity: Identity) -> float:
        kind = (identity.domain, identity.quantity)
        if kind not in FASTEST:
            return math.inf
        quantity, hourly = _RATES[kind]
        rate = self.sensors.get(identity._replace(quantity=quantity))
        if rate is None or not rate.max > 0:
            return FASTEST[kind]
        return min(FASTEST[kind], _SPARE * hourly * rate.max)
