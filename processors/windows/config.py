"""What the windows processor is told; all durations in ms."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LENGTHS = 14
"""A row's mark has a bit for each length; see `rows.py`."""
MAX_BASE = 2**32 - 1
"""An open row keeps its place in its window as uint32 ms."""


@dataclass(frozen=True, slots=True)
class WindowsConfig:
    """lengths: ascending, each a multiple of the first. grace: how far a device's watermark lies
    behind its greatest time. idle_close: silence by ticks after which windows close all the
    same. lateness: how far below the watermark a reading may lie and still be windowed."""

    lengths: tuple[int, ...] = (60_000, 900_000, 3_600_000)
    grace: int = 10_000
    idle_close: int = 120_000
    lateness: int = 3_600_000

    def __post_init__(self) -> None:
        if not 1 <= len(self.lengths) <= MAX_LENGTHS:
            raise ValueError(f"windows: {len(self.lengths)} lengths; give 1 to {MAX_LENGTHS}")
        base = self.lengths[0]
        if not 0 < base <= MAX_BASE:
            raise ValueError(f"windows: the shortest is {base} ms; allowed are 1 ms to {MAX_BASE} ms")
        for shorter, length in zip(self.lengths, self.lengths[1:], strict=False):
            if length <= shorter:
                raise ValueError(f"windows: {length} ms after {shorter} ms; give each length once, in ascending order")
            if length % base:
                raise ValueError(f"windows: {length} ms is no multiple of the shortest, {base} ms")
        if min(self.grace, self.lateness) < 0 or self.idle_close <= 0:
            raise ValueError("windows: grace and lateness must be at least 0 and idle_close above 0")

    @property
    def base(self) -> int:
        """The shortest length."""
        return self.lengths[0]

    @property
    def longest(self) -> int:
        return self.lengths[-1]
