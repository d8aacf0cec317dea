"""What the catalogue says of sensors that other formats bring: their lines by `source` and `key`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from telemetry.sensors import Sensor
from telemetry.series import Device, Identity

_NONE: Final[frozenset[str]] = frozenset()


class Sources:
    """Lines with a `source`; and devices that stand in the catalogue under the name that they send.

    A line with `source` and `key` is that reading. One with `source` alone says where the sensor's device
    stands, and what is known of one of its quantities."""

    def __init__(self, sensors: Mapping[Identity, Sensor]) -> None:
        self.sensors = sensors
        self._lines: dict[str, dict[str, Sensor]] = {}
        self._places: dict[str, Device] = {}
        self._taken: dict[str, frozenset[str]] = {}
        self._homes: dict[tuple[str, str], Device | None] = {}
        for identity, sensor in sensors.items():
            device = Device(*identity[:4])
            if sensor.source is not None:
                self._places.setdefault(sensor.source, device)
            if sensor.key is not None:
                source = sensor.source or identity.device
                self._lines.setdefault(source, {})[sensor.key] = sensor
                self._taken[source] = self._taken.get(source, _NONE) | {identity.quantity}
            known = self._homes.setdefault((identity.city, identity.device), device)
            if known != device:
                self._homes[identity.city, identity.device] = None

    def line(self, sensor: str, key: str) -> Sensor | None:
        """The line for a sensor's quantity, by their names as sent."""
        lines = self._lines.get(sensor)
        return lines.get(key) if lines is not None else None

    def quantities(self, sensor: str) -> frozenset[str]:
        """Those that the catalogue finds under names of its own: the table must not find them under another."""
        return self._taken.get(sensor, _NONE)

    def place(self, sensor: str) -> Device | None:
        """Where lines with `source` say that the sensor stands."""
        return self._places.get(sensor)

    def home(self, city: str, device: str) -> Device | None:
        """The only device of that name in the city's catalogue; None where there is none, or several."""
        return self._homes.get((city, device))
