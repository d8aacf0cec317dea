"""Columns to InfluxDB line protocol, whole columns at a time.

    water,city=3578,device=p-17,quantity=flow,zone=keputih value=12.4,flags=0i 1763769600000
    └─┬─┘└───────────────────────┬───────────────────────┘ └──────┬───────┘ └─────┬─────┘
    measurement     tags, cached per series id           fields, by columns    time, ms

A column of numbers is printed by one call of orjson and split at its commas; the pieces of
all rows are put side by side into one list by slice assignment, and joined. A column whose
rows are all equal becomes part of the text between its neighbours.

Source of the syntax: "Line protocol reference", InfluxDB 1.x and 2.x documentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from telemetry import flags
from telemetry.batch import SEVERITIES, Anomalies, Bool, Int32, Int64, Readings, Windows
from telemetry.series import DOMAINS, Identity, SeriesTable

CHUNK_ROWS = 2048
"""Rows formatted at a time: their pieces still fit in the second-level cache (a window row
costs 0.8 us in chunks of 2,048 and 1.3 us in chunks of 8,192)."""

Piece = bytes | Sequence[bytes]
Field = tuple[bytes, NDArray[Any], bytes]
"""Name, column, and what follows the number (`i` for an integer)."""

_LABEL_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms"))
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), _REPLACED)
_TAG_ESCAPES = {**_CONTROLS, ord(","): "\\,", ord("="): "\\=", ord(" "): "\\ "}
_MEASUREMENT_ESCAPES = {**_CONTROLS, ord(","): "\\,", ord(" "): "\\ "}
_STRING_ESCAPES = {**_CONTROLS, ord('"'): '\\"', ord("\\"): "\\\\"}


def window_label(length: int) -> str:
    """The name of a window of `length` ms: 5s, 1m, 15m, 1h, 1d; 90s where no larger unit fits."""
    size, unit = next((size, unit) for size, unit in _LABEL_UNITS if length % size == 0)
    return f"{length // size}{unit}"


def escape_measurement(name: str) -> bytes:
    return _without_last_backslash(name).translate(_MEASUREMENT_ESCAPES).encode("utf-8", "replace")


def escape_tag(value: str) -> bytes:
    """A tag's value. Control characters, and a backslash at the end (it would escape what
    follows), are replaced; any other backslash stands for itself."""
    return _without_last_backslash(value).translate(_TAG_ESCAPES).encode("utf-8", "replace")


def escape_string(value: str) -> bytes:
    """A string field, with its quotes."""
    return b'"' + value.translate(_STRING_ESCAPES).encode("utf-8", "replace") + b'"'


def _without_last_backslash(name: str) -> str:
    return name[:-1] + _REPLACED if name.endswith("\\") else name


def numbers(column: NDArray[Any]) -> list[bytes]:
    """The shortest text that reads back as the same number, for each row of a finite column."""
    return orjson.dumps(column, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")


def assemble(pieces: Sequence[Piece], rows: int) -> bytes:
    """`rows` times all pieces side by side; a piece is one text for all rows, or one a row."""
    stride = len(pieces)
    parts: list[bytes] = [b""] * (rows * stride)
    for place, piece in enumerate(pieces):
        parts[place::stride] = [piece] * rows if isinstance(piece, bytes) else piece
    return b"".join(parts)


def _uniform(column: NDArray[Any]) -> bool:
    return bool((column == column[0]).all())


def _with_columns(head: Sequence[Piece], lead: bytes, columns: Sequence[Field], rows: int) -> bytes:
    """Lines of `head`, then for each column its name, number and suffix, then the line's end."""
    pieces: list[Piece] = list(head)
    text = lead
    for name, column, suffix in columns:
        text += name
        if _uniform(column):
            text += numbers(column[:1])[0] + suffix
        else:
            pieces += (text, numbers(column))
            text = suffix
    pieces.append(text + b"\n")
    return assemble(pieces, rows)


