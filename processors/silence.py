"""The processor "silence": series that miss their interval, and gateways that are gone.

    readings   ● ● ● ●                          ●      (when they came, in the log's time)
    silent           ├── patience ──┤██████████│       no-data begins, and ends

What counts is when readings come, not what time they tell: a device that backfills is heard.
Patience is FACTOR times the interval that the catalogue expects, or that was learned: the
longest usual wait between two arrivals, by looking at every series every LOOK seconds. Nothing
is silent while nadi itself hears nothing: waits are measured from when the session began.

The tick of each second looks at one slice of the series, so that it costs little however many there are.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from journal.entries import ReadingsEntry, TickEntry
from processors import texts
from processors.base import Outputs, State
from processors.departed import Departed
from processors.gateways import Gateways
from processors.signals import Signal
from telemetry.batch import Bool, Float64, Index, Int32, Int64, Readings
from telemetry.growth import copied, extended
from telemetry.sensors import SensorTable

LOOK: Final = 10
"""Slices, and so seconds until every series has been looked at."""
FACTOR: Final = 3.0
"""Intervals without a reading that are silence. Our own starting value."""
LEAST_PATIENCE: Final = 30_000
"""ms; what a reconnect takes is no silence."""
LEARNED_PATIENCE: Final = 60_000
"""ms at least, where the interval is only learned."""
NEVER_HEARD: Final = 900_000
"""ms at least before a catalogued sensor that was never heard is missed: it may not be mounted yet."""
WARM_UP: Final = 8
"""Looks at which a series had been heard anew, before its usual wait is believed."""
PACKS: Final = 2
"""As WARM_UP, of a catalogued series: before a usual wait that is longer than its interval's is believed."""
FORGET: Final = 1e-4
"""Share of the usual wait that is forgotten at each look: half in a day."""

NO_DATA: Final = "no-data"


