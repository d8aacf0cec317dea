"""Quality control: each test looks at a batch and raises flags; none changes a value.

The tests are those of QARTOD (IOOS, Manual for Real-Time Quality Control) as far as a city's
catalogue allows them. To add one, write a function and name it in TESTS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, State
from telemetry import flags
from telemetry.batch import Readings, UInt32
from telemetry.sensors import SensorTable

Test = Callable[[Readings, SensorTable], UInt32 | None]
"""Flags to raise, a row each; None where every reading passed."""


def gross_range(readings: Readings, sensors: SensorTable) -> UInt32 | None:
    """Fails what the sensor can't have measured: below `min` or above `max` of the catalogue."""
    value = readings.value
    outside = value < sensors.min.take(readings.series)
    outside |= value > sensors.max.take(readings.series)
    if not outside.any():
        return None
    return outside * np.uint32(flags.FAIL | flags.GROSS_RANGE)


TESTS: Final[dict[str, Test]] = {"gross_range": gross_range}


class Quality:
    """Runs every test over every batch. Counts what each test found as `quality.<test>`."""

    name = "quality"

    def __init__(self, sensors: SensorTable) -> None:
        self.sensors = sensors

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self.sensors.sync()
        raised: UInt32 | None = None
        for name, test in TESTS.items():
            found = test(readings, self.sensors)
            if found is not None:
                out.count(f"quality.{name}", int(np.count_nonzero(found)))
                raised = found if raised is None else raised | found
        return readings if raised is None else readings.with_flags(readings.flags | raised)

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        """No test depends on time passing."""

    def snapshot(self) -> State:
        """Nothing: each test sees one reading at a time."""
        return {}

    def restore(self, state: State) -> None:
        """Nothing to take back."""
