"""Entries to bytes and back. Lossless; columns take as few bytes as is cheap to find out.

    payload = uint32 length of meta | meta (msgpack) | padding to 8 | columns, each padded to 8

Columns are little-endian. From COMPACT_ROWS rows on, a column is a constant, or unsigned
offsets (1, 2 or 4 bytes) from its minimum, where its values allow; floats are a constant or
raw. LAYOUT is the stored format: changing it, or the dataclasses whose rows it describes,
needs another `segments.VERSION`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np

from journal.entries import CommandEntry, Derived, Entry, GatewayState, ReadingsEntry, Refusal, TickEntry
from telemetry.batch import (
    Anomalies,
    Columns,
    IncidentEvents,
    Incidents,
    Indicators,
    Readings,
    Sequences,
    UInt32,
    Windows,
)
from telemetry.errors import Incompatible
from telemetry.series import Declaration

READINGS: Final = 1
TICK: Final = 2
DERIVED: Final = 3
COMMAND: Final = 4

DECLARES: Final = 0x01
"""Mark of an entry that declares names."""
SNAPSHOT: Final = 0x02
"""Mark of a derived entry that commits a snapshot."""

COMPACT_ROWS = 512
"""Below this, looking for a shorter form costs more than it saves."""

_RAW, _CONSTANT, _OFFSET8, _OFFSET16, _OFFSET32 = range(5)
_OFFSETS: tuple[tuple[int, np.dtype[Any]], ...] = (
    (_OFFSET8, np.dtype("<u1")),
    (_OFFSET16, np.dtype("<u2")),
    (_OFFSET32, np.dtype("<u4")),
)
_OFFSET_TYPES: dict[int, np.dtype[Any]] = dict(_OFFSETS)
_PADDING = [b"\0" * size for size in range(8)]
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True, eq=False)
class _Flags(Columns):
    flags: UInt32


def _layout(**columns: str) -> tuple[tuple[str, np.dtype[Any]], ...]:
    return tuple((name, np.dtype(kind)) for name, kind in columns.items())


LAYOUT: Final[dict[type[Columns], tuple[tuple[str, np.dtype[Any]], ...]]] = {
    Readings: _layout(series="<i4", time="<i8", value="<f8", flags="<u4", arrival="<i8", gateway="<i4"),
    Sequences: _layout(gateway="<i4", seq="<i8"),
    _Flags: _layout(flags="<u4"),
    Windows: _layout(
        series="<i4", start="<i8", count="<i8", mean="<f8", min="<f8", max="<f8", std="<f8", first="<f8", last="<f8",
        p50="<f8", p95="<f8", delta="<f8", expected="<i8", completeness="<f8", failed="<i8", revision="<i8",
    ),
    Anomalies: _layout(
        series="<i4", time="<i8", value="<f8", baseline="<f8", low="<f8", high="<f8", score="<f8", severity="<i8",
    ),
    Incidents: _layout(time="<i8", updated="<i8", ended="<i8", value="<f8", members="<i8", severity="<i8"),
    IncidentEvents: _layout(time="<i8", severity="<i8"),
    Indicators: _layout(time="<i8", numerator="<f8", denominator="<f8", value="<f8"),
}  # fmt: skip
"""Of each batch its array columns, in the order in which they are stored."""


class Encoded(NamedTuple):
    """An entry ready for its frame."""

    kind: int
    marks: int
    readings: int
    aux: int
    """Of readings: their newest arrival (ms); of a tick or command: its time; of a derived entry: what it covers."""
    payload: bytes


class _Table(msgspec.Struct, array_like=True, frozen=True):
    rows: int
    columns: list[tuple[int, int]]
    """(form, constant or minimum) of each column of the layout."""
    plain: list[Any] = []
    """The fields that are not arrays, in order."""


class _ReadingsMeta(msgspec.Struct, array_like=True, frozen=True):
    readings: _Table
    sequences: _Table
    messages: int
    declared: tuple[Declaration, ...]
    refusals: tuple[Refusal, ...]
    gateways: tuple[GatewayState, ...] = ()


class _DerivedMeta(msgspec.Struct, array_like=True, frozen=True):
    covers: int
    flags: _Table | None
    windows: list[_Table]
    anomalies: _Table | None
    counts: dict[str, int]
    snapshot: str | None
    incidents: _Table | None = None
    incident_events: _Table | None = None
    # Added later, like those before: what was written without them is read with these defaults.
    after: int = -1
    stored: int = -1
    indicators: _Table | None = None


_encode_meta = msgspec.msgpack.Encoder().encode
_decode_readings = msgspec.msgpack.Decoder(_ReadingsMeta).decode
_decode_tick = msgspec.msgpack.Decoder(TickEntry).decode
_decode_command = msgspec.msgpack.Decoder(CommandEntry).decode
_decode_derived = msgspec.msgpack.Decoder(_DerivedMeta).decode
_PLAIN: Final[dict[type[Columns], tuple[str, ...]]] = {
    Windows: ("length",),
    Anomalies: ("detector", "reason"),
    Incidents: ("incident", "city", "domain", "zone", "kind", "cause", "state", "reason"),
    IncidentEvents: ("incident", "city", "domain", "zone", "kind", "event", "state", "by", "reason"),
    Indicators: ("city", "domain", "zone", "indicator", "period", "unit"),
}


def encode(entry: Entry) -> Encoded:
    """The entry's bytes, which share nothing with its arrays."""
    columns: list[Any] = []
    if isinstance(entry, ReadingsEntry):
        readings = entry.readings
        meta: Any = _ReadingsMeta(
            _pack(readings, columns),
            _pack(entry.sequences, columns),
            entry.messages,
            entry.declared,
            entry.refusals,
            entry.gateways,
        )
        newest = int(readings.arrival.max()) if len(readings.arrival) else 0
        for refusal in entry.refusals:
            newest = max(newest, refusal.arrival)
        return Encoded(READINGS, _declares(entry), len(readings.series), newest, _join(meta, columns))
    if isinstance(entry, TickEntry):
        return Encoded(TICK, _declares(entry), 0, entry.time, _join(entry, columns))
    if isinstance(entry, CommandEntry):
        return Encoded(COMMAND, 0, 0, entry.time, _join(entry, columns))
    meta = _DerivedMeta(
        entry.covers,
        None if entry.flags is None else _pack(_Flags(entry.flags), columns),
        [_pack(windows, columns) for windows in entry.windows],
        None if entry.anomalies is None else _pack(entry.anomalies, columns),
        entry.counts,
        entry.snapshot,
        None if entry.incidents is None else _pack(entry.incidents, columns),
        None if entry.incident_events is None else _pack(entry.incident_events, columns),
        entry.after,
        entry.stored,
        None if entry.indicators is None else _pack(entry.indicators, columns),
    )
    return Encoded(DERIVED, SNAPSHOT if entry.snapshot else 0, 0, entry.covers, _join(meta, columns))


