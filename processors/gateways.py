"""Which gateways are gone: by their last will, or because most of what they carry is silent.

    status    online ─────────── offline ─────────────────────────────── online
    readings  ● ● ● ● ● ● ● ● ●          (none)                  ● ● ●
    lost                         ████████████████████████████████|  whichever returns first

A gateway is known by the readings that name it, so that a replay of the log finds the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from journal.entries import GatewayState
from processors import texts
from processors.base import Outputs, State
from processors.signals import NOBODY, Place, Signal
from telemetry.batch import Bool, Index, Int32, Int64
from telemetry.series import SeriesTable, gateway_key

LOST: Final = "gateway-lost"
MOST_SILENT: Final = 0.8
"""Share of a gateway's series whose silence is its own; and BACK the share below which it is back."""
BACK: Final = 0.5
LEAST_DEVICES: Final = 3
"""Fewer silent devices are each silent for themselves."""
GRACE: Final = 5_000
"""ms after `offline` in which readings may still be on their way; later ones show that it is back."""
MOST_GATEWAYS: Final = 100_000
"""Those that are said to be offline; a state of one more is not kept, until some are forgotten."""
WARNING: Final = 1


class Loss(NamedTuple):
    """How a gateway's loss was told, so that its end is told of the same."""

    place: Place
    reason: str
    since: int


class Heard(Protocol):
    """What is known of the series: int64[series] arrival (ms), int32[series] gateway, bool[series] silent."""

    size: int
    heard: Int64
    gateway: Int32
    silent: Bool

    def expecting(self) -> Bool: ...


class Gateways:
    """The states of gateways, by `gateway_key`."""

    def __init__(self, table: SeriesTable, language: texts.Language) -> None:
        self.table = table
        self.language = language
        self.waiting = False
        """A state has come that has not been judged."""
        self.offline: dict[str, int] = {}
        """When (log time, ms) those that are said to be offline were first judged so; 0 until then. Those of which
        no readings have come by GRACE later are forgotten: or names made up would take the place of true ones."""
        self.lost: dict[str, Loss] = {}

    def name(self, gateway: int) -> str:
        """A gateway's name in its city; "" for none."""
        return self.table.gateways[gateway].partition("/")[2] if gateway >= 0 else ""

    def note(self, states: Iterable[GatewayState]) -> None:
        for state in states:
            key = gateway_key(state.city, state.gateway)
            if state.online:
                self.waiting |= self.offline.pop(key, None) is not None
            elif key not in self.offline:
                self.waiting = True
                if len(self.offline) < MOST_GATEWAYS:
                    self.offline[key] = 0

    def judge(self, series: Heard, now: int, out: Outputs) -> None:
        """Tell which gateways are lost, and which are back."""
        self.waiting = False
        gateway = series.gateway[: series.size]
        count = len(self.table.gateways)
        carried = gateway >= 0
        total = np.bincount(gateway[carried & series.expecting()], minlength=count)
        silent = np.bincount(gateway[carried & series.silent[: series.size]], minlength=count)
        newest = np.zeros(count, np.int64)
        np.maximum.at(newest, gateway[carried], series.heard[: series.size][carried])
        suspects = {self.table.gateways[number]: number for number in np.flatnonzero(silent).tolist()}
        for key in dict.fromkeys((*suspects, *self.offline, *self.lost)):
            number = self.table.find_gateway(key)
            offline = self._offline(key, int(newest[number]) if number is not None else 0, now)
            if number is None or not newest[number]:
                if offline and now > self.offline[key] + GRACE:
                    del self.offline[key]
                continue
            share = silent[number] / max(1, total[number])
            gone = share >= (BACK if key in self.lost else MOST_SILENT)
            if offline or (gone and (key in self.lost or self._devices(series, number) >= LEAST_DEVICES)):
                if key not in self.lost:
                    rows = np.flatnonzero(gateway == number)
                    self._lose(key, rows, offline, (int(silent[number]), int(total[number])), now, out)
            elif key in self.lost:
                self._find(key, int(newest[number]), now, out)

    def _offline(self, key: str, newest: int, now: int) -> bool:
        """Whether what it said of itself holds: readings that come later prove the contrary."""
        if key not in self.offline:
            return False
        said = self.offline[key] = self.offline[key] or now
        if newest > said + GRACE:
            del self.offline[key]
            return False
        return True

    def _devices(self, series: Heard, gateway: int) -> int:
        rows = np.flatnonzero((series.gateway[: series.size] == gateway) & series.silent[: series.size])
        return len(np.unique(self.table.device_of[rows]))

    def _lose(self, key: str, rows: Index, offline: bool, silent: tuple[int, int], now: int, out: Outputs) -> None:
        city, _, name = key.partition("/")
        sentence = "silence.gateway_offline" if offline else "silence.gateway_silent"
        reason = texts.say(sentence, self.language, gateway=name, silent=str(silent[0]), total=str(silent[1]))
        loss = self.lost[key] = Loss(self._place(city, rows.tolist()), reason, now)
        out.signals.append(Signal(LOST, loss.place, name, NOBODY, now, True, WARNING, float(silent[0]), 1.0, reason))

    def _find(self, key: str, newest: int, now: int, out: Outputs) -> None:
        loss = self.lost.pop(key)
        name = key.partition("/")[2]
        when = newest if newest > loss.since else now
        out.signals.append(Signal(LOST, loss.place, name, NOBODY, when, False, WARNING, 0.0, 1.0, loss.reason))

    def _place(self, city: str, rows: Sequence[int]) -> Place:
        """The zone of all its series, or "*" where there are several."""
        known = [identity for row in rows if (identity := self.table.identities[row]) is not None]
        domains, zones = {each.domain for each in known}, {each.zone for each in known}
        return city, domains.pop() if len(domains) == 1 else "*", zones.pop() if len(zones) == 1 else "*"

    def snapshot(self) -> State:
        kept = {"waiting": self.waiting, "offline": self.offline, "lost": self.lost}
        return {"known": np.frombuffer(json.dumps(kept).encode(), np.uint8)}

    def restore(self, state: State) -> None:
        kept: dict[str, Any] = json.loads(state["known"].tobytes())
        self.waiting, self.offline = kept["waiting"], kept["offline"]
        self.lost = {key: Loss((place[0], place[1], place[2]), *rest) for key, (place, *rest) in kept["lost"].items()}
