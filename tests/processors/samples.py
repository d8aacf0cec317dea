"""Small batches for tests: what is not said gets a plain default."""

from collections.abc import Sequence

import numpy as np

from telemetry.batch import Readings

T0 = 1_763_769_600_000


def readings(
    series: Sequence[int],
    value: Sequence[float],
    time: Sequence[int] | None = None,
    flags: Sequence[int] | None = None,
    gateway: Sequence[int] | None = None,
) -> Readings:
    """Readings of one second each, unflagged, without a gateway, that arrive when they are made."""
    length = len(series)
    when = np.array(time if time is not None else range(T0, T0 + 1000 * length, 1000), np.int64)
    return Readings(
        series=np.array(series, np.int32),
        time=when,
        value=np.array(value, np.float64),
        flags=np.array(flags if flags is not None else [0] * length, np.uint32),
        arrival=when.copy(),
        gateway=np.array(gateway if gateway is not None else [-1] * length, np.int32),
    )