class Silence:
    """Per series: when it was last heard and by which gateway, the usual wait, whether it is silent."""

    name = "silence"

    def __init__(self, sensors: SensorTable, language: texts.Language = "id") -> None:
        self.sensors = sensors
        self.language = language
        self.size = 0
        self.began = 0
        """When the first tick came, ms."""
        self.ticked = 0
        """When the last tick came, ms."""
        self.turn = 0
        self.heard: Int64 = np.zeros(0, np.int64)
        self.seen: Int64 = np.zeros(0, np.int64)
        """When it had been heard at the last look."""
        self.gateway: Int32 = np.zeros(0, np.int32)
        self.missed_by: Int32 = np.zeros(0, np.int32)
        """The gateway by which a silent series is told, whichever brings it back."""
        self.waited: Int64 = np.zeros(0, np.int64)
        """How long it had been waited for at the last look, ms."""
        self.wait: Float64 = np.zeros(0)
        """The longest usual wait, ms."""
        self.news: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.silent: Bool = np.zeros(0, np.bool_)
        self.listed: Bool = np.zeros(0, np.bool_)
        """Whether it was in the catalogue at the last look."""
        self.gateways = Gateways(sensors.table, language)
        self._devices = Departed(sensors.table)

    def note(self, entry: ReadingsEntry) -> None:
        """Take note of what gateways said of themselves, in log order."""
        self.gateways.note(entry.gateways)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        if len(readings):
            self._sync()
            # The last assignment wins, and arrivals are in order.
            self.heard[readings.series] = readings.arrival
            self.gateway[readings.series] = readings.gateway
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self._sync()
        now = tick.time
        self.began, elapsed = self.began or now, now - self.ticked
        self.ticked = now
        changed = self.gateways.waiting
        # Ticks may come seldom: then each looks at more, in the same order.
        looks = min(LOOK, max(1, elapsed // 1000))
        turns = [(self.turn + each) % LOOK for each in range(looks)]
        rows = np.concatenate([np.arange(turn, self.size, LOOK) for turn in turns])
        changed |= bool(len(rows)) and self._look(rows, now, tick.connected_since, out)
        changed |= bool(self.gateways.lost) and 0 in turns
        if self.gateways.waiting:
            self._bury(now, out)
        self.turn = (self.turn + looks) % LOOK
        if changed:
            self.gateways.judge(self, now, out)

    def expecting(self) -> Bool:
        """bool[series]: whether it would be missed."""
        return (self.sensors.interval[: self.size] > 0) | (self.news[: self.size] >= WARM_UP)

    def _look(self, rows: Index, now: int, connected: int, out: Outputs) -> bool:
        """Judge the series `rows`; whether any fell silent or was heard again."""
        dropped = self._drop(rows, now, out)
        heard = self.heard[rows]
        anew = heard > self.seen[rows]
        returned = self.silent[rows] & anew
        if returned.any():
            self._tell(rows[returned], heard[returned], now, out, active=False)
        self._learn(rows, anew, connected)
        self.silent[rows[returned]] = False
        missed = np.zeros(len(rows), np.bool_)
        if connected:
            since = np.maximum(np.where(heard > 0, heard, self.began), connected)
            self.waited[rows] = now - since
            missed = (self.waited[rows] > self._patience(rows)) & ~self.silent[rows]
        self.seen[rows] = heard
        if missed.any():
            self.silent[rows[missed]] = True
            self.missed_by[rows[missed]] = self.gateway[rows[missed]]
            self._tell(rows[missed], heard[missed], now, out, active=True)
        return bool(dropped or missed.any() or returned.any())

    def _drop(self, rows: Index, now: int, out: Outputs) -> bool:
        """What has been taken out of the catalogue is missed no longer, until it has been heard for a while anew;
        whether any was silent."""
        listed = self.sensors.catalogued[rows]
        gone = rows[self.listed[rows] & ~listed]
        self.listed[rows] = listed
        self.wait[gone], self.news[gone] = 0, 0
        silent = gone[self.silent[gone]]
        self.silent[silent] = False
        self._tell(silent, np.full(len(silent), now), now, out, active=False)
        return len(silent) > 0

    def _bury(self, now: int, out: Outputs) -> None:
        """A device that was said to be gone (Sparkplug's death certificate, say) is not waited for any longer."""
        gone = self._devices.of(self.gateways.offline)
        if not len(gone):
            return
        rows = np.flatnonzero(np.isin(self.sensors.table.device_of[: self.size], gone))
        rows = rows[(self.heard[rows] > 0) & ~self.silent[rows]]
        self.silent[rows] = True
        self.seen[rows] = self.heard[rows]
        self.missed_by[rows] = self.gateway[rows]
        self._tell(rows, self.heard[rows], now, out, active=True, sentence="silence.device_offline")

    def _learn(self, rows: Index, anew: Bool, connected: int) -> None:
        """A wait that has ended teaches how long waits are; one that was a silence teaches at most twice the usual
        one, or twice the patience that the catalogue asks for."""
        learning = anew & (self.seen[rows] >= connected) & (connected > 0)
        usual, waited = self.wait[rows], self.waited[rows].astype(np.float64)
        # A sensor may send packs from its first day on: then nothing but what was taken for silence can teach it.
        waits = np.maximum(usual, np.where(self.sensors.interval[rows] > 0, self._patience(rows), 1000 * LOOK))
        waited = np.where(self.silent[rows], np.minimum(waited, 2 * waits), waited)
        self.wait[rows] = np.where(learning, np.maximum(waited, usual * (1 - FORGET)), usual)
        self.news[rows] += learning & (self.news[rows] < WARM_UP)

    def _patience(self, rows: Index) -> Float64:
        """ms; infinite where nothing is expected."""
        interval = self.sensors.interval[rows]
        usual = FACTOR * (self.wait[rows] + 1000 * LOOK)
        learned = self.news[rows] >= WARM_UP
        patience = np.where(learned, np.maximum(usual, LEARNED_PATIENCE), np.inf)
        # Readings may come packed: then the catalogue's interval is shorter than the usual wait.
        expected = np.maximum(FACTOR * interval, LEAST_PATIENCE)
        packed = self.news[rows] >= PACKS
        expected = np.where(packed, np.maximum(expected, usual / FACTOR), expected)
        expected = np.where(self.heard[rows] > 0, expected, np.maximum(expected, NEVER_HEARD))
        return np.where(interval > 0, expected, patience)

    def _tell(
        self, rows: Index, heard: Int64, now: int, out: Outputs, *, active: bool, sentence: str = "silence.series"
    ) -> None:
        for series, last in zip(rows.tolist(), heard.tolist(), strict=True):
            identity = self.sensors.table.identities[series]
            if identity is None:
                continue
            silent = now - (last or self.began)
            reason = texts.say(
                sentence,
                self.language,
                quantity=texts.quantity_within(identity.quantity, self.language),
                device=identity.device,
                lasting=texts.lasting(silent, self.language),
            )
            cause = self.gateways.name(int(self.missed_by[series]))
            out.signals.append(
                Signal(
                    NO_DATA,
                    (identity.city, identity.domain, identity.zone),
                    cause,
                    series,
                    now if active else last,
                    active,
                    0,
                    float(max(1, round(silent / 60_000))),
                    0.5,
                    reason,
                )
            )

    def _sync(self) -> None:
        self.sensors.sync()
        wanted = self.sensors.size
        if wanted == self.size:
            return
        for name in ("heard", "seen", "waited", "wait", "news", "silent", "listed"):
            setattr(self, name, extended(getattr(self, name), wanted))
        for name in ("gateway", "missed_by"):
            setattr(self, name, extended(getattr(self, name), wanted, -1))
        self.size = wanted

    def snapshot(self) -> State:
        return {
            "clock": np.array([self.began, self.ticked, self.turn]),
            **{name: getattr(self, name)[: self.size].copy() for name in _STATE},
            **{f"gateways.{name}": column for name, column in self.gateways.snapshot().items()},
        }

    def restore(self, state: State) -> None:
        self.began, self.ticked, self.turn = state["clock"].tolist()
        # Snapshots of earlier versions do not know what was in the catalogue.
        state = {"listed": np.zeros(len(state["heard"]), np.bool_), **state}
        for name in _STATE:
            setattr(self, name, copied(state[name]))
        self.size = len(self.heard)
        prefix = "gateways."
        self.gateways.restore({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})


_STATE: Final = ("heard", "seen", "gateway", "missed_by", "waited", "wait", "news", "silent", "listed")
