"""Pages of the embedded historian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.outward.page import READING_FIELDS, WINDOW_FIELDS, Names, Page, Place, Query, typed
from telemetry.series import Identity

if TYPE_CHECKING:
    from sinks.historian import Historian  # DuckDB takes 22 MB and 0.1 s: only where it is used

_EVERY = Names()
SECONDS: Final = 10.0
"""Of the historian's one thread for a page, in which nothing is stored."""


class HistorianPages:
    """Series of one time are ordered by the file's own ids."""

    name = "historian"

    def __init__(self, historian: Historian) -> None:
        self.historian = historian

    async def page(self, query: Query) -> Page:
        from sinks.store import Wanted

        chosen = None if query.names == _EVERY else await self.historian.ids(query.names.fit)
        wanted = Wanted(query.length, chosen, query.start, query.end)
        # One more than asked for tells whether there is more.
        identities, found = await self.historian.page(wanted, _after(query), query.limit + 1, SECONDS)
        more = len(found["time"]) > query.limit
        columns = {name: column[: query.limit] for name, column in found.items()}
        series, time = columns["series"].tolist(), columns["time"].astype(np.int64)
        names = READING_FIELDS if query.length is None else WINDOW_FIELDS
        rows: list[Identity] = [identities[number] for number in series]
        last = Place(int(time[-1]), (series[-1],)) if more else None
        return Page(rows, time, {name: typed(name, columns[name]) for name in names}, query.length, last)


def _after(query: Query) -> tuple[int, int]:
    if query.after is None:
        return query.start, -1
    match query.after.key:
        case (int() as series,):
            return query.after.time, series
    raise ValueError("after: a place of another store; begin anew without it")
