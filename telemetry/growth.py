"""Arrays that grow with the series."""

from __future__ import annotations

import math
import mmap
from typing import Any, Final, TypeVar

import numpy as np

PAGES: Final = 1 << 16
"""Bytes from which an array has pages of its own."""

Rows = TypeVar("Rows", bound="np.ndarray[Any, Any]")


def extended(rows: Rows, size: int, fill: float = 0) -> Rows:
    """`rows` itself, or a copy at least `size` long (an eighth longer each time; new rows are `fill`).

    Doubling would copy less often, and keep room for as many series again: of 100,000, 300 MB in all.
    """
    if size <= len(rows):
        return rows
    bigger = zeros((max(size, len(rows) * 9 // 8, 1024), *rows.shape[1:]), rows.dtype)
    put(bigger, rows)
    if fill != 0:
        bigger[len(rows) :] = fill
    return bigger  # type: ignore[return-value]


def copied(rows: Rows) -> Rows:
    """A copy in pages of its own, as of `zeros`."""
    copy = zeros(rows.shape, rows.dtype)
    put(copy, rows)
    return copy  # type: ignore[return-value]


def put(blank: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> None:
    """Let the first of `blank`, which are zeros so far, be `rows`. Copying zeros would make memory of pages that no
    series has a use for yet."""
    if not _blank(rows):
        blank[: len(rows)] = rows


def zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """An array, a large one in pages of its own: they take memory once something is written to them, and are given
    back with it. On the heap columns that grow in turn leave holes, and their zeros are written: that took 110 MB more
    at 100,000 series."""
    count = math.prod(shape)
    if count * dtype.itemsize < PAGES:
        return np.zeros(shape, dtype)
    pages = mmap.mmap(-1, count * dtype.itemsize, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, dtype, count).reshape(shape)


def _blank(rows: np.ndarray[Any, Any]) -> bool:
    """Whether every byte is 0 (that of -0.0 is not)."""
    flat = np.ascontiguousarray(rows).reshape(-1).view(np.uint8)
    return not (flat[:PAGES].any() or flat.any())
