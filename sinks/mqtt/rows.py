"""A delivery's rows, each under its topic.

nadi-out/v1/{city}/feed/readings/{domain}/{zone}/{device}
nadi-out/v1/{city}/feed/windows/{length}/{domain}/{zone}/{device}
nadi-out/v1/{city}/feed/anomalies/{domain}/{zone}/{device}
nadi-out/v1/{city}/feed/incidents/{domain}/{zone}/{kind}
nadi-out/v1/{city}/feed/incident-events/{domain}/{zone}/{kind}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sinks.base import Delivery
from sinks.lineprotocol import window_label
from sinks.standards import names
from telemetry import flags
from telemetry.batch import (
    NOT_ENDED,
    SEVERITIES,
    Anomalies,
    IncidentEvents,
    Incidents,
    Indicators,
    Readings,
    Windows,
)
from telemetry.series import Identity

ROOT: Final = "nadi-out/v1"
WINDOW_FIELDS: Final = (
    *("count", "mean", "min", "max", "std", "first", "last", "p50", "p95", "delta"),
    *("expected", "completeness", "failed", "revision"),
)
ANOMALY_FIELDS: Final = ("value", "baseline", "low", "high", "score")
INCIDENT_FIELDS: Final = (
    *("incident", "city", "domain", "zone", "kind", "cause", "time", "state"),
    *("updated", "ended", "value", "members", "reason"),
)
EVENT_FIELDS: Final = ("incident", "city", "domain", "zone", "kind", "time", "event", "state", "by", "reason")
INDICATOR_FIELDS: Final = (
    *("indicator", "period", "city", "domain", "zone", "time", "value", "unit", "numerator", "denominator"),
)
KINDS: Final = ("readings", "windows", "anomalies", "incidents", "incident-events", "indicators")
"""Third levels below ROOT, after `feed`; what a message tells."""


class Row(NamedTuple):
    """One point. kind: one of KINDS; identity: of readings, windows and anomalies; time: ms; fields: None
    where absent."""

    kind: str
    topic: str
    identity: Identity | None
    time: int
    fields: dict[str, Any]


def rows(delivery: Delivery, identities: Sequence[Identity | None]) -> Iterator[Row]:
    """In the order of the log. identities: by series id."""
    yield from _readings(delivery.readings, identities)
    for windows in delivery.windows:
        yield from _windows(windows, identities)
    for anomalies in delivery.anomalies:
        yield from _anomalies(anomalies, identities)
    for incidents in delivery.incidents:
        yield from _told("incidents", incidents, INCIDENT_FIELDS)
    for events in delivery.incident_events:
        yield from _told("incident-events", events, EVENT_FIELDS)
    for indicators in delivery.indicators:
        yield from _told("indicators", indicators, INDICATOR_FIELDS)


def _topic(city: str, *levels: str) -> str:
    return f"{ROOT}/{names.topic(city)}/feed/{names.topic(*levels)}"


def _known(identities: Sequence[Identity | None], series: int) -> Identity:
    identity = identities[series]
    if identity is None:
        raise LookupError(f"series id {series} has no identity in the series table")
    return identity


def _readings(batch: Readings, identities: Sequence[Identity | None]) -> Iterator[Row]:
    stored = (batch.flags & flags.STORED_MASK).tolist()
    topics: dict[int, tuple[str, Identity]] = {}
    for series, time, value, bits in zip(
        batch.series.tolist(), batch.time.tolist(), batch.value.tolist(), stored, strict=True
    ):
        if (found := topics.get(series)) is None:
            identity = _known(identities, series)
            found = topics[series] = _topic(identity.city, "readings", *identity[1:4]), identity
        yield Row("readings", found[0], found[1], time, {"value": value, "flags": bits})


def _windows(batch: Windows, identities: Sequence[Identity | None]) -> Iterator[Row]:
    label = window_label(batch.length)
    columns = [_absent(name, getattr(batch, name).tolist()) for name in WINDOW_FIELDS]
    for at, (series, start) in enumerate(zip(batch.series.tolist(), batch.start.tolist(), strict=True)):
        identity = _known(identities, series)
        fields = {name: column[at] for name, column in zip(WINDOW_FIELDS, columns, strict=True)}
        topic = _topic(identity.city, "windows", label, *identity[1:4])
        yield Row("windows", topic, identity, start, {"length": batch.length, **fields})


def _anomalies(batch: Anomalies, identities: Sequence[Identity | None]) -> Iterator[Row]:
    columns = [_absent(name, getattr(batch, name).tolist()) for name in ANOMALY_FIELDS]
    for at, (series, time) in enumerate(zip(batch.series.tolist(), batch.time.tolist(), strict=True)):
        identity = _known(identities, series)
        fields = {name: column[at] for name, column in zip(ANOMALY_FIELDS, columns, strict=True)}
        words = {"severity": SEVERITIES[batch.severity[at]], "detector": batch.detector[at], "reason": batch.reason[at]}
        yield Row("anomalies", _topic(identity.city, "anomalies", *identity[1:4]), identity, time, fields | words)


def _told(kind: str, batch: Incidents | IncidentEvents | Indicators, wanted: Sequence[str]) -> Iterator[Row]:
    columns = {}
    for name in wanted:
        column = getattr(batch, name)
        columns[name] = list(column) if isinstance(column, tuple) else _absent(name, column.tolist())
    for at, time in enumerate(batch.time.tolist()):
        fields = {name: column[at] for name, column in columns.items()}
        if not isinstance(batch, Indicators):
            fields["severity"] = SEVERITIES[batch.severity[at]]
        what = fields["indicator" if kind == "indicators" else "kind"]
        topic = _topic(fields["city"], kind, fields["domain"], fields["zone"], what)
        yield Row(kind, topic, None, time, fields)


def _absent(name: str, column: list[Any]) -> list[Any]:
    """NaN, and what stands for "not known", as None."""
    if name in ("expected", "ended"):
        return [None if each == NOT_ENDED else each for each in column]
    return [None if each != each else each for each in column]
