"""Event times of a load: which reading of which device happened when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from telemetry.errors import SettingsError

Int64 = NDArray[np.int64]
_BACK = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Timeline:
    """Reading k of device d is at start + (k + d / devices) * interval; times in ms.

    The interval may be fractional but not below 1 ms, so that no device repeats a time.
    """

    start: int
    interval: float
    devices: int
    pack: int = 1

    def __post_init__(self) -> None:
        if not self.interval >= 1:
            raise SettingsError(
                f"each device would send a reading every {self.interval:.3g} ms, and times are kept in ms: "
                "use more devices, a lower rate, or --start with --interval"
            )

    def times(self, device: Int64, round_: Int64) -> Int64:
        """int64[messages, pack]: for the messages of `device` (int64[messages]) in `round_`."""
        reading = (round_ * self.pack)[:, None] + np.arange(self.pack)
        offset = (reading + (device / self.devices)[:, None]) * self.interval
        return self.start + offset.astype(np.int64)


def parse_start(text: str, now: int) -> int:
    """ms since the epoch, from RFC 3339 (`2026-11-21T00:00:00Z`) or back from now (`-12h`, `-7d`)."""
    back = re.fullmatch(r"-(\d+)([smhd])", text)
    if back:
        return now - int(back[1]) * _BACK[back[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise SettingsError(f"--start {text!r}: write a time with its offset, like 2026-11-21T00:00:00Z, or -12h, -7d")
    return int(moment.timestamp() * 1000)
