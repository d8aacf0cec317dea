"""Pages of InfluxDB, in InfluxQL, which versions 1, 2 and 3 answer.

    after ──┤ all of one time ├──── LIMIT ────┤ a time that the limit may have cut: left for the next page

InfluxQL does not say in which order series of one time come. So what is of one time is always read whole and
put in order here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from config.settings import InfluxSettings
from pipeline.history.asking import PATIENCE, Asking
from pipeline.history.influxql import Access, access, quoted, stream
from pipeline.outward.page import READING_FIELDS, WINDOW_FIELDS, Page, Place, Query, typed
from sinks.lineprotocol import window_label
from telemetry.errors import NadiError
from telemetry.series import DOMAINS, Identity

MOST_AT_ONCE: Final = 100_000
"""Rows of one time: a window's take about 1 kB each, and four pages may be made at a time."""
_TAGS = ("city", "zone", "device", "quantity")


class _Row(NamedTuple):
    time: int
    identity: Identity
    values: Sequence[Any]


def _order(row: _Row) -> tuple[int, Identity]:
    return row.time, row.identity


class InfluxPages:
    name = "influx"

    def __init__(self, settings: InfluxSettings, asking: Asking) -> None:
        self._access: Access = access(settings)
        self._asking = asking

    async def page(self, query: Query) -> Page:
        return await self._asking.ask(self.name, lambda: self._page(query))

    def _page(self, query: Query) -> Page:
        rows: list[_Row] = []
        begin = query.start
        if query.after is not None:
            place = _identity(query.after)
            rows = [row for row in self._at(query, query.after.time) if row.identity > place]
            begin = query.after.time + 1
        cut = None
        if len(rows) <= query.limit:
            later, cut = self._from(query, begin)
            rows += [row for row in later if cut is None or row.time < cut]
            if cut is not None and not rows:
                rows = self._at(query, cut)
        more = len(rows) > query.limit or cut is not None
        return _page(query, rows[: query.limit], more)

    def _at(self, query: Query, time: int) -> list[_Row]:
        """All rows of one time, in order. Raises NadiError for too many."""
        rows: list[_Row] = []
        for domain in _domains(query):
            for row in self._rows(query, domain, f"time = {time}ms"):
                rows.append(row)
                if len(rows) > MOST_AT_ONCE:
                    raise NadiError(
                        f"more than {MOST_AT_ONCE} series have something at {time} ms, which InfluxDB can't tell in "
                        "pages; name city, domain, zone, device or quantity"
                    )
        return sorted(rows, key=_order)

    def _from(self, query: Query, begin: int) -> tuple[list[_Row], int | None]:
        """The first rows, in order; and the time from which on there may be others, None where these are all."""
        found: list[_Row] = []
        cuts = []
        for domain in _domains(query):
            when = f"time >= {begin}ms AND time < {query.end}ms"
            rows = list(self._rows(query, domain, when, f" ORDER BY time LIMIT {query.limit + 1}"))
            found += rows
            if len(rows) > query.limit:
                cuts.append(rows[-1].time)
        return sorted(found, key=_order), min(cuts, default=None)

    def _rows(self, query: Query, domain: str, when: str, order: str = "") -> Iterable[_Row]:
        fields = READING_FIELDS if query.length is None else WINDOW_FIELDS
        measurement = domain if query.length is None else f"{domain}_{window_label(query.length)}"
        names = query.names
        wanted = [f"{tag} = {quoted(value)}" for tag in _TAGS if (value := getattr(names, tag)) is not None]
        columns = ", ".join(f'"{name}"' for name in (*_TAGS, *fields))
        condition = " AND ".join((when, *wanted))
        question = f'SELECT {columns} FROM "{measurement}" WHERE {condition}{order}'  # noqa: S608 - quoted
        for _, _, _, pieces in stream(self._access, question, PATIENCE):
            for time, city, zone, device, quantity, *values in pieces:
                yield _Row(time, Identity(city, domain, zone, device, quantity), values)


def _page(query: Query, rows: Sequence[_Row], more: bool) -> Page:
    fields = READING_FIELDS if query.length is None else WINDOW_FIELDS
    last = Place(rows[-1].time, rows[-1].identity) if more and rows else None
    return Page(
        [row.identity for row in rows],
        np.array([row.time for row in rows], np.int64),
        {name: typed(name, [row.values[at] for row in rows]) for at, name in enumerate(fields)},
        query.length,
        last,
    )


def _domains(query: Query) -> Sequence[str]:
    return DOMAINS if query.names.domain is None else (query.names.domain,)


def _identity(place: Place) -> Identity:
    if len(place.key) != len(Identity._fields) or not all(isinstance(name, str) for name in place.key):
        raise ValueError("after: a place of another store; begin anew without it")
    return Identity(*map(str, place.key))
