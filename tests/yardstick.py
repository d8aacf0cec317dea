"""How fast this machine is at present: beside other work the same costs up to three times the CPU time."""

from __future__ import annotations

import json
import time
from typing import Final

import numpy as np

QUIET: Final = 0.060
"""CPU seconds of `work` on the machine of docs/performance.md with nothing beside it."""


def slowness(times: int = 9) -> float:
    """How many times as long work takes as on a quiet machine; 1 on that one and on faster ones."""
    return max(1.0, float(np.median([_seconds() for _ in range(times)])) / QUIET)


def work() -> float:
    """A little of what nadi does: objects, text, columns."""
    rows = [{"ts": number, "values": {"flow": number / 7, "pressure": number % 300}} for number in range(8_000)]
    texts = [json.dumps(row) for row in rows]
    values = np.array([json.loads(text)["values"]["flow"] for text in texts])
    for _ in range(12):
        values = np.sqrt(np.sort(np.tile(values, 8)))[: len(values)] + 1.0
    return float(values.sum())


def _seconds() -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
