"""The zones and cities that indicators are of, in dense rows.

    (3578, water, Genteng) ──▶ (3578, water, *)      a zone's row names the row of its city and domain
                               (3578, *, *)          what is of no single domain: the alarm system

Rows depend on the order of series ids only, so they are the same after a restart.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from processors.domains.roster import Roster
from processors.signals import Place
from telemetry.batch import Index, Int32
from telemetry.series import SeriesTable

WHOLE = -1
"""Stands for the row of the whole city where a row is that itself."""
EVERY: Final = "*"
MOST_ROWS: Final = 8_000
"""A row takes about 3 kB. Zones beyond are counted in their city only, and cities beyond in the city "*"."""


class Places:
    """Follows a SeriesTable."""

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self.places: list[Place] = []
        self.cities: list[int] = []
        """Rows of (city, "*", "*")."""
        self.row: Int32 = np.zeros(0, np.int32)
        """int32[series]: the row of each series' zone; WHOLE where a series has no identity."""
        self.whole: Int32 = np.zeros(0, np.int32)
        """int32[rows]: the row that a zone is part of, or WHOLE."""
        self.shared = False
        """Whether several zones stand in one row, for there are more than MOST_ROWS."""
        self._rows: dict[Place, int] = {}
        self._of: dict[tuple[str, int], Index] = {}

    def __len__(self) -> int:
        return len(self.places)

    def sync(self) -> None:
        """Take in the series interned since the last call."""
        size, seen = len(self.table), len(self.row)
        if size == seen:
            return
        known = len(self.places)
        rows = [self._row(identity[:3]) if identity else WHOLE for identity in self.table.identities[seen:size]]
        self.row = np.concatenate((self.row, np.array(rows, np.int32)))
        if len(self.places) > known:
            parts = [self._rows[city, domain, "*"] for city, domain, _ in self.places]
            self.whole = np.where(np.array(parts) == np.arange(len(parts)), WHOLE, parts).astype(np.int32)

    def of(self, roster: Roster) -> Index:
        """int[zones]: the row of each of a domain's zones."""
        key = roster.domain, len(roster.zones)
        found = self._of.get(key)
        if found is None:
            self._of = {each: rows for each, rows in self._of.items() if each[0] != roster.domain}
            found = self._of[key] = np.array([self._row(place) for place in roster.zones], np.intp)
        return found

    def _row(self, place: Place) -> int:
        known = self._rows.get(place)
        if known is not None:
            return known
        city, domain, _ = place
        if len(self.places) >= MOST_ROWS and city != EVERY:
            self.shared = True
            return self._rows.get((city, domain, EVERY)) or self._row((EVERY, domain, EVERY))
        for each in ((city, EVERY, EVERY), (city, domain, EVERY), place):
            if each not in self._rows:
                self._rows[each] = len(self.places)
                if each[1] == EVERY:
                    self.cities.append(len(self.places))
                self.places.append(each)
        return self._rows[place]
