"""Quality flags of a reading: bits of the `flags` field in InfluxDB.

The numbers are part of the stored schema: bits are added, never renumbered.
"""

from typing import Final

NO_TIME: Final = 0x0001
"""The message had no `ts`; the time is that of arrival."""
UNKNOWN: Final = 0x0002
"""A catalogue is set and does not know this sensor."""
RETAINED: Final = 0x0004
"""Came as a retained message, so it may be old."""
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

DUPLICATE: Final = 0x8000_0000
"""Internal, never written out: this (series, time) was already there."""
STORED_MASK: Final = 0x7FFF_FFFF
"""The bits that are written out."""
