"""How glibc's heap gives memory back; elsewhere nothing is changed."""

from __future__ import annotations

import ctypes
from typing import Final

LARGE: Final = 16 << 20
"""Bytes from which a block has pages of its own, which its end gives back: above all that readings and windows make
again and again. By itself glibc raises this to 32 MB as it goes, and then keeps 64. With 2 MB there were 20 MB less at
100,000 series, and closing their windows took a quarter longer."""
KEPT: Final = 32 << 20
"""Free bytes at the heap's end that are kept for what comes next."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def settle() -> None:
    """Keep peaks from staying."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_TRIM_THRESHOLD, KEPT)
