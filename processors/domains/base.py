"""What the four domain processors share: which readings they see, in which order, and how they speak.

A domain is a list of rules. A rule sees

- `heard(wave, out)`: readings in waves, each series at most once a wave, its own in log order; so a
  rule is vectorised over series and still goes reading by reading. Judge a single series here.
- `closed(windows, out)`: closed windows of the domain's series, the shortest length only, late
  revisions included. Gather here, by (window start, zone): in which order devices close is chance.
- `tick(now, out)`: about once a second of log time. Judge here what several series say together:
  between two ticks the log may be cut anywhere, at a tick all rules have seen the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.domains.roster import NOT_OURS, Int8, Roster
from processors.runs import UNSEEN, extended, sort_runs
from processors.signals import Signal
from telemetry import flags
from telemetry.batch import Float64, Index, Int64, Readings, Windows

NOT_LIVE = flags.RETAINED | flags.LATE
"""Readings that say nothing of the present."""


@dataclass(frozen=True, slots=True)
class Wave:
    """Some readings, a row each; each slot at most once, each newer than the slot's one before.

    quantity: index into the roster's quantities. elapsed: ms since the slot's reading before; 0 for the first.
    """

    slot: Index
    quantity: Int8
    time: Int64
    value: Float64
    elapsed: Int64

    def __len__(self) -> int:
        return len(self.slot)

    def of(self, *quantities: int) -> Wave:
        """The rows of some quantities only."""
        chosen = self.quantity == quantities[0]
        for quantity in quantities[1:]:
            chosen |= self.quantity == quantity
        rows = np.flatnonzero(chosen)
        if len(rows) == len(self):
            return self
        # np.take of rows is several times as fast as a mask on each column.
        return Wave(
            self.slot.take(rows),
            self.quantity.take(rows),
            self.time.take(rows),
            self.value.take(rows),
            self.elapsed.take(rows),
        )


class Rule(Protocol):
    """One analysis; its name is unique in its domain."""

    name: str

    def grow(self) -> None:
        """The roster has grown: make room for its slots, devices and zones."""
        ...

    def heard(self, wave: Wave, out: Outputs) -> None: ...

    def closed(self, windows: Windows, out: Outputs) -> None: ...

    def tick(self, now: int, out: Outputs) -> None:
        """now: ms of log time."""
        ...

    def snapshot(self) -> State: ...

    def restore(self, state: State) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A rule that knows what is worth reading and is no alarm."""

    def indicators(self) -> list[dict[str, Any]]:
        """JSON-ready rows: `indicator`, `value`, `unit`, where (`city`, `zone`, `device`) and when (`time`, ms)."""
        ...


class Domain:
    """A processor that runs the rules of one domain. Flags nothing."""

    def __init__(
        self, roster: Roster, rules: Sequence[Rule], shortest: int, instead: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """shortest: ms, the length of the windows that rules see. instead: kind ("limit", "unusual") ->
        quantities that the rules judge by better means than the detector, whose signals they replace."""
        self.name = f"domains.{roster.domain}"
        self.roster = roster
        self.rules = tuple(rules)
        self.shortest = shortest
        self.instead = {kind: frozenset(quantities) for kind, quantities in (instead or {}).items()}
        self.newest: Int64 = np.zeros(0, np.int64)
        self._round: Outputs | None = None
        self._taken = 0
        """Windows of this round that the rules have seen."""

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        self._replace(out)
        slot = self.roster.slot.take(readings.series)
        mine = np.flatnonzero((slot != NOT_OURS) & ((readings.flags & NOT_LIVE) == 0))
        if len(mine):
            for wave in self._waves(readings.take(mine)):
                for rule in self.rules:
                    rule.heard(wave, out)
        self._close(out)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self._sync()
        self._replace(out)
        self._close(out)
        for rule in self.rules:
            rule.tick(tick.time, out)

    def _replace(self, out: Outputs) -> None:
        """Take away the signals instead of which the rules speak."""
        if out.signals and self.instead:
            out.signals = [signal for signal in out.signals if not self._replaces(signal)]

    def _replaces(self, signal: Signal) -> bool:
        quantities = self.instead.get(signal.kind)
        if quantities is None or not 0 <= signal.member < len(self.roster.slot):
            return False
        slot = int(self.roster.slot[signal.member])
        return slot != NOT_OURS and self.roster.quantities[int(self.roster.quantity[slot])] in quantities

    def indicators(self) -> list[dict[str, Any]]:
        """What its rules tell beside alarms."""
        rows = [row for rule in self.rules if isinstance(rule, Telling) for row in rule.indicators()]
        return [{"domain": self.roster.domain, **row} for row in rows]

    def _waves(self, readings: Readings) -> Iterator[Wave]:
        """The k-th new reading of each series, for k from 0."""
        runs = sort_runs(readings, self.newest)
        runs = runs.take(runs.newer)
        if not len(runs):
            return
        lengths = runs.lengths()
        rank = np.arange(len(runs)) - np.repeat(runs.starts, lengths)
        slot = self.roster.slot.take(runs.series)
        for number in range(int(lengths.max())):
            rows = runs.starts if number == 0 else np.flatnonzero(rank == number)
            chosen: Index = slot[rows].astype(np.intp)
            yield Wave(chosen, self.roster.quantity[chosen], runs.time[rows], runs.value[rows], runs.elapsed[rows])

    def _close(self, out: Outputs) -> None:
        """Show the windows that an earlier processor has closed since the last call."""
        if self._round is not out:
            self._round, self._taken = out, 0
        for windows in out.windows[self._taken :]:
            if windows.length != self.shortest:
                continue
            mine = self.roster.slot.take(windows.series) != NOT_OURS
            if mine.any():
                ours = windows.take(mine)
                for rule in self.rules:
                    rule.closed(ours, out)
        self._taken = len(out.windows)

    def _sync(self) -> None:
        seen = self.roster.seen
        grown = self.roster.sync()
        if self.roster.seen != seen:
            self.newest = extended(self.newest, self.roster.seen, UNSEEN)
        if grown:
            for rule in self.rules:
                rule.grow()

    def snapshot(self) -> State:
        state: State = {"newest": self.newest[: self.roster.seen].copy()}
        for rule in self.rules:
            state |= {f"{rule.name}.{name}": column for name, column in rule.snapshot().items()}
        return state

    def restore(self, state: State) -> None:
        self._sync()
        self.newest = extended(state["newest"].copy(), self.roster.seen, UNSEEN)
        for rule in self.rules:
            prefix = f"{rule.name}."
            rule.restore({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})
