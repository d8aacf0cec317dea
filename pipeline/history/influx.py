"""InfluxDB's readings and incidents, asked in InfluxQL, which versions 1, 2 and 3 answer.

InfluxDB 2 needs no more than it has by itself: a bucket answers by its name as a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from config.settings import InfluxSettings
from pipeline.history.base import Rows, Where
from pipeline.history.influxql import access, ask, quoted, stream
from pipeline.offline.reported import Incident
from pipeline.scoring.sources import incidents_of
from telemetry.batch import Float64, Int32, Int64
from telemetry.series import DOMAINS, Identity

_TAGS: Final = ("city", "zone", "device", "quantity")
_Piece = tuple[Int32, Int64, Float64, Int32]


class InfluxStore:
    """Raises SettingsError for an address that is none, NadiError where InfluxDB does not answer or refuses."""

    def __init__(self, settings: InfluxSettings, where: Where) -> None:
        self._access = access(settings)
        self._where = where
        self._domains = DOMAINS if where.domain is None else (where.domain,)
        self.name = f"InfluxDB {settings.url}, {self._access.database}"
        self.series: Sequence[Identity] = self._known()
        self._ids = {identity: place for place, identity in enumerate(self.series)}

    def extent(self) -> tuple[int, int] | None:
        times = [
            int(row["time"])
            for order in ("ASC", "DESC")
            for row in ask(self._access, f"{self._select('value')} ORDER BY time {order} LIMIT 1")
        ]
        return (min(times), max(times)) if times else None

    def count(self, begin: int, end: int) -> int:
        question = self._select("count(value)", _between(begin, end))
        return sum(int(row["count"]) for row in ask(self._access, question))

    def read(self, begin: int, end: int) -> Rows:
        question = f"{self._select('value, flags', _between(begin, end))} GROUP BY {', '.join(_TAGS)}"
        pieces = [
            piece
            for name, tags, _, values in stream(self._access, question)
            if (piece := self._piece(name, tags, values)) is not None
        ]
        if not pieces:
            return Rows(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int32))
        return Rows(*(np.concatenate(column) for column in zip(*pieces, strict=True)))

    def incidents(self, begin: int, end: int) -> list[Incident]:
        found, events = (
            ask(self._access, f"SELECT * FROM {name} WHERE {_between(begin, end)} GROUP BY *")  # noqa: S608
            for name in ("incidents", "incident_events")
        )
        return [each for each in incidents_of(found, events) if self._where.holds(each.city, each.domain, each.zone)]

    def close(self) -> None:
        """No connection is kept."""

    def _piece(self, domain: str, tags: Mapping[str, str], rows: Sequence[Any]) -> _Piece | None:
        number = self._ids.get(_identity(domain, tags))
        if number is None:
            return None  # it began after the series were listed
        time, value, flags = zip(*rows, strict=True)
        return (
            np.full(len(rows), number, np.int32),
            np.array(time, np.int64),
            np.array(value, np.float64),
            np.array([each or 0 for each in flags], np.int64).astype(np.int32),
        )

    def _known(self) -> list[Identity]:
        question = f"{self._select('last(value)')} GROUP BY {', '.join(_TAGS)}"
        return [_identity(domain, tags) for domain, tags, _, _ in stream(self._access, question)]

    def _select(self, fields: str, *conditions: str) -> str:
        wanted = [*conditions]
        wanted += [f"{name} = {quoted(value)}" for name in ("city", "zone") if (value := getattr(self._where, name))]
        condition = f" WHERE {' AND '.join(wanted)}" if wanted else ""
        return f"SELECT {fields} FROM {', '.join(self._domains)}{condition}"  # noqa: S608 - names are quoted


def _identity(domain: str, tags: Mapping[str, str]) -> Identity:
    return Identity(tags["city"], domain, tags["zone"], tags["device"], tags["quantity"])


def _between(begin: int, end: int) -> str:
    return f"time >= {begin}ms AND time < {end}ms"
