"""What is refused by looking at whole columns: times out of range, infinities, floods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.admission import Rates
from ingest.columns import Columns, Conversions, Gathered
from ingest.effort import Efforts
from ingest.skews import Skews
from ingest.wire import PUBLISH, Publish, frame, publish_of
from journal.entries import Refusal
from telemetry.batch import Bool, Readings
from telemetry.series import SeriesTable

_DETAILS = {
    "time": "ts can't be read, or is before the year 2000",
    "future": "ts is further ahead of our clock than max_future ({max_future} ms)",
    "not_finite": "not a finite number in the canonical unit",
    "rate": "above limits.gateway_rate ({rate} readings/s)",
}


class Gatekeeper:
    """Turns what was gathered into readings, but for those it refuses.

    max_future: ms. gateway_rate: readings/s of one gateway, or of one device that has none.
    """

    def __init__(self, table: SeriesTable, conversions: Conversions, *, max_future: int, gateway_rate: int) -> None:
        self.table = table
        self.conversions = conversions
        self.max_future = max_future
        self.gateways = Rates(gateway_rate)
        self.devices = Rates(gateway_rate)
        self.efforts = Efforts(gateway_rate)
        self.skew = 0
        """By how much the latest batch's most advanced clock was ahead of ours (ms; below 0: behind)."""
        self.skews = Skews(table)

    def admit(self, data: bytes, work: Gathered, version: int, now: int) -> tuple[Readings, list[Refusal]]:
        """data: the bytes that were scanned, for the raw form of what is refused. now: ms."""
        columns = Columns.of(work, self.conversions)
        refusals: list[Refusal] = []
        if work.clocks:
            self.skews.note_refused(work.clocks, now)
        if len(columns.time):
            self.skew = int(columns.time.max()) - now
            self.skews.note(columns.series, columns.time, columns.flags, now)
            masks = columns.faults(now, self.max_future) or {}
            good = ~np.logical_or.reduce(list(masks.values())) if masks else None
            kept = columns if good is None else columns.keep(good)
            over = self._over_rate(kept, now)
            if over.any():
                flooded = np.zeros(len(columns.time), np.bool_)
                flooded[np.flatnonzero(good) if good is not None else slice(None)] = over
                masks["rate"] = flooded
                kept = kept.keep(~over)
            if masks:
                refusals = self._refusals(data, work, version, columns, masks, now)
            columns = kept
        arrival = np.full(len(columns.time), now, np.int64)
        return Readings(columns.series, columns.time, columns.value, columns.flags, arrival, columns.gateway), refusals

    def inherit(self, former: Gatekeeper) -> None:
        """Take over how full the former one's buckets are, what it was granted, and what it knows of clocks."""
        self.gateways.inherit(former.gateways)
        self.devices.inherit(former.devices)
        self.efforts.inherit(former.efforts)
        self.skew = former.skew
        self.skews = former.skews

    def grant(self, elapsed: int) -> None:
        """Reading stood still for `elapsed` ms; what gathered at the broker meanwhile is no flood."""
        self.gateways.grant(elapsed)
        self.devices.grant(elapsed)
        self.efforts.grant(elapsed)

    def expire_grant(self) -> None:
        self.gateways.expire_grant()
        self.devices.expire_grant()
        self.efforts.expire_grant()

    def _over_rate(self, columns: Columns, now: int) -> Bool:
        alone = columns.gateway < 0
        if not alone.any():
            return self.gateways.refused(columns.gateway, now)
        devices = self.table.device_of[columns.series]
        if alone.all():
            return self.devices.refused(devices, now)
        over = np.zeros(len(alone), np.bool_)
        over[alone] = self.devices.refused(devices[alone], now)
        over[~alone] = self.gateways.refused(columns.gateway[~alone], now)
        return over

    def _refusals(
        self, data: bytes, work: Gathered, version: int, columns: Columns, masks: dict[str, Bool], now: int
    ) -> list[Refusal]:
        """One refusal per message and reason."""
        message_of = _message_of(work, columns)
        refused = np.logical_or.reduce(list(masks.values()))
        publishes = _publishes(data, work, version, set(message_of[refused].tolist()))
        refusals: list[Refusal] = []
        for reason, mask in masks.items():
            detail = _DETAILS[reason].format(max_future=self.max_future, rate=self.gateways.rate)
            rows = np.flatnonzero(mask)
            numbers, first, counts = np.unique(message_of[rows], return_index=True, return_counts=True)
            for number, row, count in zip(numbers.tolist(), rows[first].tolist(), counts.tolist(), strict=True):
                publish = publishes[number]
                topic = publish.topic.decode("utf-8", "replace")
                gateway = int(columns.gateway[row])
                refusals.append(Refusal(now, topic, publish.payload, reason, detail, gateway, count))
        return refusals


def _message_of(work: Gathered, columns: Columns) -> NDArray[np.intp]:
    """The message of each row."""
    items = np.ones(len(work.tails), np.intp)
    for message, number in work.spans:
        items[message] = number
    message_of_item = np.repeat(np.arange(len(items)), items)
    return message_of_item if columns.item is None else message_of_item[columns.item]


def _publishes(data: bytes, work: Gathered, version: int, wanted: set[int]) -> dict[int, Publish]:
    """The packets of the wanted messages. Walks the bytes again: remembering where each packet
    began would cost every good message something, for the sake of few."""
    found: dict[int, Publish] = {}
    at, number = work.start, 0
    while len(found) < len(wanted):
        packet = frame(data, at)
        assert packet is not None
        if packet.head >> 4 == PUBLISH:
            if number in wanted:
                found[number] = publish_of(version, data, packet)
            number += 1
        at = packet.end
    return found
