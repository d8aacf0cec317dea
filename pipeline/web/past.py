"""The past of one series as the store holds it: readings, windows and the range that was to be expected.

GET /api/v1/series ─▶ SeriesDesk ─▶ historian (its own thread) or InfluxDB (InfluxQL, in one of Asking's)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from config.settings import InfluxSettings
from pipeline.history.asking import PATIENCE, SECONDS, Asking
from pipeline.history.influxql import Access, access, ask, quoted
from pipeline.web.band import band
from processors.anomaly.localtime import LocalDay
from processors.anomaly.usual import Usual
from sinks.lineprotocol import window_label
from telemetry.errors import NadiError
from telemetry.series import Identity

if TYPE_CHECKING:
    from sinks.historian import Historian  # DuckDB takes 22 MB and 0.1 s: only where it is used

Columns = dict[str, "np.ndarray[Any, Any]"]

LONGEST_MS: Final = 31 * 86_400_000
MOST_POINTS: Final = 600
"""Readings of an answer; more are put together into as many buckets."""
MOST_WINDOWS: Final = 1_500
LEAST_WINDOWS: Final = 40
"""The longest windows of which there are so many are shown, where nobody asks for others."""
_READINGS: Final = ("time", "mean", "min", "max", "count", "flags")
_WINDOWS: Final = ("start", "count", "mean", "min", "max", "p95", "completeness", "failed", "revision")


class Store(Protocol):
    """Raises NadiError where it can't answer. Times: ms, start <= time < end."""

    name: str

    async def readings(self, identity: Identity, start: int, end: int) -> Columns:
        """_READINGS: each of them or, where more than MOST_POINTS, buckets of equal width."""
        ...

    async def windows(self, identity: Identity, length: int, start: int, end: int) -> Columns:
        """_WINDOWS, ascending; the newest revision of each."""
        ...


class HistorianPast:
    name = "historian"

    def __init__(self, historian: Historian) -> None:
        self.historian = historian

    async def readings(self, identity: Identity, start: int, end: int) -> Columns:
        series = self.historian.find(identity)
        if series is None:
            return _none(_READINGS)
        return await self.historian.range(series, start, end, MOST_POINTS)

    async def windows(self, identity: Identity, length: int, start: int, end: int) -> Columns:
        series = self.historian.find(identity)
        if series is None:
            return _none(_WINDOWS)
        found = await self.historian.windows(series, length, start, end, MOST_WINDOWS)
        return {name: found[name][::-1] for name in _WINDOWS}


