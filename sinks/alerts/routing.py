"""Which incidents a channel is told, and when."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from config.alerts import CAP_KINDS
from config.settings import AlertSettings
from telemetry.batch import SEVERITIES
from telemetry.durations import parse_hours

_DAY = 24 * 60


class Route:
    """zone: the city's time zone, for `hours`."""

    def __init__(self, settings: AlertSettings, zone: str) -> None:
        self.cities = frozenset(settings.cities)
        self.domains = frozenset(settings.domains)
        chosen = frozenset(settings.kinds)
        if settings.type == "cap":
            chosen = chosen & CAP_KINDS if chosen else CAP_KINDS
        self.kinds = chosen if chosen or settings.type == "cap" else None
        self.least = SEVERITIES.index(settings.severity)
        self.after = settings.after or 0
        self.repeat = settings.repeat
        self.zone = ZoneInfo(zone)
        self.hours = None if settings.hours is None else parse_hours(settings.hours)

    def takes(self, city: str, domain: str, kind: str, severity: int) -> bool:
        """Incidents of all domains (a lost gateway's) and of no single city (a river's flood) go to whoever is told of
        any."""
        return (
            severity >= self.least
            and (not self.cities or city in self.cities or city == "*")
            and (not self.domains or domain in self.domains or domain == "*")
            and (self.kinds is None or kind in self.kinds)
        )

    def open_at(self, time: int) -> bool:
        """Whether this channel may be rung at `time` (ms)."""
        if self.hours is None:
            return True
        local = datetime.fromtimestamp(time / 1000, UTC).astimezone(self.zone)
        begin, end = self.hours
        return (local.hour * 60 + local.minute - begin) % _DAY < (end - begin) % _DAY
