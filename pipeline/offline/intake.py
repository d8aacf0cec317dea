"""From what simulated devices say to entries of the log, without a broker.

    Step ─┬─ samples ──▶ whole columns ──▶ ingest's checks ─┬─▶ ReadingsEntry
          ├─ raw ──────▶ PUBLISH packets ─▶ ingest's scanner ─┤
          └─ states ────────────────────────────────────────┘

Names, units, gateways and flags of samples come from ingest's own `Devices`, times and infinities
are judged by its `Columns.faults`, and raw payloads go through its scanner, so that a malformed one
is refused as in life. What samples bypass: the writing and reading of their JSON, gateways' `seq`
counters, and limits of rate and size. Between two cuts (ticks) all is taken to be read at the latter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from config.settings import Settings
from ingest.build import build_scanner
from ingest.columns import Columns
from ingest.devices import Refused
from ingest.scanner import Scanned, Scanner
from journal.entries import GatewayState, ReadingsEntry, Refusal
from simulators import packets
from simulators.base import Fleet
from simulators.feed import RawMessage, Samples, Step
from telemetry.batch import Bool, Readings, Sequences
from telemetry.sensors import SensorTable
from telemetry.series import Device as Place
from telemetry.series import SeriesTable

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
_RETAIN = 0x01
_LONG_AGO = -(2**62)
_REFUSED = -1


@dataclass(frozen=True, slots=True)
class _Known:
    """Of all cells (device and quantity) of all fleets so far, in one row: what ingest knows of each series."""

    series: Int32
    gateway: Int32
    flags: NDArray[np.uint32]
    conversion: Int32

    def with_more(self, records: Int32) -> _Known:
        """records: int32[cells, 4]"""
        series, gateway, flags, conversion = records.T
        return _Known(
            np.append(self.series, series),
            np.append(self.gateway, gateway),
            np.append(self.flags, flags.astype(np.int32).view(np.uint32)),
            np.append(self.conversion, conversion),
        )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Of a fleet: int64[devices, quantities], where its cells stand; plain: all are admitted, and as they are."""

    index: Int64
    plain: bool


@dataclass(slots=True)
class _Rows:
    """Parallel pieces, one of each a fleet: cells and values a reading, the rest a message."""

    cells: list[Int64] = field(default_factory=list)
    value: list[NDArray[np.float64]] = field(default_factory=list)
    count: list[Int64] = field(default_factory=list)
    time: list[Int64] = field(default_factory=list)
    arrival: list[Int64] = field(default_factory=list)
    plain: bool = True


