"""From the lists that the scanner fills to columns, and the checks that are made on whole columns.

An *item* is one object of a message: one time and, by its record, one or more readings. A record
is what is known of a device's readings beforehand, as packed bytes; joined, the records of a batch
are four columns at once, without any look-up per reading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.decoders.base import Request
from ingest.wire import Control
from journal.entries import GatewayState, Refusal
from telemetry.batch import Bool, Float64, Int64, UInt32
from telemetry.series import Device
from telemetry.time import NEVER, YEAR_2000, epochs_ms, rfc3339s_ms

RECORD: Final = 16
"""Bytes of one reading as its device's entry foretells it: four int32, namely series, gateway, flags and
which of the `Conversions` leads to the canonical unit."""


def record(series: int, gateway: int, flags: int, conversion: int) -> bytes:
    return np.array((series, gateway, flags, conversion), np.int32).tobytes()


class Conversions:
    """The distinct (scale, offset) in use, by small numbers; 0 leaves a value as it is."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[float, float], int] = {(1.0, 0.0): 0}

    def number(self, scale: float, offset: float) -> int:
        return self._numbers.setdefault((scale, offset), len(self._numbers))

    def apply(self, value: Float64, which: NDArray[np.int32]) -> Float64:
        """The values in their canonical units; what overflows becomes infinite."""
        rows = np.flatnonzero(which)
        if not len(rows):
            return value
        scale, offset = np.array(list(self._numbers)).T
        converted = value.copy()
        with np.errstate(over="ignore"):
            converted[rows] = value[rows] * scale[which[rows]] + offset[which[rows]]
        return converted


@dataclass(slots=True)
class Gathered:
    """Lists that grow while a buffer is scanned. See `Columns` for what they become."""

    start: int = 0
    """Where in the buffer the first packet begins."""
    records: list[bytes] = field(default_factory=list)
    """Per item: its readings' records, joined."""
    times: list[int] = field(default_factory=list)
    """Per item: an epoch number of any magnitude."""
    values: list[float] = field(default_factory=list)
    """Per reading, as sent."""
    tails: list[int] = field(default_factory=list)
    """Per message: where its topic ends, and so its packet id stands."""
    unacknowledged: list[int] = field(default_factory=list)
    """Messages at QoS 0."""
    spans: list[tuple[int, int]] = field(default_factory=list)
    """(message, items) where a message has not exactly one item."""
    floats: list[tuple[int, float]] = field(default_factory=list)
    """(item, time) for times that are not whole numbers; `times` then holds 0."""
    texts: list[tuple[int, str]] = field(default_factory=list)
    """(item, time) for RFC 3339."""
    marks: list[tuple[int, int, int]] = field(default_factory=list)
    """(first item, last item + 1, flags)."""
    seqs: list[int] = field(default_factory=list)
    """The gateways' counters, as they came."""
    seq_gateways: list[int] = field(default_factory=list)
    """Whose counters those are."""
    refusals: list[Refusal] = field(default_factory=list)
    gateways: list[GatewayState] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    """What decoders ask nadi to publish."""
    clocks: dict[Device, int] = field(default_factory=dict)
    """Of devices of which something was refused for its time before it became an item: the greatest of it, ms."""
    control: list[Control] = field(default_factory=list)
    effort: int = 0
    """What the careful way took so far; see `ingest/effort.py`."""
    ignored: int = 0
    """Messages that are none of nadi's business: its own, and retained ones by policy."""

    def clock(self, device: Device, time: int) -> None:
        """Something of `device` is refused for this time, ms."""
        self.clocks[device] = max(time, self.clocks.get(device, time))

    def sequence(self, gateway: int, seq: int) -> None:
        self.seq_gateways.append(gateway)
        self.seqs.append(seq)


@dataclass(frozen=True, slots=True)
class Columns:
    """One row per reading, in order of arrival."""

    series: NDArray[np.int32]
    time: Int64
    value: Float64
    flags: UInt32
    gateway: NDArray[np.int32]
    item: NDArray[np.intp] | None
    """The item of each row; None where they are the same."""

    @classmethod
    def of(cls, gathered: Gathered, conversions: Conversions) -> Columns:
        records = np.frombuffer(b"".join(gathered.records), np.int32).reshape(-1, 4)
        series, gateway, flag, conversion = records.T.copy(order="C")
        time = _times(gathered)
        rows, items = len(records), len(time)
        item = None
        if rows != items:
            sizes = np.fromiter(map(len, gathered.records), np.intp, items) // RECORD
            item = np.repeat(np.arange(items), sizes)
            time = time[item]
        flags = flag.view(np.uint32)
        for first, last, mark in gathered.marks:
            if item is not None:
                first, last = np.searchsorted(item, (first, last)).tolist()
            flags[first:last] |= mark
        value = np.fromiter(gathered.values, np.float64, rows)
        return cls(series, time, conversions.apply(value, conversion), flags, gateway, item)

    def faults(self, now: int, max_future: int) -> dict[str, Bool] | None:
        """Masks of rows to refuse, by reason; None when, as usual, all are good. now: ms."""
        if not len(self.time):
            return None
        # The extremes tell in three cheap passes what the masks would in six.
        if self.time.min() >= YEAR_2000 and self.time.max() <= now + max_future and np.isfinite(self.value).all():
            return None
        early, late = self.time < YEAR_2000, self.time > now + max_future
        return {"time": early, "future": late, "not_finite": ~np.isfinite(self.value) & ~early & ~late}

    def keep(self, rows: Bool) -> Columns:
        return Columns(
            self.series[rows],
            self.time[rows],
            self.value[rows],
            self.flags[rows],
            self.gateway[rows],
            None if self.item is None else self.item[rows],
        )


def _times(gathered: Gathered) -> Int64:
    """int64[items] ms."""
    try:
        numbers = np.fromiter(gathered.times, np.int64, len(gathered.times))
    except OverflowError:
        limit = np.iinfo(np.int64).max
        numbers = np.array([min(max(number, NEVER + 1), limit) for number in gathered.times], np.int64)
    times = epochs_ms(numbers)
    if gathered.floats or gathered.texts:
        times = times.copy()
        if gathered.floats:
            items, floats = zip(*gathered.floats, strict=True)
            times[list(items)] = epochs_ms(np.array(floats, np.float64))
        if gathered.texts:
            items, texts = zip(*gathered.texts, strict=True)
            times[list(items)] = rfc3339s_ms(texts)
    return times
