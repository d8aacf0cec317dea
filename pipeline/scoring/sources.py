"""What a pipeline that ran elsewhere reported: from a file of incidents, InfluxDB or the historian.

A store is asked for its incidents and their events, and for its anomalies; which of them are scored
is decided later (`pipeline.offline.reported.chosen`). InfluxDB is asked in InfluxQL, which versions 1, 2
and 3 answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.history.influxql import Access, ask, devices_in
from pipeline.offline.reported import ASKING, Incident, Reported
from pipeline.offline.run import Work
from pipeline.scoring.runs import Ran
from simulators.scoring.matching import LEAD, SLACK, Span
from simulators.scoring.naive import Finding, group
from simulators.scoring.report import Report, read_reports
from simulators.truth import Truth, read_truth
from telemetry.batch import NOT_ENDED
from telemetry.errors import SettingsError, StoreError
from telemetry.time import NEVER, rfc3339s_ms

Row = Mapping[str, Any]
PAGING: Final = frozenset({"opened", "escalated", "released"})
"""Events of an incident that call a person, where its state is then `unacknowledged`."""
QUIET: Final = frozenset({"historical", "merged", "suppressed", "shelved", "out-of-service"})
"""States in which an incident that has no event on record is taken to have called nobody."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the reports are: one of them is given. database: in InfluxDB."""

    url: str | None = None
    database: str = "city"
    historian: Path | None = None
    incidents: Path | None = None


def stored(truth: Path, stores: Stores, begin: str | None, until: str | None, devices: int | None) -> Ran:
    """The truth of a file, and what a store reported meanwhile.

    Raises SettingsError for options that don't fit, NadiError or StoreError where a store does not answer.
    """
    given = [name for name in ("url", "historian", "incidents") if getattr(stores, name) is not None]
    if len(given) != 1:
        raise SettingsError("--truth needs the reports beside it: one of --url, --historian, --incidents")
    try:
        records = tuple(read_truth(truth))
    except OSError as error:
        raise SettingsError(f"--truth {truth}: {error.strerror}") from None
    span = _span(records, begin, until)
    reported, known = _read(stores, span)
    return Ran(
        scenario=truth.stem,
        seed=None,
        held_out=False,
        span=Span(span.start, span.end, devices or known),
        truth=records,
        reported=reported,
        work=Work(0, 0, {}),
    )


def _span(records: Iterable[Truth], begin: str | None, until: str | None) -> Span:
    """What is not given is that of the truth, with room for a report before and after."""
    known = list(records)
    if not known and (begin is None or until is None):
        raise SettingsError("the truth is empty: nothing says which time is to be scored; give --from and --to")
    start = moment("--from", begin) if begin else min(record.start for record in known) - LEAD
    end = moment("--to", until) if until else max(record.end for record in known) + SLACK
    if end <= start:
        raise SettingsError(f"--to {until} is not after --from {begin}")
    return Span(start, end, 0)


def moment(option: str, text: str) -> int:
    """The time that an option gives, ms. Raises SettingsError."""
    time = int(rfc3339s_ms([text])[0])
    if time <= NEVER:
        raise SettingsError(f"{option} {text!r}: expected RFC 3339, like 2025-11-21T16:00:00+07:00")
    return time


def _read(stores: Stores, span: Span) -> tuple[Reported, int]:
    """The reports that opened in the span, and how many devices there are (0: not known)."""
    if stores.incidents is not None:
        reports = [report for report in read_reports(stores.incidents) if span.start <= report.opened < span.end]
        return Reported(tuple(reports), ()), len({device for report in reports for device in report.devices})
    if stores.historian is not None:
        from pipeline.scoring.historian import rows

        incidents, events, anomalies, devices = rows(stores.historian, span)
    else:
        assert stores.url is not None
        access = Access(stores.url, stores.database)
        when = f"time >= {span.start}ms AND time < {span.end}ms"
        incidents, events, anomalies = (
            ask(access, f"SELECT * FROM {name} WHERE {when} GROUP BY *")  # noqa: S608
            for name in ("incidents", "incident_events", "anomalies")
        )
        devices = devices_in(access)
    findings = [_finding(row) for row in anomalies]
    return Reported(tuple(reports_of(incidents, events)), tuple(group(findings, span.end))), devices


def reports_of(incidents: Iterable[Row], events: Iterable[Row]) -> list[Report]:
    """As `incidents_of`, for scoring."""
    return [incident.report() for incident in incidents_of(incidents, events)]


def incidents_of(incidents: Iterable[Row], events: Iterable[Row]) -> list[Incident]:
    """incidents: the latest row of each; events: all of them, in any order. Times are ms."""
    told: dict[str, int] = {}
    recorded = set()
    for event in sorted(events, key=lambda row: int(row["time"])):
        recorded.add(event["incident"])
        if event["event"] in PAGING and event["state"] == ASKING:
            told.setdefault(event["incident"], event["time"])
    found = []
    for row in incidents:
        name, opened, ended = row["incident"], int(row["time"]), row.get("ended")
        told_at = told.get(name)
        if name not in recorded and row["state"] not in QUIET:
            told_at = opened
        found.append(
            Incident(
                id=name,
                kind=row["kind"],
                city=row["city"],
                domain=row["domain"],
                zone=row["zone"],
                opened=opened,
                ended=NOT_ENDED if ended is None else int(ended),
                severity=row["severity"],
                told_at=told_at,
                cause=row.get("cause"),
                reason=row.get("reason") or "",
            )
        )
    return found


def _finding(row: Row) -> Finding:
    """A store does not say when an anomaly was found; the time of its reading stands for it."""
    time = int(row["time"])
    try:
        return Finding(
            time=time,
            known=time,
            city=row["city"],
            domain=row["domain"],
            zone=row["zone"],
            device=row["device"],
            detector=row["detector"],
            severity=row["severity"],
        )
    except KeyError as error:
        raise StoreError(f"an anomaly without {error}: not written by nadi?") from None
