"""Quality flags of a reading: bits of the `flags` field in InfluxDB.

The numbers are part of the stored schema: bits are added, never renumbered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telemetry.batch import Bool, UInt32

NO_TIME: Final = 0x0001
"""The message had no `ts`; the time is that of arrival."""
UNKNOWN: Final = 0x0002
"""A catalogue is set and does not know this sensor."""
RETAINED: Final = 0x0004
"""Came as a retained message, so it may be old. With NO_TIME nobody knows how old: stored raw, and in no window."""
LATE: Final = 0x0008
"""Came when its window had already been closed."""
EXPIRED: Final = 0x0010
"""Below the lateness horizon: stored raw, never windowed."""

SUSPECT: Final = 0x0100
"""Quality control doubts this reading; it still counts in windows."""
FAIL: Final = 0x0200
"""Quality control rejects this reading: stored, but no statistic or detector sees it."""
GROSS_RANGE: Final = 0x0400
"""Outside what the sensor can measure (`min`, `max` of the catalogue)."""
CLIMATOLOGY: Final = 0x0800
"""Outside what the catalogue gives for this hour of the day."""
SPIKE: Final = 0x1000
"""Beyond both readings before it, by far more than this series usually changes."""
RATE_OF_CHANGE: Final = 0x2000
"""Changed much faster than this series does."""
FLAT_LINE: Final = 0x4000
"""The same value for far longer than is usual for this series."""
ATTENUATED: Final = 0x8000
"""The series hardly moves any more, compared with what it did."""
NEIGHBOUR: Final = 0x1_0000
"""Disagrees with the same quantity of the sensors around it."""
GAP: Final = 0x2_0000
"""Readings before this one are missing."""
NOT_EVALUATED: Final = 0x4_0000
"""Came out of order: the tests that compare it with readings before it could not judge it."""

DUPLICATE: Final = 0x8000_0000
"""Internal, never written out: this (series, time) was already there."""
STORED_MASK: Final = 0x7FFF_FFFF
"""The bits that are written out."""


UNKNOWN_AGE: Final = NO_TIME | RETAINED


def of_unknown_age(bits: UInt32) -> Bool:
    """Which readings stand at the time of their arrival, though the broker may have kept them for long."""
    unknown: Bool = (bits & UNKNOWN_AGE) == UNKNOWN_AGE
    return unknown


def qartod(bits: int) -> int:
    """QARTOD's primary flag: 1 pass, 2 not evaluated, 3 suspect, 4 fail; 9, missing, has no reading to stand at."""
    if bits & FAIL:
        return 4
    if bits & SUSPECT:
        return 3
    return 2 if bits & NOT_EVALUATED else 1
