"""The windows' semantics, one reading at a time, in plain Python and numpy: what streaming must equal."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

import numpy as np

from journal.entries import TickEntry
from processors.windows import WindowsConfig
from telemetry import flags
from telemetry.sensors import SensorTable
from telemetry.series import SeriesTable


@dataclass
class Clock:
    greatest: int | None = None
    arrived: int | None = None
    since: int | None = None
    closed: list[int | None] = field(default_factory=list)
    frozen: int | None = None


class Oracle:
    """`reading` and `tick` in log order; then `rows()` are the final rows of all closed windows."""

    def __init__(self, config: WindowsConfig, table: SeriesTable, sensors: SensorTable) -> None:
        sensors.sync()
        self.config, self.table, self.sensors = config, table, sensors
        self.clocks = [Clock(closed=[None] * len(config.lengths)) for _ in table.devices]
        self.readings: list[dict[int, tuple[float, bool]]] = [{} for _ in range(len(table))]
        self.revisions: dict[tuple[int, int, int], int] = {}
        self.kept: dict[tuple[int, int, int], dict[str, Any]] = {}
        self.silent: set[tuple[int, int, int]] = set()
        self.watched = sensors.catalogued & (sensors.interval > 0)

    def reading(self, series: int, time: int, value: float, failed: bool, arrival: int) -> int:
        """Flags that are added to the reading."""
        config, device = self.config, int(self.table.device_of[series])
        clock = self.clocks[device]
        late = [closed is not None and time < closed for closed in clock.closed]
        horizon = None if clock.greatest is None else clock.greatest - config.grace - config.lateness
        expired = late[0] and horizon is not None and (time < horizon or time < (clock.frozen or time))
        added = 0
        known = self.readings[series]
        if expired:
            added = flags.LATE | flags.EXPIRED
        else:
            repeated = time in known
            if repeated:
                added |= flags.DUPLICATE
            if not (repeated and known[time] == (value, failed)):
                if any(late):
                    added |= flags.LATE
                self._changed(series, time, failed, late, clock)
                known[time] = (value, failed)
        clock.since = time if clock.since is None else clock.since
        clock.greatest = time if clock.greatest is None else max(clock.greatest, time)
        clock.arrived = arrival
        self._close(device, [(clock.greatest - config.grace) // length * length for length in config.lengths])
        return added

    def _changed(self, series: int, time: int, failed: bool, late: list[bool], clock: Clock) -> None:
        for level, length in enumerate(self.config.lengths):
            if late[level]:
                self._revise(level, series, time // length * length)
        known = self.readings[series]
        was_good = time in known and not known[time][1]
        following = [other for other, (_, bad) in known.items() if other > time and not bad]
        if any(late) and self.sensors.counter[series] and (was_good or not failed) and following:
            after = min(following)
            for level, length in enumerate(self.config.lengths):
                closed = clock.closed[level]
                if closed is not None and after < closed and after // length != time // length:
                    self._revise(level, series, after // length * length)

    def _revise(self, level: int, series: int, start: int) -> None:
        self.revisions[level, series, start] = self.revisions.get((level, series, start), 0) + 1

    def _close(self, device: int, upto: list[int]) -> None:
        clock, config = self.clocks[device], self.config
        before = clock.closed[0]
        earlier = list(clock.closed)
        for level, limit in enumerate(upto):
            known = clock.closed[level]
            clock.closed[level] = limit if known is None else max(known, limit)
        after = clock.closed[0]
        assert after is not None
        gap = (before, after - config.lateness) if before is not None and after - before > config.lateness else None
        watched = [s for s in np.flatnonzero(self.table.device_of[: len(self.table)] == device) if self.watched[s]]
        for level, length in enumerate(config.lengths):
            closed, was, since = clock.closed[level], earlier[level], clock.since
            if not watched or closed is None or since is None:
                continue
            start = max(since // length * length, since // length * length if was is None else was)
            while start + length <= closed:
                if not (gap and gap[0] <= start and start + length <= gap[1]):
                    self.silent.update((level, int(s), start) for s in watched)
                elif start + length < gap[1] // length * length:
                    start = gap[1] // length * length - length
                start += length

    def tick(self, tick: TickEntry) -> None:
        config = self.config
        if tick.connected_since <= 0:
            return
        for device, clock in enumerate(self.clocks):
            mine = self.table.device_of[: len(self.table)] == device
            watched = bool((mine & self.watched[: len(self.table)]).any())
            if watched and clock.since is None:
                clock.since = tick.connected_since
            heard = max(clock.arrived or 0, tick.connected_since)
            if tick.time - heard < config.idle_close:
                continue
            upto = [(tick.time - config.idle_close) // length * length for length in config.lengths]
            if not watched:
                if clock.greatest is None:
                    continue
                own = [clock.greatest // length * length + length for length in config.lengths]
                upto = [min(pair) for pair in zip(upto, own, strict=True)]
            self._close(device, upto)
        for device, clock in enumerate(self.clocks):
            self._freeze(device, clock, tick)

    def _freeze(self, device: int, clock: Clock, tick: TickEntry) -> None:
        """Windows that hold rows from before stay as they are."""
        config = self.config
        heard = max(clock.arrived or 0, tick.connected_since)
        if clock.greatest is None or tick.time - heard <= config.lateness + config.longest + config.idle_close:
            return
        own = [clock.greatest // length * length + length for length in config.lengths]
        if all(closed is not None and closed >= end for closed, end in zip(clock.closed, own, strict=True)):
            clock.frozen = own[0]
            for (length, series, start), row in self.rows().items():
                if int(self.table.device_of[series]) == device and start < own[0] < start + length:
                    self.kept.setdefault((length, series, start), row)

    def rows(self) -> dict[tuple[int, int, int], dict[str, Any]]:
        """By (length, series, start)."""
        result: dict[tuple[int, int, int], dict[str, Any]] = {}
        for series, known in enumerate(self.readings):
            clock = self.clocks[int(self.table.device_of[series])]
            times = sorted(known)
            good = [time for time in times if not known[time][1]]
            growth = self._growth(series, good)
            for level, length in enumerate(self.config.lengths):
                closed = clock.closed[level]
                for start in sorted({time // length * length for time in times}):
                    if closed is None or start + length > closed:
                        continue
                    inside = [time for time in good if start <= time < start + length]
                    failed = sum(known[time][1] for time in times if start <= time < start + length)
                    row = self._row(series, length, np.array([known[time][0] for time in inside]))
                    row["failed"], row["revision"] = failed, self.revisions.get((level, series, start), 0)
                    if self.sensors.counter[series] and inside:
                        row["delta"] = sum(growth[time] for time in inside)
                    result[length, series, start] = row
        for level, series, start in self.silent:
            length = self.config.lengths[level]
            result.setdefault((length, series, start), self._row(series, length, np.empty(0)))
        return result | self.kept

    def _growth(self, series: int, good: list[int]) -> dict[int, float]:
        known, modulus = self.readings[series], float(self.sensors.modulus[series])
        identity = self.table.identities[series]
        assert identity is not None
        fastest = {("energy", "energy"): 2000.0, ("water", "volume"): 7200.0}.get(
            (identity.domain, identity.quantity), inf
        )
        growth, previous, since = {}, None, 0
        for time in good:
            value = known[time][0]
            if previous is None:
                growth[time] = 0.0
            elif value >= previous:
                growth[time] = value - previous
            else:
                most = fastest * ((time - since) / 3_600_000) + 0.02
                growth[time] = _after_a_fall(previous, value, modulus, most)
            previous, since = value, time
        return growth

    def _row(self, series: int, length: int, values: np.ndarray[Any, Any]) -> dict[str, Any]:
        interval = int(self.sensors.interval[series])
        expected = length // interval if interval else -1
        row = dict.fromkeys(("mean", "min", "max", "std", "first", "last", "p50", "p95", "delta"), float("nan"))
        row |= {"count": len(values), "expected": expected, "failed": 0, "revision": 0}
        row["completeness"] = min(100.0, 100 * len(values) / expected) if expected > 0 else float("nan")
        if len(values):
            p50, p95 = np.percentile(values, [50, 95])
            row |= {"mean": values.mean(), "min": values.min(), "max": values.max(), "std": values.std()}
            row |= {"first": values[0], "last": values[-1], "p50": p50, "p95": p95}
        return row


def _after_a_fall(previous: float, value: float, modulus: float, most: float) -> float:
    """What a counter counted while it fell, of which `most` is plausible. modulus: NaN where it has none."""
    if value < 0:
        return 0.0
    around = modulus - previous + value
    if previous - value > modulus / 2 and previous <= modulus and around <= min(most, modulus / 4):
        return around
    if value <= previous / 2 and value <= most and previous - value > 0.02:
        return value
    return 0.0
