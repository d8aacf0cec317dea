"""What a person sees of the flow: last values, rates, recent anomalies; kept as arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from processors.base import Outputs
from telemetry.batch import SEVERITIES, Anomalies, Float64, Int64, Readings, Windows
from telemetry.series import DOMAINS, SeriesTable
from telemetry.units import canonical_unit

RECENT_ANOMALIES = 200
LATEST_PER_DOMAIN = 12
RATE_SECONDS = 10.0


class Board:
    """Observes each round of processing; asked by the page, the demo and `/metrics`."""

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self.anomalies: deque[dict[str, Any]] = deque(maxlen=RECENT_ANOMALIES)
        self.anomalies_total = dict.fromkeys(DOMAINS, 0)
        self.windows_total = dict.fromkeys(DOMAINS, 0)
        self.readings_total = dict.fromkeys(DOMAINS, 0)
        self._value: Float64 = np.zeros(1024)
        self._time: Int64 = np.zeros(1024, np.int64)
        self._expectations: dict[int, np.ndarray[Any, Any]] = {}
        self._rates: deque[tuple[float, dict[str, int]]] = deque()

    def observe(self, batches: Sequence[Readings], out: Outputs) -> None:
        """Take note of one round: its readings with final flags, and what was found in them."""
        for readings in batches:
            self._keep_last(readings)
        for rows in out.windows:
            self._count_windows(rows)
        for found in out.anomalies:
            self._keep_anomalies(found)

    def sample(self, monotonic: float) -> None:
        """Remember the totals at this moment, for the rates; called about once a second."""
        self._rates.append((monotonic, dict(self.readings_total)))
        while monotonic - self._rates[0][0] > RATE_SECONDS:
            self._rates.popleft()

    def rate(self, domain: str) -> float:
        """Readings/s of `domain` over the last RATE_SECONDS."""
        if len(self._rates) < 2:
            return 0.0
        (since, then), (until, now) = self._rates[0], self._rates[-1]
        return (now[domain] - then[domain]) / (until - since)

    def completeness(self, domain: str) -> float | None:
        """Percent of expected readings in the last whole shortest windows; None if none is expected."""
        starts = sorted(self._expectations)[:-1] or sorted(self._expectations)
        for start in reversed(starts):
            count, expected = self._expectations[start][DOMAINS.index(domain)]
            if expected:
                return round(100 * min(1.0, float(count / expected)), 1)
        return None

    def latest(self, domain: str) -> list[dict[str, Any]]:
        """The newest value of the most recently heard series of `domain`."""
        size = min(len(self.table), len(self._time))
        mine = np.flatnonzero((self.table.domain_of[:size] == DOMAINS.index(domain)) & (self._time[:size] > 0))
        newest = mine[np.argsort(-self._time[mine], kind="stable")[:LATEST_PER_DOMAIN]]
        rows = []
        for number in newest.tolist():
            identity = self.table.identities[number]
            if identity is not None:
                rows.append(
                    {
                        "zone": identity.zone,
                        "device": identity.device,
                        "quantity": identity.quantity,
                        "unit": canonical_unit(domain, identity.quantity) or "",
                        "value": float(self._value[number]),
                        "time": int(self._time[number]),
                    }
                )
        return sorted(rows, key=lambda row: (row["quantity"], row["zone"], row["device"]))

    def devices(self) -> dict[str, int]:
        """How many devices of each domain have been heard of."""
        counts = dict.fromkeys(DOMAINS, 0)
        for device in self.table.devices:
            if device is not None:
                counts[device.domain] += 1
        return counts

    def _keep_last(self, readings: Readings) -> None:
        if len(self.table) > len(self._value):
            size = max(len(self.table), 2 * len(self._value))
            self._value = np.resize(self._value, size)
            self._time = np.concatenate([self._time, np.zeros(size - len(self._time), np.int64)])
        newer = readings.time >= self._time[readings.series]
        # Within a batch the last assignment wins, which is the last that arrived.
        self._value[readings.series[newer]] = readings.value[newer]
        self._time[readings.series[newer]] = readings.time[newer]
        counts = np.bincount(self.table.domain_of[readings.series], minlength=len(DOMAINS))
        for domain, count in zip(DOMAINS, counts.tolist(), strict=False):
            self.readings_total[domain] += count

    def _count_windows(self, rows: Windows) -> None:
        domains = self.table.domain_of[rows.series]
        for domain, count in zip(DOMAINS, np.bincount(domains, minlength=len(DOMAINS)).tolist(), strict=False):
            self.windows_total[domain] += count
        expecting = (rows.expected > 0) & (rows.revision == 0)
        if not expecting.any() or (self._expectations and rows.length > self._shortest):
            return
        self._shortest = rows.length
        for start in np.unique(rows.start[expecting]).tolist():
            at = expecting & (rows.start == start)
            sums = self._expectations.setdefault(start, np.zeros((len(DOMAINS), 2)))
            np.add.at(sums, domains[at], np.stack([rows.count[at], rows.expected[at]], axis=1))
        for old in sorted(self._expectations)[:-4]:
            del self._expectations[old]

    _shortest = 0

    def _keep_anomalies(self, found: Anomalies) -> None:
        for row in range(len(found)):
            identity = self.table.identities[int(found.series[row])]
            if identity is None:
                continue
            self.anomalies_total[identity.domain] += 1
            self.anomalies.appendleft(
                {
                    "time": int(found.time[row]),
                    "domain": identity.domain,
                    "zone": identity.zone,
                    "device": identity.device,
                    "quantity": identity.quantity,
                    "detector": found.detector[row],
                    "severity": SEVERITIES[int(found.severity[row])],
                    **{
                        key: None if np.isnan(number := float(getattr(found, key)[row])) else number
                        for key in ("value", "baseline", "low", "high", "score")
                    },
                    "reason": found.reason[row],
                }
            )