def decode(kind: int, payload: bytes | memoryview) -> Entry:
    """The entry back; its arrays are read-only views of `payload` where they were stored raw.
    Raises Incompatible for a kind that this nadi does not know."""
    length = _LENGTH.unpack_from(payload)[0]
    meta = memoryview(payload)[4 : 4 + length]
    if kind == TICK:
        return _decode_tick(meta)
    if kind == COMMAND:
        return _decode_command(meta)
    columns = _Columns(payload, 4 + length + (-(4 + length) % 8))
    if kind == READINGS:
        stored = _decode_readings(meta)
        readings = columns.take(Readings, stored.readings)
        sequences = columns.take(Sequences, stored.sequences)
        return ReadingsEntry(readings, stored.declared, sequences, stored.refusals, stored.messages, stored.gateways)
    if kind != DERIVED:
        raise Incompatible(f"an entry of the unknown kind {kind}: written by another version of nadi")
    derived = _decode_derived(meta)
    return Derived(
        covers=derived.covers,
        flags=None if derived.flags is None else columns.take(_Flags, derived.flags).flags,
        windows=tuple(columns.take(Windows, table) for table in derived.windows),
        anomalies=None if derived.anomalies is None else columns.take(Anomalies, derived.anomalies),
        counts=derived.counts,
        snapshot=derived.snapshot,
        incidents=None if derived.incidents is None else columns.take(Incidents, derived.incidents),
        incident_events=None
        if derived.incident_events is None
        else columns.take(IncidentEvents, derived.incident_events),
        after=derived.after,
        stored=derived.stored,
        indicators=None if derived.indicators is None else columns.take(Indicators, derived.indicators),
    )


