"""Incidents and their events as line protocol. They are few: a row at a time.

incidents,city=3578,domain=water,kind=burst,zone=Genteng incident="burst-1f",state="returned",… 1763769600000
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sinks.lineprotocol import CHUNK_ROWS, escape_string, escape_tag, numbers
from telemetry.batch import NOT_ENDED, SEVERITIES, IncidentEvents, Incidents

Lines = Iterator[tuple[bytes, int]]


def incident_lines(batch: Incidents) -> Lines:
    """Lines of incidents and how many. `ended` and `value` are left out where there is none."""
    for start in range(0, len(batch), CHUNK_ROWS):
        rows = batch.take(slice(start, start + CHUNK_ROWS))
        lines = []
        for row, value in enumerate(_values(rows)):
            fields = [
                b"incident=" + escape_string(rows.incident[row]),
                b"state=" + escape_string(rows.state[row]),
                b"severity=" + escape_string(SEVERITIES[int(rows.severity[row])]),
                b"updated=%di" % rows.updated[row],
                b"ended=%di" % rows.ended[row] if rows.ended[row] != NOT_ENDED else b"",
                b"value=" + value if value else b"",
                b"reason=" + escape_string(rows.reason[row]),
            ]
            lines.append(_line(b"incidents", rows, row, fields))
        yield b"".join(lines), len(rows)


def event_lines(batch: IncidentEvents) -> Lines:
    """Lines of what happened to incidents and how many."""
    for start in range(0, len(batch), CHUNK_ROWS):
        rows = batch.take(slice(start, start + CHUNK_ROWS))
        lines = []
        for row in range(len(rows)):
            fields = [
                b"incident=" + escape_string(rows.incident[row]),
                b"event=" + escape_string(rows.event[row]),
                b"state=" + escape_string(rows.state[row]),
                b"severity=" + escape_string(SEVERITIES[int(rows.severity[row])]),
                b"by=" + escape_string(rows.by[row]),
                b"reason=" + escape_string(rows.reason[row]),
            ]
            lines.append(_line(b"incident_events", rows, row, fields))
        yield b"".join(lines), len(rows)


def _values(rows: Incidents) -> list[bytes]:
    """The text of each value; empty where it is no number."""
    texts = numbers(np.where(np.isfinite(rows.value), rows.value, 0.0))
    return [text if finite else b"" for text, finite in zip(texts, np.isfinite(rows.value).tolist(), strict=True)]


def _line(measurement: bytes, rows: Incidents | IncidentEvents, row: int, fields: Sequence[bytes]) -> bytes:
    return b"%b,city=%b,domain=%b,kind=%b,zone=%b %b %d\n" % (
        measurement,
        *(escape_tag(column[row]) for column in (rows.city, rows.domain, rows.kind, rows.zone)),
        b",".join(field for field in fields if field),
        rows.time[row],
    )
