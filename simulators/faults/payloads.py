"""Messages that are no readings: damaged ones, and retained ones that nobody took away."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import numpy as np

from simulators.base import Fleet
from simulators.faults.base import GATEWAY, Fault, Rows, span
from simulators.faults.delivery import without
from simulators.feed import RawMessage, Samples

_DAY = 86_400_000


def _topic_of(fleet: Fleet, device: int) -> str:
    place = fleet.places[device]
    return f"nadi/v1/{place.city}/{fleet.domain}/{place.zone}/{place.device}"


def _payload(fleet: Fleet, time: int, values: list[float]) -> bytes:
    names = [quantity.name for quantity in fleet.quantities]
    given = {name: value for name, value in zip(names, values, strict=True) if value == value}
    return msgspec.json.encode({"ts": time, "values": given})


def _damage(payload: bytes, way: int) -> bytes:
    """Each way is refused for a reason of its own, or for `json`."""
    damaged = (
        payload[: len(payload) // 2],  # cut off
        payload.replace(b":", b"=", 2),  # not JSON
        b"\xff\xfe" + payload,  # not UTF-8
        b"",  # empty
        b'{"values": {}}',  # says nothing
        b'{"ts": "yesterday", "values": {"flow": 1}}',  # no time
        b'{"ts": 1, "values": {"flow": "12,4"}}',  # text for a number
        payload[:-2] + b', "x": NaN}}',  # no number
        b"[" + payload + b",]",  # an array that ends too soon
        b"\0" * 64,  # an erased buffer
    )
    return damaged[way % len(damaged)]


class Malformed(Fault):
    """One message in ten (times strength) is damaged in one of ten ways; its readings are lost."""

    stage: ClassVar[int] = GATEWAY

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        hit = rows[self.rng.random(len(rows)) < 0.1 * abs(self.case.strength)]
        ways: list[int] = self.rng.integers(0, 10, len(hit)).tolist()
        fleet = samples.fleet
        for row, way in zip(hit.tolist(), ways, strict=True):
            device = int(samples.device[row])
            payload = _payload(fleet, int(samples.time[row]), samples.values[row].tolist())
            gateway, topic = fleet.places[device].gateway, _topic_of(fleet, device)
            raw.append(RawMessage(gateway, topic, _damage(payload, way), int(samples.arrival[row])))
        return without(samples, hit)


class Leftovers(Fault):
    """A retained reading of days ago stands on each device's topic, until it is cleared at the end."""

    stage: ClassVar[int] = GATEWAY

    def change(self, samples: Samples, rows: Rows, raw: list[RawMessage]) -> Samples:
        return samples

    def outright(self) -> list[RawMessage]:
        case = self.case
        found = []
        for fleet, here in self._here.items():
            for device in np.flatnonzero(here).tolist():
                old = case.start - int(self.rng.integers(1, 30)) * _DAY
                payload = _payload(fleet, old, _usual(fleet, device))
                gateway, topic = fleet.places[device].gateway, _topic_of(fleet, device)
                found.append(RawMessage(gateway, topic, payload, case.start, retain=True))
                found.append(RawMessage(gateway, topic, b"", case.end, retain=True))
        return sorted(found, key=lambda message: message.arrival)


def _usual(fleet: Fleet, device: int) -> list[Any]:
    """The middle of each quantity's usual values."""
    middles = []
    for quantity in fleet.quantities:
        low = np.broadcast_to(quantity.min if np.isnan(quantity.low).all() else quantity.low, len(fleet))[device]
        middles.append(round(float(low + 0.5 * span(fleet, quantity)[device]), quantity.decimals))
    return middles
