"""What is asked of a store, and a page of what it has. Times: ms, start <= time < end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from telemetry.batch import Float64, Int64
from telemetry.series import Identity

STATISTICS: Final = ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta", "completeness")
COUNTS: Final = ("count", "expected", "failed", "revision")
READING_FIELDS: Final = ("value", "flags")
WINDOW_FIELDS: Final = (*STATISTICS, *COUNTS)

Key = tuple[int | str, ...]
"""What orders series of one time in a store."""


class Names(NamedTuple):
    """Which series; None: all."""

    city: str | None = None
    domain: str | None = None
    zone: str | None = None
    device: str | None = None
    quantity: str | None = None

    def fit(self, identity: Identity) -> bool:
        return all(wanted in (None, name) for wanted, name in zip(self, identity, strict=True))


class Place(NamedTuple):
    """The last row of a page."""

    time: int
    key: Key


@dataclass(frozen=True, slots=True)
class Query:
    """length: of windows, ms; None for readings. after: the place where the page before this one ended."""

    names: Names
    start: int
    end: int
    length: int | None
    limit: int
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows by time, then series. identities: of each row; fields: columns of READING_FIELDS or WINDOW_FIELDS,
    NaN where absent, `expected` -1. last: where it ends, None when there is nothing beyond."""

    identities: Sequence[Identity]
    time: Int64
    fields: dict[str, Int64 | Float64]
    length: int | None
    last: Place | None

    def __len__(self) -> int:
        return len(self.time)


class PagedStore(Protocol):
    name: str

    async def page(self, query: Query) -> Page:
        """At most query.limit rows. Raises NadiError where the store can't answer, ValueError for a place that is
        not one of its own."""
        ...


def typed(name: str, column: Sequence[float | int | None] | NDArray[np.generic]) -> Int64 | Float64:
    """A column as a page has it."""
    whole = name in COUNTS or name == "flags"
    absent = -1 if name == "expected" else 0
    if isinstance(column, np.ndarray):
        return column.astype(np.int64) if whole else column.astype(np.float64)
    if whole:
        return np.array([absent if each is None else each for each in column], np.int64)
    return np.array([np.nan if each is None else each for each in column], np.float64)