def _declares(entry: ReadingsEntry | TickEntry) -> int:
    return DECLARES if entry.declared else 0


def _join(meta: Any, columns: list[Any]) -> bytes:
    text = _encode_meta(meta)
    size = 4 + len(text)
    return b"".join([_LENGTH.pack(len(text)), text, _PADDING[-size % 8], *columns])


def _pack(batch: Columns, columns: list[Any]) -> _Table:
    """Describe `batch` and add the buffers of its columns to `columns`."""
    described: list[tuple[int, int]] = []
    rows = 0
    for name, dtype in LAYOUT[type(batch)]:
        column = np.ascontiguousarray(getattr(batch, name), dtype)
        rows = len(column)
        if rows == 0:
            break
        form, base, data = _squeeze(column) if rows >= COMPACT_ROWS else (_RAW, 0, column)
        described.append((form, base))
        if data is not None:
            columns.append(data)
            columns.append(_PADDING[-data.nbytes % 8])
    return _Table(rows, described, [getattr(batch, name) for name in _PLAIN.get(type(batch), ())])


def _squeeze(column: Any) -> tuple[int, int, Any]:
    """(form, constant or minimum, what is left to store) of a column that is not empty."""
    if column.dtype.kind == "f":
        bits = column.view(np.int64)
        low = int(bits[0])
        return (_RAW, 0, column) if bits[-1] != low or (bits != low).any() else (_CONSTANT, low, None)
    low, high = int(column.min()), int(column.max())
    if low == high:
        return _CONSTANT, low, None
    for form, offsets in _OFFSETS:
        if offsets.itemsize < column.itemsize and high - low < 1 << (8 * offsets.itemsize):
            return form, low, (column - column.dtype.type(low)).astype(offsets)
    return _RAW, 0, column


_Batch = TypeVar("_Batch", bound=Columns)


class _Columns:
    """Takes columns off a payload in the order in which they were stored."""

    def __init__(self, payload: bytes | memoryview, offset: int) -> None:
        self.payload = payload
        self.offset = offset

    def take(self, kind: type[_Batch], table: _Table) -> _Batch:
        fields: dict[str, Any] = {}
        for number, (name, dtype) in enumerate(LAYOUT[kind]):
            if table.rows:
                fields[name] = self._column(dtype, table.rows, *table.columns[number])
            else:
                fields[name] = np.empty(0, dtype)
        for name, value in zip(_PLAIN.get(kind, ()), table.plain, strict=True):
            fields[name] = tuple(value) if isinstance(value, list) else value
        return kind(**fields)

    def _column(self, dtype: np.dtype[Any], rows: int, form: int, base: int) -> Any:
        if form == _CONSTANT:
            whole = np.full(rows, base, np.int64 if dtype.kind == "f" else dtype)
            return whole.view(dtype)
        stored: np.dtype[Any] = _OFFSET_TYPES.get(form, dtype)
        column = np.frombuffer(self.payload, stored, rows, self.offset)
        size = rows * stored.itemsize
        self.offset += size + (-size % 8)
        return column if form == _RAW else column.astype(dtype) + dtype.type(base)