class Intake:
    """Remembers each fleet's names; `take` is called with the steps in their order."""

    def __init__(self, table: SeriesTable, sensors: SensorTable, settings: Settings) -> None:
        self.table = table
        self.max_future = settings.max_future
        self.scanner = build_scanner(
            table,
            sensors,
            max_payload=settings.limits.max_payload,
            max_future=settings.max_future,
            gateway_rate=settings.limits.gateway_rate,
            ignore_retained=settings.mqtt.retained == "ignore",
        )
        nothing = np.zeros(0, np.int32)
        self._known = _Known(nothing, nothing, nothing.view(np.uint32), nothing)
        self._fleets: dict[int, tuple[Fleet, _Cells]] = {}

    def take(self, step: Step, cuts: Sequence[int] = ()) -> list[ReadingsEntry]:
        """All of a step, new names declared with the first entry: one entry up to each of `cuts`
        (ms, ascending, before the step's end), and the rest."""
        rows = _Rows()
        for samples in step.samples:
            if len(samples):
                self._add(rows, samples)
        everything = self._joined(rows)
        entries, begin, since = [], 0, _LONG_AGO
        for until in (*cuts, step.now):
            end = len(everything) if until == step.now else int(everything.arrival.searchsorted(until, "right"))
            entries.append(self._entry(everything.take(slice(begin, end)), step, since, until))
            begin, since = end, until
        return entries

    def _entry(self, said: Readings, step: Step, since: int, until: int) -> ReadingsEntry:
        """What arrived after `since` up to `until`."""
        readings, refusals = self._admit(said, until)
        states = [state for state in step.states if since < state.arrival <= until]
        raw = [message for message in step.raw if since < message.arrival <= until]
        gateways = tuple(GatewayState(state.city, state.gateway, state.online) for state in states)
        sequences, messages = Sequences.empty(), 0
        if raw:
            for scanned in _scans(self.scanner, b"".join(map(_packet, raw)), until):
                readings = Readings.concat([readings, scanned.readings])
                refusals = (*refusals, *scanned.refusals)
                sequences = Sequences.concat([sequences, scanned.sequences])
                messages += scanned.messages
                gateways += tuple(GatewayState(*state) for state in scanned.gateways)
        if until == step.now:
            messages += sum(map(len, step.samples))
        return ReadingsEntry(readings, self.table.drain(), sequences, refusals, messages, gateways)

    def _add(self, rows: _Rows, samples: Samples) -> None:
        known = self._cells(samples.fleet)
        given = ~np.isnan(samples.values)
        cells = known.index.take(samples.device, axis=0)
        if not known.plain:
            given &= self._known.series.take(cells) != _REFUSED
            rows.plain = False
        if given.all():
            rows.cells.append(cells.ravel())
            rows.value.append(samples.values.ravel())
            rows.count.append(np.full(len(samples), cells.shape[1]))
        else:
            rows.cells.append(cells[given])
            rows.value.append(samples.values[given])
            rows.count.append(given.sum(axis=1))
        rows.time.append(samples.time)
        rows.arrival.append(samples.arrival)

    def _joined(self, rows: _Rows) -> Readings:
        """All of them in the order of arrival."""
        if not rows.cells:
            return Readings.empty()
        known, cells, count = self._known, np.concatenate(rows.cells), np.concatenate(rows.count)
        value, arrival = np.concatenate(rows.value), np.concatenate(rows.arrival).repeat(count)
        if not rows.plain:
            value = self.scanner.devices.conversions.apply(value, known.conversion.take(cells))
        time = np.concatenate(rows.time).repeat(count)
        if (arrival[1:] < arrival[:-1]).any():
            order = arrival.argsort(kind="stable")
            cells, time, value, arrival = cells[order], time[order], value[order], arrival[order]
        return Readings(
            known.series.take(cells), time, value, known.flags.take(cells), arrival, known.gateway.take(cells)
        )

    def _admit(self, said: Readings, now: int) -> tuple[Readings, tuple[Refusal, ...]]:
        """Without what ingest would refuse."""
        columns = Columns(said.series, said.time, said.value, said.flags, said.gateway, None)
        masks = columns.faults(now, self.max_future)
        if not masks:
            return said, ()
        good = ~np.logical_or.reduce(list(masks.values()))
        return said.take(good), tuple(_refusals(masks, said.gateway, now))

    def _cells(self, fleet: Fleet) -> _Cells:
        kept = self._fleets.get(id(fleet))
        if kept is None:
            kept = self._fleets[id(fleet)] = fleet, self._learn(fleet)
        return kept[1]

    def _learn(self, fleet: Fleet) -> _Cells:
        records = np.array([self._records(fleet, number) for number in range(len(fleet))], np.int32)
        series, _, flags, conversion = np.moveaxis(records, 2, 0)
        plain = bool((series != _REFUSED).all() and not flags.any() and not conversion.any())
        begin = len(self._known.series)
        self._known = self._known.with_more(records.reshape(-1, 4))
        return _Cells(np.arange(begin, begin + series.size).reshape(series.shape), plain)

    def _records(self, fleet: Fleet, number: int) -> list[Sequence[int]]:
        """As `ingest.columns.record` has them, a quantity each."""
        place = fleet.places[number]
        where = Place(place.city, fleet.domain, place.zone, place.device)
        devices = self.scanner.devices
        device = devices.device(f"nadi/v1/{'/'.join(where)}".encode(), where)
        if device.gateway_name is None:
            devices.assign(device, place.gateway)
        made: list[Sequence[int]] = []
        for quantity in fleet.quantities:
            try:
                made.append(np.frombuffer(devices.record(device, quantity.name, None), np.int32).tolist())
            except Refused:
                made.append((_REFUSED, device.gateway, 0, 0))
        return made


def _refusals(masks: dict[str, Bool], gateway: Int32, now: int) -> list[Refusal]:
    """One a reason and gateway, so that the books balance. There is no payload to keep."""
    return [
        Refusal(now, "", b"", reason, "in a simulation without a broker", one, count)
        for reason, mask in masks.items()
        for one, count in zip(*(part.tolist() for part in np.unique(gateway[mask], return_counts=True)), strict=True)
    ]


def _scans(scanner: Scanner, data: bytes, now: int) -> Iterator[Scanned]:
    """A scan ends early where its messages take much effort."""
    while data:
        scanned = scanner.scan(data, now)
        yield scanned
        data = data[scanned.consumed :] if scanned.consumed else b""


def _packet(message: RawMessage) -> bytes:
    packet, _ = packets.publish(message.topic, message.payload, 0, "5")
    return bytes([packet[0] | _RETAIN]) + packet[1:] if message.retain else packet
