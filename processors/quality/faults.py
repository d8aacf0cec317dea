"""Sensors that keep failing, or keep being suspect: the signal "sensor-fault", on edges only.

It is of no severity that pages: someone should look after the sensor, not at the city. What is
"limit" or "unusual" by it alone is no incident meanwhile (`processors.incidents.rules.EXCUSED`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from processors import texts
from processors.quality import flat_line
from processors.quality.memory import Memory
from processors.quality.rules import FAILS, SETTLED, SPIKES
from processors.signals import Signal
from telemetry.batch import Index
from telemetry.sensors import SensorTable

KIND: Final = "sensor-fault"
INFO: Final = 0
SENTENCES: Final = ("fails", "flat", "spikes", "noise", "neighbours", "attenuated")
"""What is wrong, a bit each; the first one that holds is told."""
_EASES: Final = 0.2
"""Share of the evidence below which a sensor is sound again."""

Bits = NDArray[np.uint8]


class Faults:
    """Compares what is wrong with a series with what was told of it."""

    def __init__(self, sensors: SensorTable, memory: Memory, language: texts.Language) -> None:
        self.sensors = sensors
        self.memory = memory
        self.language = language

    def look(self, rows: Index, now: int) -> list[Signal]:
        """What is new about the series `rows`."""
        bits = self._bits(rows)
        changed = (bits != 0) != (self.memory["told"][rows] != 0)
        signals = [self._signal(int(rows[at]), int(bits[at]), now) for at in np.flatnonzero(changed).tolist()]
        self.memory["told"][rows] = bits
        return signals

    def _bits(self, rows: Index) -> Bits:
        c = self.memory
        told = c["told"][rows]

        def least(bit: int, much: float) -> NDArray[np.float32]:
            return np.where(told & (1 << bit), np.float32(_EASES * much), np.float32(much))

        wrong = (
            c["fails"][rows] >= least(0, FAILS),
            c["same"][rows] >= flat_line.limits(c, rows),
            c["spikes"][rows] >= least(2, SPIKES),
            c["noisy"][rows] >= SETTLED,
            c["off"][rows] >= SETTLED,
            c["dull"][rows] >= SETTLED,
        )
        bits = np.zeros(len(rows), np.uint8)
        for number, each in enumerate(wrong):
            bits |= (each << number).astype(np.uint8)
        return bits

    def _signal(self, series: int, bits: int, now: int) -> Signal:
        identity = self.sensors.table.identities[series]
        assert identity is not None
        value = float(self.memory["last"][series])
        worst = SENTENCES[(bits & -bits).bit_length() - 1] if bits else "over"
        reason = texts.say(
            f"fault.{worst}",
            self.language,
            quantity=texts.quantity_name(identity.quantity, self.language),
            device=identity.device,
            value=texts.measured(value, identity.domain, identity.quantity, self.language),
        )
        return Signal(KIND, identity[:3], identity.device, series, now, bits != 0, INFO, value, 0.8, reason)
