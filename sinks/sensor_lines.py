"""The catalogue as line protocol: where sensors stand and what is usual, for maps and bands in dashboards.

    sensors,city=3578,device=p-17,domain=water,quantity=flow,zone=keputih interval=10000i,lat=-7.26,… 1763769600000

Written again each hour, at the hour's beginning, so that a store which forgets old points still has the sensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import isfinite
from typing import Final

from sinks.lineprotocol import CHUNK_ROWS, escape_string, escape_tag
from telemetry.sensors import Sensor
from telemetry.series import Identity

HOUR: Final = 3_600_000
Catalogue = Mapping[Identity, Sensor]
NUMBERS: Final = ("lat", "lon", "min", "max", "low", "high")
"""Left out where the catalogue gives none."""


class SensorLines:
    """Due at first, each hour, and when the catalogue is another. clock: ms."""

    def __init__(self, catalogue: Callable[[], Catalogue], clock: Callable[[], int]) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._told: Catalogue | None = None
        self._hour = 0
        self._left: Iterator[Sensor] = iter(())

    def due(self) -> Iterator[tuple[bytes, int]]:
        """The next lines and how many, CHUNK_ROWS at most (a large catalogue would hold up the loop for
        half a second, so each delivery carries a piece); nothing where all were told this hour."""
        hour, catalogue = self._clock() // HOUR * HOUR, self._catalogue()
        if hour != self._hour or catalogue is not self._told:
            self._told, self._hour, self._left = catalogue, hour, iter(catalogue.values())
        if lines := [_line(sensor, hour) for sensor in islice(self._left, CHUNK_ROWS)]:
            yield b"".join(lines), len(lines)


def _line(sensor: Sensor, time: int) -> bytes:
    city, domain, zone, device, quantity = map(escape_tag, sensor.identity)
    fields = [b"interval=%di" % sensor.interval]
    fields += [
        b"%b=%b" % (name.encode(), repr(float(value)).encode())
        for name in NUMBERS
        if isfinite(value := getattr(sensor, name))
    ]
    fields += [
        b"%b=%b" % (name.encode(), escape_string(text)) for name in ("name", "unit") if (text := getattr(sensor, name))
    ]
    tags = (city, device, domain, quantity, zone)
    return b"sensors,city=%b,device=%b,domain=%b,quantity=%b,zone=%b " % tags + b",".join(fields) + b" %d\n" % time
