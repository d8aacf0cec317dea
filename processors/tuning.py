"""Starting values per quantity: how noisy it is, and how far an alarm must fall back to end.

All are our own starting values, to be checked against each city's data, except where a
source is named. Numbers are in the canonical unit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from telemetry.series import Identity


class Noise(NamedTuple):
    """Standard deviation of the instrument's own noise: the greater of the two."""

    absolute: float
    relative: float
    """A part of the reading's size."""


NOISE: Final[dict[tuple[str, str], Noise]] = {
    ("water", "flow"): Noise(0.2, 0.02),
    ("water", "pressure"): Noise(2.0, 0.005),
    ("water", "level"): Noise(0.01, 0.005),
    ("water", "turbidity"): Noise(0.1, 0.02),
    ("water", "ph"): Noise(0.05, 0.0),
    ("water", "chlorine"): Noise(0.02, 0.02),
    ("water", "temperature"): Noise(0.2, 0.0),
    ("energy", "power"): Noise(0.1, 0.03),
    ("energy", "voltage"): Noise(0.5, 0.0),
    ("energy", "current"): Noise(0.2, 0.03),
    ("energy", "frequency"): Noise(0.02, 0.0),
    ("energy", "power_factor"): Noise(0.01, 0.0),
    ("energy", "thd"): Noise(0.2, 0.02),
    ("waste", "temperature"): Noise(0.5, 0.0),
    ("disaster", "river_level"): Noise(1.0, 0.01),
    ("disaster", "pga"): Noise(0.5, 0.0),
    ("disaster", "displacement"): Noise(0.5, 0.0),
    ("disaster", "tilt"): Noise(0.02, 0.0),
    ("disaster", "soil_moisture"): Noise(1.0, 0.0),
    ("disaster", "pm25"): Noise(3.0, 0.05),
    ("disaster", "pm10"): Noise(5.0, 0.05),
    ("disaster", "tide"): Noise(2.0, 0.0),
}

UNKNOWN_NOISE: Final = Noise(0.0, 0.0)
"""Of a quantity that is not canonical: only its own past tells what is usual."""

COUNTER_NOISE: Final = Noise(0.0, 0.05)
"""Of a counter's increase: its last digit comes and goes."""

NOT_JUDGED: Final = frozenset(
    {("waste", "fill"), ("waste", "weight"), ("waste", "tilt"), ("disaster", "rainfall")},
)
"""Jumps are their everyday life (a collection, a shower): limits watch over these."""

DEADBAND: Final[dict[str, float]] = {
    "flow": 0.05,
    "level": 0.05,
    "river_level": 0.05,
    "fill": 0.05,
    "pressure": 0.02,
    "temperature": 0.01,
}
"""EEMUA 191: how far below a high limit (above a low one) a value must be for the alarm to
end, as a part of the range between the limits."""

OTHER_DEADBAND: Final = 0.02


def noise_of(identity: Identity) -> Noise | None:
    """None for a series that only limits judge."""
    key = (identity.domain, identity.quantity)
    return None if key in NOT_JUDGED else NOISE.get(key, UNKNOWN_NOISE)


def deadband_of(identity: Identity) -> float:
    return DEADBAND.get(identity.quantity, OTHER_DEADBAND)