class LineEncoder:
    """Encodes batches whose ids are those of `table`."""

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self._tags: list[bytes] = []
        self._known: Bool = np.zeros(0, np.bool_)
        self._generation = table.generation

    def readings(self, batch: Readings) -> Iterator[tuple[bytes, int]]:
        """Lines of raw readings and how many, in pieces of CHUNK_ROWS at most."""
        for start in range(0, len(batch), CHUNK_ROWS):
            yield self._readings(batch.take(slice(start, start + CHUNK_ROWS)))

    def windows(self, batch: Windows) -> Iterator[tuple[bytes, int]]:
        """Lines of windows and how many. Rows of equal absent fields go together, lower revisions first."""
        label = window_label(batch.length)
        for start in range(0, len(batch), CHUNK_ROWS):
            chunk = batch.take(slice(start, start + CHUNK_ROWS))
            fields = _window_fields(chunk)
            keys = _present(fields) | (chunk.revision << len(fields))
            if _uniform(keys):
                yield self._windows(chunk, label, fields, int(keys[0]))
                continue
            for key in np.unique(keys):
                rows = np.flatnonzero(keys == key)
                group = [(name, column[rows], suffix) for name, column, suffix in fields]
                yield self._windows(chunk.take(rows), label, group, int(key))

    def anomalies(self, batch: Anomalies) -> Iterator[tuple[bytes, int]]:
        """Lines of anomalies and how many."""
        for start in range(0, len(batch), CHUNK_ROWS):
            chunk = batch.take(slice(start, start + CHUNK_ROWS))
            fields: list[Field] = [
                (name.encode() + b"=", getattr(chunk, name), b",")
                for name in ("value", "baseline", "low", "high", "score")
            ]
            keys = _present(fields)
            for key in np.unique(keys):
                rows = np.flatnonzero(keys == key)
                group = [(name, column[rows], suffix) for name, column, suffix in fields]
                yield self._anomalies(chunk.take(rows), group, int(key))

    def _readings(self, batch: Readings) -> tuple[bytes, int]:
        finite = np.isfinite(batch.value)
        if not finite.all():
            present, absent = batch.take(finite), batch.take(~finite)
            lines = self._reading_lines(present, b"value=") if len(present) else b""
            return lines + self._reading_lines(absent, b""), len(batch)
        return self._reading_lines(batch, b"value="), len(batch)

    def _reading_lines(self, batch: Readings, value: bytes) -> bytes:
        columns: list[Field] = [(b"flags=", batch.flags & flags.STORED_MASK, b"i"), (b" ", batch.time, b"")]
        if value:
            columns.insert(0, (value, batch.value, b","))
        return _with_columns(self._heads(batch.series, ""), b"", columns, len(batch))

    def _windows(self, batch: Windows, label: str, fields: Sequence[Field], key: int) -> tuple[bytes, int]:
        columns = [field for place, field in enumerate(fields) if key >> place & 1]
        columns.append((b" ", batch.start, b""))
        return _with_columns(self._heads(batch.series, f"_{label}"), b"", columns, len(batch)), len(batch)

    def _anomalies(self, batch: Anomalies, fields: Sequence[Field], key: int) -> tuple[bytes, int]:
        tags: list[bytes] = []
        for number, detector in zip(batch.series.tolist(), batch.detector, strict=True):
            city, domain, zone, device, quantity = map(escape_tag, self._identity(number))
            tags.append(
                b"anomalies,city=%b,detector=%b,device=%b,domain=%b,quantity=%b,zone=%b "
                % (city, escape_tag(detector), device, domain, quantity, zone)
            )
        strings = [
            b'severity="%b",reason=%b' % (SEVERITIES[severity].encode(), escape_string(reason))
            for severity, reason in zip(batch.severity.tolist(), batch.reason, strict=True)
        ]
        columns = [field for place, field in enumerate(fields) if key >> place & 1]
        pieces: list[Piece] = [tags]
        for name, column, suffix in columns:
            pieces += (name, numbers(column), suffix)
        pieces += (strings, b" ", numbers(batch.time), b"\n")
        return assemble(pieces, len(batch)), len(batch)

    def _heads(self, series: Int32, suffix: str) -> list[Piece]:
        """Measurement and tags of each row, with the space that ends them."""
        self._learn(series)
        ids = series.tolist()
        domains = self.table.domain_of[series]
        names = [(domain + suffix).encode() for domain in DOMAINS]
        measurement: Piece = names[domains[0]] if _uniform(domains) else [names[place] for place in domains.tolist()]
        tags = itemgetter(*ids)(self._tags) if len(ids) > 1 else (self._tags[ids[0]],)
        return [measurement, tags]

    def _learn(self, series: Int32) -> None:
        if self._generation != self.table.generation:
            self._known[:] = False
            self._generation = self.table.generation
        if len(self._known) < len(self.table):
            size = max(len(self.table), 2 * len(self._known))
            self._tags += [b""] * (size - len(self._tags))
            self._known = np.concatenate([self._known, np.zeros(size - len(self._known), np.bool_)])
        missing = series[~self._known[series]]
        for number in set(missing.tolist()):
            city, _, zone, device, quantity = map(escape_tag, self._identity(number))
            self._tags[number] = b",city=%b,device=%b,quantity=%b,zone=%b " % (city, device, quantity, zone)
        self._known[missing] = True

    def _identity(self, number: int) -> Identity:
        identity = self.table.identities[number]
        if identity is None:
            raise LookupError(f"series id {number} has no identity in the series table")
        return identity


def _window_fields(batch: Windows) -> list[Field]:
    """In the order of the schema; the last two need no comma after them."""
    statistics = ("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta")
    return [
        (b"count=", batch.count, b"i,"),
        *((name.encode() + b"=", getattr(batch, name), b",") for name in statistics),
        (b"expected=", batch.expected, b"i,"),
        (b"completeness=", batch.completeness, b","),
        (b"failed=", batch.failed, b"i,"),
        (b"revision=", batch.revision, b"i"),
    ]


def _present(fields: Sequence[Field]) -> Int64:
    """int64[row]: a bit for each field that the row has (a number, or an integer not below 0)."""
    bits: Int64 = np.zeros(len(fields[0][1]), np.int64)
    for place, (_, column, _) in enumerate(fields):
        present = np.isfinite(column) if column.dtype.kind == "f" else column >= 0
        bits |= present.astype(np.int64) << place
    return bits