class InfluxPast:
    name = "influx"

    def __init__(self, settings: InfluxSettings, asking: Asking) -> None:
        self._access: Access = access(settings)
        self._asking = asking

    async def readings(self, identity: Identity, start: int, end: int) -> Columns:
        where = f"{_of(identity)} AND time >= {start}ms AND time < {end}ms"
        source = f'FROM "{identity.domain}" WHERE {where}'
        counted = await self._ask(f"SELECT count(value) {source}")
        if sum(int(row["count"]) for row in counted) <= MOST_POINTS:
            rows = await self._ask(f"SELECT value, flags {source}")
            single = [(r["time"], r["value"], r["value"], r["value"], 1, r["flags"] or 0) for r in rows]
            return _columns(_READINGS, single)
        width = -(-(end - start) // MOST_POINTS)
        # InfluxQL knows no bitwise aggregate: of a bucket's flags the greatest stands for all.
        fields = "mean(value) AS mean, min(value) AS min, max(value) AS max, count(value) AS count, max(flags) AS flags"
        rows = await self._ask(f"SELECT {fields} {source} GROUP BY time({width}ms) fill(none)")
        return _columns(_READINGS, [tuple(row[name] for name in _READINGS) for row in rows])

    async def windows(self, identity: Identity, length: int, start: int, end: int) -> Columns:
        where = f"{_of(identity)} AND time >= {start}ms AND time < {end}ms"
        fields = ", ".join(_WINDOWS[1:])
        source = f'FROM "{identity.domain}_{window_label(length)}" WHERE {where}'
        rows = await self._ask(f"SELECT {fields} {source} ORDER BY time DESC LIMIT {MOST_WINDOWS}")
        return _columns(_WINDOWS, [(row["time"], *(row[name] for name in _WINDOWS[1:])) for row in reversed(rows)])

    async def _ask(self, question: str) -> list[dict[str, Any]]:
        return await self._asking.ask(self.name, lambda: ask(self._access, question, PATIENCE))


class SeriesDesk:
    """store: the present one, None where none can be asked. usual: of a series by its identity."""

    def __init__(
        self,
        store: Callable[[], Store | None],
        windows: Callable[[], Sequence[int]],
        usual: Callable[[Identity], Usual | None],
        zone: str,
        seconds: float = SECONDS,
    ) -> None:
        """seconds: what one who asks waits at most."""
        self.store = store
        self.windows = windows
        self.usual = usual
        self.day = LocalDay(zone)
        self.seconds = seconds

    async def past(self, identity: Identity, start: int, end: int, length: int | None = None) -> dict[str, Any]:
        """Readings, windows of `length` (ms; none: as long as still shows something), expected range.

        Raises ValueError for a span or length that is not allowed, NadiError where the store can't answer.
        """
        lengths = sorted(self.windows())
        if not 0 < end - start <= LONGEST_MS:
            raise ValueError("from and to: ms, `to` after `from`, 31 days apart at most")
        if length is not None and length not in lengths:
            raise ValueError(f"window={length} is not kept; kept are {', '.join(map(str, lengths))} (ms)")
        if length is None:
            length = max((each for each in lengths if (end - start) // each >= LEAST_WINDOWS), default=lengths[0])
        store = self.store()
        if store is None:
            return {"store": None, "readings": None, "windows": None, "band": None, "lengths": lengths}
        try:
            async with asyncio.timeout(self.seconds):
                readings = await store.readings(identity, start, end)
                # Some windows from before, so that the range is known from the beginning.
                windows = await store.windows(identity, length, start - 30 * length, end)
        except TimeoutError:
            raise NadiError(f"the store ({store.name}) does not answer within {self.seconds:g} s") from None
        range_ = band(self.usual(identity), windows["start"].astype(np.int64), windows["mean"].astype(float), self.day)
        shown = windows["start"] >= start
        if range_ is not None:
            range_ = {name: each[shown] if name != "source" else each for name, each in range_.items()}
        return {
            "store": store.name,
            "readings": _packed(readings),
            "windows": _packed({name: column[shown] for name, column in windows.items()}) | {"length": length},
            "band": range_ if range_ is None else {**_packed(range_)},
            "lengths": lengths,
        }


def _packed(columns: dict[str, Any]) -> dict[str, Any]:
    """Floats to seven digits: a chart shows no more, and the wire is shorter by half."""
    return {name: _short(column) for name, column in columns.items()}


def _short(column: Any) -> Any:
    if not isinstance(column, np.ndarray) or column.dtype.kind != "f":
        return np.ascontiguousarray(column) if isinstance(column, np.ndarray) else column
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in column.tolist()]


def _none(names: Sequence[str]) -> Columns:
    return {name: np.zeros(0, np.int64 if name in ("time", "start") else np.float64) for name in names}


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Columns:
    if not rows:
        return _none(names)
    columns = zip(names, zip(*rows, strict=True), strict=True)
    whole = ("time", "start", "count", "flags", "failed", "revision")
    return {
        name: np.array([each or 0 for each in column], np.int64)
        if name in whole
        else np.array([np.nan if each is None else each for each in column], np.float64)
        for name, column in columns
    }


def _of(identity: Identity) -> str:
    return " AND ".join(
        f"{name} = {quoted(getattr(identity, name))}" for name in ("city", "zone", "device", "quantity")
    )
