"""Days of rest in Indonesia: weekends, the holidays that keep their date, and those that a caller adds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from simulators.weather import HOUR, Weather

FIXED = {(1, 1): "New Year", (5, 1): "Labour", (6, 1): "Pancasila", (8, 17): "Independence", (12, 25): "Christmas"}
"""(month, day) of the national holidays that keep their date in the civil calendar."""


class Calendar:
    """Which local days are of rest. extra: moving feasts (Idul Fitri, Nyepi ...) as the caller knows them."""

    def __init__(self, weather: Weather, extra: Collection[date] = ()) -> None:
        self._weather = weather
        self._extra = frozenset(extra)
        self._day: int | None = None
        self._rest = False

    def rest(self, now: int) -> bool:
        """Whether `now` (ms UTC) falls on a weekend or a holiday."""
        day = self._weather.day(now)
        if day != self._day:
            local = datetime.fromtimestamp(now / 1000 + self._weather.offset * HOUR / 1000, UTC).date()
            holiday = (local.month, local.day) in FIXED or local in self._extra
            self._day, self._rest = day, holiday or self._weather.weekend(now)
        return self._rest
