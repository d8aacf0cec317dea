"""What a person sees of the flow: last values, rates, recent anomalies; kept as arrays."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

import numpy as np

from processors.base import Outputs, State
from processors.translation import in_both
from telemetry.batch import SEVERITIES, Anomalies, Float64, Index, Int32, Int64, Readings, Windows
from telemetry.growth import extended
from telemetry.series import DOMAINS, SeriesTable
from telemetry.units import canonical_unit

RECENT_ANOMALIES: Final = 200
LATEST_PER_DOMAIN: Final = 12
RATE_SECONDS: Final = 10.0
KEPT_STARTS: Final = 4
"""Of the shortest windows, whose completeness is looked at."""
_NUMBERS: Final = ("value", "baseline", "low", "high", "score")


class Board:
    """Observes each round of processing; asked by the page, the demo and `/metrics`.

    Its totals and its recent anomalies are part of the snapshot; so it counts from the first
    start on, and a replay brings it to where it was.
    """

    name = "board"

    def __init__(self, table: SeriesTable) -> None:
        self.table = table
        self.anomalies: deque[dict[str, Any]] = deque(maxlen=RECENT_ANOMALIES)
        self.readings_total: Int64 = np.zeros(len(DOMAINS), np.int64)
        self.windows_total: Int64 = np.zeros(len(DOMAINS), np.int64)
        self.anomalies_total: Int64 = np.zeros(len(DOMAINS), np.int64)
        self._value: Float64 = np.zeros(0)
        self._time: Int64 = np.zeros(0, np.int64)
        self._heard: Int64 = np.zeros(0, np.int64)
        self._recent: list[dict[int, None]] = [{} for _ in DOMAINS]
        self._devices: Int64 = np.zeros(len(DOMAINS), np.int64)
        self._devices_seen = 0
        self._shortest = 0
        self._expectations: dict[int, Float64] = {}
        self._rates: deque[tuple[float, Int64]] = deque()

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
        self._rates.append((monotonic, self.readings_total.copy()))
        while monotonic - self._rates[0][0] > RATE_SECONDS:
            self._rates.popleft()

    def rate(self, domain: str) -> float:
        """Readings/s of `domain` over the last RATE_SECONDS."""
        if len(self._rates) < 2:
            return 0.0
        (since, then), (until, now) = self._rates[0], self._rates[-1]
        return float((now - then)[DOMAINS.index(domain)]) / (until - since)

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
        rows = []
        for number in self._recent[DOMAINS.index(domain)]:
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

    @property
    def newest(self) -> int:
        """The greatest time of a reading since the start, ms; 0 while there was none."""
        return int(self._time.max(initial=0))

    def last(self, series: Index) -> tuple[Float64, Int64]:
        """The newest value of each series since the start, and its time (ms); 0 where nothing was heard."""
        known = series < len(self._time)
        at = np.where(known, series, 0)
        if not len(self._time):
            return np.zeros(len(series)), np.zeros(len(series), np.int64)
        return np.where(known, self._value[at], 0.0), np.where(known, self._time[at], 0)

    def heard(self) -> Int64:
        """When a reading of each series in the table last came since the start, ms by our clock; 0 where none did."""
        size = len(self.table)
        return np.pad(self._heard[:size], (0, max(0, size - len(self._heard))))

    def devices(self, domain: str) -> int:
        """How many devices of `domain` have been heard of."""
        for device in self.table.devices[self._devices_seen :]:
            self._devices_seen += 1
            if device is not None:
                self._devices[DOMAINS.index(device.domain)] += 1
        return int(self._devices[DOMAINS.index(domain)])

    def snapshot(self) -> State:
        return {
            "windows_total": self.windows_total.copy(),
            "anomalies_total": self.anomalies_total.copy(),
            "anomalies": np.frombuffer(json.dumps(list(self.anomalies)).encode(), np.uint8),
        }

    def restore(self, state: State) -> None:
        """Unlike a processor's, this may be called again, when processing begins anew."""
        self.windows_total = state["windows_total"].copy()
        self.anomalies_total = state["anomalies_total"].copy()
        self.anomalies = deque(json.loads(state["anomalies"].tobytes()), RECENT_ANOMALIES)

    def _keep_last(self, readings: Readings) -> None:
        size = len(self.table)
        if size > len(self._value):
            self._value, self._time = extended(self._value, size), extended(self._time, size)
            self._heard = extended(self._heard, size)
        newer = readings.time >= self._time[readings.series]
        # Within a batch the last assignment wins, which is the last that arrived.
        self._value[readings.series[newer]] = readings.value[newer]
        self._time[readings.series[newer]] = readings.time[newer]
        self._heard[readings.series] = readings.arrival
        domains = self.table.domain_of[readings.series]
        counts = np.bincount(domains, minlength=len(DOMAINS))
        self.readings_total += counts
        for domain in np.flatnonzero(counts).tolist():
            self._hear(domain, readings.series[np.flatnonzero(domains == domain)[-2 * LATEST_PER_DOMAIN :]])

    def _hear(self, domain: int, series: Int32) -> None:
        recent = self._recent[domain]
        for number in series.tolist():
            recent.pop(number, None)
            recent[number] = None
        while len(recent) > LATEST_PER_DOMAIN:
            del recent[next(iter(recent))]

    def _count_windows(self, rows: Windows) -> None:
        domains = self.table.domain_of[rows.series]
        self.windows_total += np.bincount(domains, minlength=len(DOMAINS))
        expecting = (rows.expected > 0) & (rows.revision == 0)
        if not expecting.any() or (self._expectations and rows.length > self._shortest):
            return
        if rows.length < self._shortest:
            self._expectations.clear()
        self._shortest = rows.length
        for start in np.unique(rows.start[expecting]).tolist():
            at = expecting & (rows.start == start)
            sums = self._expectations.setdefault(start, np.zeros((len(DOMAINS), 2)))
            np.add.at(sums, domains[at], np.stack([rows.count[at], rows.expected[at]], axis=1))
        for old in sorted(self._expectations)[:-KEPT_STARTS]:
            del self._expectations[old]

    def recent(self, most: int = RECENT_ANOMALIES) -> list[dict[str, Any]]:
        """The last anomalies, the newest first, each with its sentence in both languages."""
        return [found | in_both(found["reason"]) for found in islice(self.anomalies, most)]

    def _keep_anomalies(self, found: Anomalies) -> None:
        self.anomalies_total += np.bincount(self.table.domain_of[found.series], minlength=len(DOMAINS))
        for row in range(max(0, len(found) - RECENT_ANOMALIES), len(found)):
            identity = self.table.identities[int(found.series[row])]
            if identity is not None:
                self.anomalies.appendleft(
                    {
                        "time": int(found.time[row]),
                        "domain": identity.domain,
                        "zone": identity.zone,
                        "device": identity.device,
                        "quantity": identity.quantity,
                        "detector": found.detector[row],
                        "severity": SEVERITIES[int(found.severity[row])],
                        **{key: _finite(float(getattr(found, key)[row])) for key in _NUMBERS},
                        "reason": found.reason[row],
                    }
                )


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None
