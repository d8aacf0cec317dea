"""How glibc's heap gives memory back; elsewhere nothing is changed."""

from __future__ import annotations

import ctypes
from typing import Final

LARGE: Final = 2 << 20
"""Bytes from which a block has pages of its own, which its end gives back: above all that a round of readings makes,
below what closing windows makes. By itself glibc raises this to 32 MB as it goes, and then keeps as much again."""
KEPT: Final = 8 << 20
"""Free bytes at the heap's end that are kept for what comes next."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def settle() -> None:
    """Keep peaks from staying: 30 MB after the first minute of 100,000 series."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, KEPT)
