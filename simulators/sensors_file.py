"""The sensors of a simulated city as a catalogue, so that nadi knows their limits, places and gateways."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

from config.rows import COLUMNS
from telemetry.sensors import Sensor


def write_sensors(path: Path, sensors: Iterable[Sensor]) -> None:
    """CSV, a sensor a line, in the order given. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_line(sensor) for sensor in sensors)


def _line(sensor: Sensor) -> list[str]:
    cells = sensor.identity._asdict() | {
        "interval": f"{sensor.interval}ms" if sensor.interval else "",
        "counter": "yes" if sensor.counter else "",
        "scale": "" if sensor.scale == 1 else repr(sensor.scale),
        "offset": "" if sensor.offset == 0 else repr(sensor.offset),
        "climatology": "; ".join(
            f"{hour}: {low!r}..{high!r}" for hour, (low, high) in enumerate(sensor.climatology) if low < high
        ),
    }
    return [cells[column] if column in cells else _text(getattr(sensor, column)) for column in COLUMNS]


def _text(value: float | str | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value if isinstance(value, str) else repr(float(value))
