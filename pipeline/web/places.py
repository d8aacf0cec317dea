"""Where the devices are and whether they speak: what the map of the page draws.

The places change seldom and are sent once; a digit a device tells, every half minute, how it is.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from pipeline.processing.board import Board
from pipeline.web.answers import Packed
from telemetry.batch import Index, Int64
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import DOMAINS, Device, SeriesTable
from telemetry.units import canonical_unit

SCALE: Final = 100_000
"""Coordinates are sent as whole numbers of 1/SCALE degree: a metre."""
INTERVALS: Final = 3
LEAST_SILENCE_MS: Final = 60_000
UNKNOWN_SILENCE_MS: Final = 900_000
"""A device is silent after INTERVALS of its own, at least LEAST_SILENCE_MS; or after this, where none is known."""
AGAIN_SECONDS: Final = 15.0
"""From one drawing to the next while devices come; a hundred thousand take a third of a second."""
UNHEARD, SPEAKS, SILENT = range(3)


class Drawn(NamedTuple):
    """Devices in the order of their names. told: what the page is sent, packed. numbers: of the series table.
    patience: ms after which each is silent."""

    version: str
    told: Packed
    numbers: Index
    patience: Int64


class Places:
    """sensors, of its methods: the present table; another one after a change of the catalogue.

    title: of the city. skew: by how many ms a device's clock is ahead, None where that is not known. cities: what
    people call them, by their codes; asked when the catalogue is another one. clock: s.
    """

    def __init__(
        self,
        table: SeriesTable,
        board: Board,
        title: str | None = None,
        skew: Callable[[Device], int | None] = lambda device: None,
        cities: Callable[[], Mapping[str, str]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.table = table
        self.board = board
        self.title = title
        self.skew = skew
        self.cities = cities
        self.clock = clock
        self._drawn: Drawn | None = None
        self._drawn_at = 0.0
        self._known: tuple[object, ...] = ()
        self._one_at_a_time = asyncio.Lock()

    async def told(self, sensors: SensorTable) -> Packed:
        """All devices as columns; `version` tells whether `states` are of the same ones."""
        return (await self._present(sensors)).told

    async def states(self, sensors: SensorTable, now: int) -> dict[str, Any]:
        """A digit a device, in the order of `told`: 0 not heard since the start, 1 speaks, 2 is silent. now: ms."""
        drawn = await self._present(sensors)
        heard = self._heard()[drawn.numbers]
        states = np.where(heard == 0, UNHEARD, np.where(now - heard > drawn.patience, SILENT, SPEAKS))
        return {
            "version": drawn.version,
            "now": now,
            "states": (states + ord("0")).astype(np.uint8).tobytes().decode(),
            "silent": int((states == SILENT).sum()),
            "unheard": int((states == UNHEARD).sum()),
        }

    def device(self, sensors: SensorTable, device: Device) -> dict[str, Any] | None:
        """One device with its quantities and what the catalogue knows of them; None where it is unknown. One of which
        nothing was ever taken is known by its clock."""
        number, ahead = self.table.find_device(device), self.skew(device)
        if number is None:
            known = {**device._asdict(), "gateway": None, "clock_ahead_ms": ahead, "quantities": list[Any]()}
            return None if ahead is None else known
        series = np.flatnonzero(self.table.device_of[: len(self.table)] == number)
        value, time = self.board.last(series)
        gateway = int(self.table.gateway_of[number])
        return {
            **device._asdict(),
            "gateway": self.table.gateways[gateway] if gateway >= 0 else None,
            "clock_ahead_ms": ahead,
            "quantities": [
                self._quantity(sensors, int(each), float(value[row]), int(time[row]))
                for row, each in enumerate(series.tolist())
                if self.table.identities[each] is not None
            ],
        }

    def _quantity(self, sensors: SensorTable, series: int, value: float, time: int) -> dict[str, Any]:
        identity = self.table.identities[series]
        assert identity is not None
        sensor = sensors.sensors.get(identity, Sensor(identity))
        return {
            "quantity": identity.quantity,
            "unit": canonical_unit(identity.domain, identity.quantity) or sensor.unit or "",
            "value": value if time and np.isfinite(value) else None,
            "time": time or None,
            "interval": sensor.interval or None,
            "catalogued": identity in sensors.sensors,
            "place": sensor.name,
            **{name: _known(getattr(sensor, name)) for name in ("min", "max", "low", "high", "lat", "lon")},
        }

    def _heard(self) -> Int64:
        """When something of each device last came, ms: a gateway whose clock is slow is heard all the same."""
        size = len(self.table)
        time = self.board.heard()
        heard = np.zeros(len(self.table.devices), np.int64)
        named = self.table.device_of[:size] >= 0
        np.maximum.at(heard, self.table.device_of[:size][named], time[named])
        return heard

    async def _present(self, sensors: SensorTable) -> Drawn:
        """What is known; drawn anew, in a thread, for another catalogue at once, for new devices now and then."""
        async with self._one_at_a_time:
            known = (sensors, self.table.generation, len(self.table.devices))
            if self._drawn is not None and known == self._known:
                return self._drawn
            waits = self.clock() - self._drawn_at < AGAIN_SECONDS
            if self._drawn is not None and waits and known[:2] == self._known[:2]:
                return self._drawn
            devices = list(self.table.devices)
            names = self.title, self.cities()
            self._drawn = await asyncio.to_thread(_draw, devices, sensors, names, secrets.token_hex(4))
            self._known, self._drawn_at = known, self.clock()
            return self._drawn


def _draw(
    known: Sequence[Device | None], sensors: SensorTable, names: tuple[str | None, Mapping[str, str]], mark: str
) -> Drawn:
    """names: of the page's city, and of all by their codes."""
    title, cities = names
    devices = [(number, device) for number, device in enumerate(known) if device is not None]
    devices.sort(key=lambda each: each[1])
    coordinates, intervals = _of_catalogue(sensors)
    longest = np.array([intervals.get(device, 0) for _, device in devices], np.int64)
    patience = np.where(longest > 0, np.maximum(INTERVALS * longest, LEAST_SILENCE_MS), UNKNOWN_SILENCE_MS)
    zones = list(dict.fromkeys((device.city, device.zone) for _, device in devices))
    places = {zone: place for place, zone in enumerate(zones)}
    at = [coordinates.get(device) for _, device in devices]
    version = f"{len(devices)}-{mark}"
    told = {
        "version": version,
        "title": title,
        "cities": dict(cities),
        "domains": DOMAINS,
        "scale": SCALE,
        "zones": zones,
        "zone": [places[device.city, device.zone] for _, device in devices],
        "domain": [DOMAINS.index(device.domain) for _, device in devices],
        "name": [device.device for _, device in devices],
        "lat": [None if place is None else place[0] for place in at],
        "lon": [None if place is None else place[1] for place in at],
    }
    return Drawn(version, Packed.of(told), np.array([number for number, _ in devices], np.intp), patience)


def _of_catalogue(sensors: SensorTable) -> tuple[dict[Device, tuple[int, int]], dict[Device, int]]:
    """By device: latitude and longitude in 1/SCALE degree, and the longest expected interval, ms."""
    coordinates: dict[Device, tuple[int, int]] = {}
    intervals: dict[Device, int] = {}
    for identity, sensor in sensors.sensors.items():
        device = Device(*identity[:4])
        if np.isfinite(sensor.lat) and np.isfinite(sensor.lon):
            coordinates[device] = round(sensor.lat * SCALE), round(sensor.lon * SCALE)
        intervals[device] = max(intervals.get(device, 0), sensor.interval)
    return coordinates, intervals


def _known(number: float) -> float | None:
    return number if np.isfinite(number) else None
