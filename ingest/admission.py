"""What is refused before it is stored: names, places in the topic tree, and rates.

The reasons are the contract's: json, schema, time, future, not_finite, unit, topic, too_large,
series_limit, rate.
"""

from __future__ import annotations

import sys
from typing import Any, Final, NamedTuple

import numpy as np

from telemetry import names
from telemetry.batch import Bool, Int32
from telemetry.series import DOMAINS
from telemetry.series import Device as Place

ROOT: Final = "nadi/v1"
OUT: Final = b"nadi-out/"
"""Everything that nadi publishes lies below this; it never reads its own."""
MAX_NAME: Final = names.MAX_NAME


class GatewayPlace(NamedTuple):
    """The topic of a gateway's state: nadi/v1/{city}/gateway/{gateway}/status."""

    city: str
    gateway: str


def name_fault(name: Any) -> str | None:
    """Why `name` can't be that of a city, zone, device, quantity or gateway; None if it can."""
    if not isinstance(name, str):
        return f"expected a name, got {type(name).__name__}"
    return names.name_fault(name)


def locate(topic: bytes) -> Place | GatewayPlace | str:
    """Where a topic points (nadi/v1/{city}/{domain}/{zone}/{device}), or in words why it points nowhere."""
    try:
        levels = topic.decode().split("/")
    except UnicodeDecodeError:
        return "the topic is not UTF-8"
    if len(levels) != 6 or "/".join(levels[:2]) != ROOT:
        return f"expected {ROOT}/{{city}}/{{domain}}/{{zone}}/{{device}}"
    for name in levels[2:]:
        problem = name_fault(name)
        if problem:
            return problem
    city, domain, zone, device = levels[2:]
    if domain == "gateway" and device == "status":
        return GatewayPlace(city, zone)
    if domain not in DOMAINS:
        return f"{domain!r} is not a domain; allowed: {', '.join(DOMAINS)}"
    # Each device's topic would bring strings of its own for its city and zone.
    return Place(*map(sys.intern, (city, domain, zone, device)))


class Rates:
    """A bucket per key (a gateway's or device's dense id), filled by readings, leaking at `rate`.

    A bucket holds one second's worth; what would overflow is refused. `grant` makes room for
    what gathered at the broker while nadi was not reading: it is no flood, only late.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._level = np.zeros(0)
        self._at = np.zeros(0)
        self._granted = 0.0

    def refused(self, keys: Int32, now: int) -> Bool:
        """Which readings of this batch are above their key's rate. now: ms."""
        self._reserve(int(keys.max(initial=-1)) + 1, now)
        level, at = self._level, self._at
        leaked = np.maximum(now - at[keys], 0.0) * (self.rate / 1000.0)
        level[keys] = np.maximum(level[keys] - leaked, np.minimum(level[keys], 0.0))
        at[keys] = now
        np.add.at(level, keys, 1.0)
        over = level[keys] > self.rate
        if not over.any():
            return over
        return self._overflow(keys, over)

    def _overflow(self, keys: Int32, over: Bool) -> Bool:
        """The last readings of each overfull key are refused; the bucket stays full."""
        refused = np.zeros(len(keys), np.bool_)
        for key in np.unique(keys[over]).tolist():
            rows = np.flatnonzero(keys == key)
            excess = min(int(np.ceil(self._level[key] - self.rate)), len(rows))
            refused[rows[len(rows) - excess :]] = True
            self._level[key] -= excess
        return refused

    def inherit(self, former: Rates) -> None:
        """Go on from the levels of `former`, whose rate may be another."""
        self._level, self._at, self._granted = former._level.copy(), former._at.copy(), former._granted

    def grant(self, elapsed: int) -> None:
        """Reading stood still for `elapsed` ms: make room for what came to the broker meanwhile."""
        self._granted = max(self._granted, elapsed * self.rate / 1000.0)
        np.minimum(self._level, -self._granted, out=self._level)

    def expire_grant(self) -> None:
        """The backlog has been read: from here on the rate alone holds."""
        self._granted = 0.0
        np.maximum(self._level, 0.0, out=self._level)

    def _reserve(self, size: int, now: int) -> None:
        old = len(self._level)
        if size > old:
            bigger = max(size, 2 * old, 1024)
            self._level = np.concatenate((self._level, np.full(bigger - old, -self._granted)))
            self._at = np.concatenate((self._at, np.full(bigger - old, float(now))))
