"""The embedded store: a DuckDB file, written and read in one thread of its own.

Series have ids of the file's own, for the process's ids mean nothing to a later run with
another journal. Writing appends whole columns; a redelivery appends them again, and
reading takes the newest row of each (series, time).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from config.settings import HistorianSettings
from sinks.base import Delivery, Outcome, Payload, Unreachable, Written
from sinks.rows import Columns, Rows
from sinks.store import Store, Wanted
from telemetry.batch import Float64, Int32, Int64
from telemetry.errors import StoreError
from telemetry.series import Identity, SeriesTable

EXPIRE_EVERY_MS = 600_000
SECONDS = 10.0
"""Of the one thread for a question, in which nothing is stored."""
NEVER = np.iinfo(np.int64).min

Result = TypeVar("Result")


class Historian:
    """Sink and small query interface over one DuckDB file. clock: ms, for retention only."""

    def __init__(
        self,
        settings: HistorianSettings,
        table: SeriesTable,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        *,
        name: str = "historian",
    ) -> None:
        self.name = name
        self.settings = settings
        self.table = table
        self.clock = clock
        self._store: Store | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._ids: dict[Identity, int] = {}
        self._identities: list[Identity] = []
        self._stored_series = 0
        self._own: Int32 = np.empty(0, np.int32)
        self._generation = table.generation
        self._last = _LastValues()
        self._expire_due = 0
        self._one_question = asyncio.Lock()

    async def open(self) -> None:
        """Open or make the file. Raises StoreError: it is damaged, locked, or not ours."""
        self._thread = ThreadPoolExecutor(1, self.name)
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown(wait=False)
            self._thread = None
            raise
        self._identities = await self._in_thread(self._opened.identities)
        self._ids = {identity: number for number, identity in enumerate(self._identities)}
        self._own = np.empty(0, np.int32)
        last = await self._in_thread(self._opened.last_values)
        self._last.take(last["series"], last["time"], last["value"], last["flags"])

    async def close(self) -> None:
        if self._thread is not None:
            await self._in_thread(self._close)
            self._thread.shutdown()
            self._thread = None

    def encode(self, delivery: Delivery) -> Sequence[Payload]:
        rows = Rows.of(delivery, self._own_ids)
        return [rows] if rows.parts else []

    async def write(self, payload: Payload) -> Outcome:
        assert isinstance(payload, Rows)
        outcome = await self._in_thread(lambda: self._write(payload))
        if isinstance(outcome, Written):
            for table, columns in payload.parts:
                if table == "readings":
                    self._last.take(columns["series"], columns["time"], columns["value"], columns["flags"])
            await self._expire()
        return outcome

    async def series(self, limit: int = 1000, **names: str) -> list[dict[str, Any]]:
        """Series whose names (city, domain, zone, device, quantity) are as given, with their ids."""
        wanted = [(Identity._fields.index(key), value) for key, value in names.items()]
        found: list[dict[str, Any]] = []
        for number, identity in enumerate(self._identities[: self._stored_series]):
            if len(found) >= limit:
                break
            if all(identity[place] == value for place, value in wanted):
                found.append({"id": number, **identity._asdict()})
        return found

    def find(self, identity: Identity) -> int | None:
        """The id of a stored series; None where nothing of it is stored."""
        number = self._ids.get(identity)
        return number if number is not None and number < self._stored_series else None

    async def latest(self, limit: int = 1000, domain: str | None = None) -> list[dict[str, Any]]:
        """The last value of each series, most recent first: id, names, time, value, flags."""
        rows: list[dict[str, Any]] = []
        for number in self._last.recent():
            if len(rows) >= limit:
                break
            identity = self._identities[number]
            if domain in (None, identity.domain):
                rows.append({"id": number, **identity._asdict(), **self._last.of(number)})
        return rows

    async def range(self, series: int, start: int, end: int, max_points: int = 1000) -> Columns:
        """Readings of `series` (an id of `series()`), start <= time < end (ms): all of them or, where
        more than `max_points`, buckets of equal width. Columns time (of the first), mean, min,
        max, count, flags (any of)."""
        if max_points < 1 or end <= start:
            raise ValueError("range: `end` must be after `start`, and `max_points` at least 1")
        return await self._ask(lambda: self._opened.range(series, start, end, max_points))

    async def windows(self, series: int, length: int, start: int, end: int, limit: int = 10_000) -> Columns:
        """Windows of `length` ms of `series`, newest revision each, newest window first."""
        return await self._ask(lambda: self._opened.windows(series, length, start, end, limit))

    async def ids(self, fits: Callable[[Identity], bool]) -> Int32:
        """Of the stored series that `fits` wants; there may be a million, so not in the loop."""
        known = self._identities[: self._stored_series]
        return await asyncio.to_thread(
            lambda: np.array([number for number, each in enumerate(known) if fits(each)], np.int32)
        )

    async def page(
        self, wanted: Wanted, after: tuple[int, int], limit: int, seconds: float
    ) -> tuple[list[Identity], Columns]:
        """The first `limit` rows beyond `after` (time in ms, series), in the order of time and series: columns
        series, time, and value and flags, or those of windows. With all identities, by series. StoreError where
        it takes more than `seconds`: nothing is written meanwhile."""
        found = await self._ask(lambda: self._opened.page(wanted, after, limit, seconds))
        return self._identities, found

    async def anomalies(self, since: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Anomalies of `since` (ms) or later, newest first; None where a number is absent."""
        return await self._ask(lambda: self._opened.anomalies(since, limit))

    async def incidents(self, since: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Incidents that changed at `since` (ms) or later, as they are now, the latest opened first."""
        return await self._ask(lambda: self._opened.incidents(since, limit))

    async def incident_events(self, since: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """What happened to incidents at `since` (ms) or later, newest first."""
        return await self._ask(lambda: self._opened.incident_events(since, limit))

    async def indicators(self, period: str, start: int, end: int) -> list[dict[str, Any]]:
        """Of the periods ("day" or "month") that begin at start <= time < end (ms), as they are known now."""
        return await self._ask(lambda: self._opened.indicators(period, start, end))

    async def some_indicators(
        self, span: Mapping[str, int | str], names: Mapping[str, str], limit: int, seconds: float
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """All cities, and of a span (period, start and end as of `indicators`) `limit` rows at most, by time, of the
        city, zone, domain and indicator that `names` has. StoreError where it takes more than `seconds`."""
        return await self._ask(lambda: self._opened.some_indicators(span, names, limit, seconds))

    async def added_indicators(
        self, span: Mapping[str, int | str], names: Mapping[str, str], ahead: int, seconds: float
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """All cities, and what they add up to, of a span as above: by domain, indicator and day, which begins `ahead`
        ms before UTC's (`time`). numerator, denominator: sums; greatest, of: the greatest of each. StoreError where it
        takes more than `seconds`."""
        return await self._ask(lambda: self._opened.added_indicators(span, names, ahead, seconds))

    async def counts(self) -> dict[str, int]:
        """Rows stored of each kind, at once; a redelivered row counts again (see `distinct`)."""
        return await self._in_thread(lambda: self._opened.counts())

    async def distinct(self) -> dict[str, int]:
        """Different rows of each kind; reads all keys, so it takes a while."""
        return await self._in_thread(lambda: self._opened.distinct())

    async def _ask(self, work: Callable[[], Result]) -> Result:
        """One question at a time, so that what is to be stored waits for no more than one. StoreError where it takes
        more than SECONDS."""
        async with self._one_question:
            return await self._in_thread(lambda: self._opened.within(SECONDS, work))

    @property
    def _opened(self) -> Store:
        if self._store is None:
            raise StoreError(f"historian.path {self.settings.path} is not open")
        return self._store

    def _open(self) -> None:
        self._store = Store(self.settings.path, self.settings.memory_limit)
        self._stored_series = len(self._store.identities())

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _write(self, rows: Rows) -> Outcome:
        if self._store is None or self._store.broken:
            try:
                self._close()
                self._open()
            except StoreError as error:
                return Unreachable(str(error))
        new = self._identities[self._stored_series :]
        outcome = self._opened.write(self._stored_series, new, rows)
        if isinstance(outcome, Written):
            self._stored_series += len(new)
        return outcome

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._thread is None:
            raise StoreError(f"historian.path {self.settings.path} is not open")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _expire(self) -> None:
        now = self.clock()
        if now >= self._expire_due:
            self._expire_due = now + EXPIRE_EVERY_MS
            await self._in_thread(lambda: self._opened.expire(now - self.settings.retention))

    def _own_ids(self, series: Int32) -> Int32:
        """The file's ids for those of the series table; new ones are stored with the next write."""
        if self._generation != self.table.generation:
            self._generation = self.table.generation
            self._own[:] = -1
        if len(self._own) < len(self.table):
            room = np.full(max(len(self.table), 2 * len(self._own)) - len(self._own), -1, np.int32)
            self._own = np.concatenate([self._own, room])
        own = self._own[series]
        if (own >= 0).all():
            return own
        for number in np.unique(series[own < 0]).tolist():
            identity = self.table.identities[number]
            if identity is None:
                raise LookupError(f"series id {number} has no identity in the series table")
            known = self._ids.setdefault(identity, len(self._identities))
            if known == len(self._identities):
                self._identities.append(identity)
            self._own[number] = known
        return self._own[series]


class _LastValues:
    """The newest reading of each series of the file."""

    def __init__(self) -> None:
        self._time: Int64 = np.empty(0, np.int64)
        self._value: Float64 = np.empty(0)
        self._flags: Int32 = np.empty(0, np.int32)

    def take(self, series: Int32, times: Int64, values: Float64, flags: Int32) -> None:
        if not len(series):
            return
        size = int(series.max()) + 1
        if size > len(self._time):
            more = max(size, 2 * len(self._time)) - len(self._time)
            self._time = np.concatenate([self._time, np.full(more, NEVER, np.int64)])
            self._value = np.concatenate([self._value, np.zeros(more)])
            self._flags = np.concatenate([self._flags, np.zeros(more, np.int32)])
        np.maximum.at(self._time, series, times)
        # Of equal times the last assignment wins, which is the last to come.
        newest = times == self._time[series]
        self._value[series[newest]] = values[newest]
        self._flags[series[newest]] = flags[newest]

    def recent(self) -> list[int]:
        """Series that have a value, the most recent first."""
        known = np.flatnonzero(self._time > NEVER)
        order: list[int] = known[np.argsort(-self._time[known], kind="stable")].tolist()
        return order

    def of(self, series: int) -> dict[str, float | int]:
        return {
            "time": int(self._time[series]),
            "value": float(self._value[series]),
            "flags": int(self._flags[series]),
        }
