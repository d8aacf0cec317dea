"""What is remembered of readings of other formats: the record of each name, made when it comes for the first time.

(format, gateway, context) ──▶ Known ──(sensor, quantity, unit)──▶ series, gateway, flags, conversion
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ingest.columns import Conversions, record
from ingest.decoders.base import MAX_NAME, Reading
from ingest.mapping.mapper import Company, Mapper, MappingFault
from ingest.mapping.names import level_name
from ingest.mapping.places import Context
from telemetry.errors import SeriesLimit
from telemetry.flags import UNKNOWN
from telemetry.sensors import SensorTable
from telemetry.series import Device, gateway_key

MAX_RECORDS: Final = 500_000
"""Of one rule; when there are more all are forgotten, and made anew as they are needed."""
_NAMES: Final = 256
"""Characters of names that count as one record more."""

Name = tuple[str, str, str | None]
"""sensor, quantity, unit, as sent."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of messages of one format that came through one gateway in one context."""

    form: str
    context: Context
    gateway: int
    records: dict[Name, bytes] = field(default_factory=dict)


class Records:
    """What one rule remembers; forgotten when the mapper has changed."""

    def __init__(self, mapper: Mapper, sensors: SensorTable, conversions: Conversions, source: tuple[str, ...]) -> None:
        """source: whose the names of gateways are, which are bounded for each."""
        self.mapper = mapper
        self.sensors = sensors
        self.table = sensors.table
        self.conversions = conversions
        self.known: dict[tuple[str, str | None, Context], Known] = {}
        """By format, gateway and context."""
        self.behind: dict[str, int] = {}
        """The gateway through which a sensor was heard last."""
        self._source = source
        self._kept = 0
        self._version = 0
        self._catalogued = {
            Device(*identity[:4]): sensor.gateway
            for identity, sensor in sensors.sensors.items()
            if sensor.gateway is not None
        }

    def of(self, form: str, gateway: str | None, context: Context) -> Known:
        """Of messages that come so. Raises NameFault."""
        if self._version != self.mapper.version or self._kept > MAX_RECORDS:
            self._forget()
        known = self.known.get((form, gateway, context))
        return self._meet(form, gateway, context) if known is None else known

    def _meet(self, form: str, gateway: str | None, context: Context) -> Known:
        """What is known of messages that come so, nothing yet but the gateway's id. Raises NameFault."""
        number = -1
        if gateway is not None:
            key = gateway_key(self.mapper.placing.city_in(context), level_name(gateway))
            number = self.table.admit_gateway(key, self._source)
        known = self.known[form, gateway, context] = Known(form, context, number)
        self._kept += 1 + (len(gateway or "") + sum(map(len, context))) // _NAMES
        return known

    def make(self, known: Known, company: Company, name: Name) -> bytes:
        """What is known beforehand of readings of this name, made and remembered. Raises MappingFault."""
        sensor, quantity, unit = name
        target = self.mapper.target(known.context, sensor, (quantity, unit), company)
        gateway = known.gateway
        table, catalogue = self.table, self.sensors.sensors
        try:
            series = table.intern(target.identity)
            named = self._catalogued.get(Device(*target.identity[:4]))
            if named is not None:
                gateway = table.intern_gateway(gateway_key(target.identity.city, named))
        except SeriesLimit as error:
            raise MappingFault("series_limit", str(error)) from None
        self.mapper.settle(target)
        if gateway >= 0:
            table.assign_gateway(int(table.device_of[series]), gateway)
        flags = UNKNOWN if catalogue and target.identity not in catalogue else 0
        made = record(series, gateway, flags, self.conversions.number(target.scale, target.offset))
        known.records[name] = made
        self._kept += 1 + (len(sensor) + len(quantity)) // _NAMES
        return made

    def follow(self, known: Known, readings: Sequence[Reading]) -> None:
        """A device belongs to the gateway through which it was heard last, though its records are of before."""
        sensor = readings[0][0]
        if self.behind.get(sensor) == known.gateway:
            return
        if len(sensor) > MAX_NAME:
            return
        if sensor not in self.behind:
            self._kept += 1 + len(sensor) // _NAMES  # it is noted whether or not any of its readings was taken
        else:
            for name in {(one[0], one[1], one[3]) for one in readings}:
                made = known.records.get(name)
                if made is not None:
                    series, behind, _, _ = np.frombuffer(made, np.int32).tolist()
                    self.table.assign_gateway(int(self.table.device_of[series]), behind)
        self.behind[sensor] = known.gateway

    def _forget(self) -> None:
        self.known.clear()
        self.behind.clear()
        self._kept, self._version = 0, self.mapper.version
