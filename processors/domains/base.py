"""What the four domain processors share: which readings they see, in which order, and how they speak.

A domain is a list of rules. A rule sees what it asks for:

- `ears()`: readings in waves, each series at most once a wave, its own in log order; so a rule is
  vectorised over series and still goes reading by reading. Judge a single series here. Where a
  domain is patient, readings wait for the next tick, or for a window to close that a rule sees.
- `closed(windows, out)`: closed windows of the domain's series, the shortest length only, late
  revisions included. Gather here, by (window start, zone): in which order devices close is chance.
- `tick(now, out)`: about once a second of log time. Judge here what several series say together:
  between two ticks the log may be cut anywhere, at a tick all rules have seen the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np

from journal.entries import TickEntry
from processors.base import Outputs, State
from processors.domains.hearing import Ear, Wave, gather, tell
from processors.domains.roster import NOT_OURS, Roster
from processors.runs import SKIPPED, UNSEEN, extended
from processors.signals import Signal
from telemetry import flags
from telemetry.batch import Bool, Float64, Index, Int32, Int64, Readings, Windows

UNHEARD: Final = SKIPPED | flags.RETAINED
"""Readings that are not believed, or say nothing of the present."""
HEARD_WITHIN: Final = 25 * 3_600_000
"""ms from a reading's time to its arrival: when its windows have closed already, rules hear it up to this age. A day's
readings may come in one pack, and clocks be slow. What ended meanwhile becomes history, not a page (incidents)."""
CAUGHT_UP: Final = 3_600_000
"""ms before a slot's newest reading: what `Catching` rules take for another reading of its own, not for history."""
PATIENT: Final = 65_536
"""Readings of a patient domain that may wait for a tick."""


class Rule(Protocol):
    """One analysis; its name is unique in its domain."""

    name: str

    def grow(self) -> None:
        """The roster has grown: make room for its slots, devices and zones."""
        ...

    def tick(self, now: int, out: Outputs) -> None:
        """now: ms of log time."""
        ...

    def snapshot(self) -> State:
        """May be the state itself: the domain copies what is kept."""
        ...

    def restore(self, state: State) -> None: ...


@runtime_checkable
class Hearing(Protocol):
    """A rule that hears readings."""

    def ears(self) -> Iterable[Ear]:
        """Asked for whenever the roster has grown. Of each wave those that come first hear first, and earlier rules
        before later ones. Who listens to the very same mask is given the very same wave."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A rule that sees closed windows."""

    def closed(self, windows: Windows, out: Outputs) -> None: ...


@runtime_checkable
class Telling(Protocol):
    """A rule that knows what is worth reading and is no alarm."""

    def indicators(self) -> list[dict[str, Any]]:
        """JSON-ready rows: `indicator`, `value`, `unit`, where (`city`, `zone`, `device`) and when (`time`, ms)."""
        ...


@runtime_checkable
class Catching(Protocol):
    """A rule for which every reading counts, also one that a newer one has overtaken: sums of rain."""

    def older(self, wave: Wave, out: Outputs) -> None:
        """As waves are heard, but each row is older than its slot's newest, by CAUGHT_UP at the most; elapsed is 0."""
        ...


class Domain:
    """A processor that runs the rules of one domain. Flags nothing."""

    def __init__(
        self,
        roster: Roster,
        rules: Sequence[Rule],
        shortest: int,
        instead: Mapping[str, Sequence[str]] | None = None,
        patience: int = PATIENT,
    ) -> None:
        """shortest: ms, the length of the windows that rules see. instead: kind ("limit", "unusual") ->
        quantities that the rules judge by better means than the detector, whose signals they replace.
        patience: readings from which the rules hear them before the next tick; 1 for at once."""
        self.name = f"domains.{roster.domain}"
        self.roster = roster
        self.rules = tuple(rules)
        self._catching = tuple(rule for rule in self.rules if isinstance(rule, Catching))
        self._closing = tuple(rule for rule in self.rules if isinstance(rule, Closing))
        self._ears: list[Ear] = []
        self.shortest = shortest
        self.patience = patience
        self.instead = {kind: frozenset(quantities) for kind, quantities in (instead or {}).items()}
        self.newest: Int64 = np.zeros(0, np.int64)
        """int64[slots]: ms, the latest reading that rules have heard."""
        self._waiting: list[tuple[Int32, Int64, Float64]] = []
        """Slots, times and values of readings that no rule has heard yet, in log order."""
        self._round: Outputs | None = None
        self._taken = 0
        """Windows of this round that the rules have seen."""

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._sync()
        self._replace(out)
        slot = self.roster.slot.take(readings.series)
        chosen = np.flatnonzero((slot != NOT_OURS) & ((readings.flags & UNHEARD) == 0) & np.isfinite(readings.value))
        chosen = chosen[~_too_old(readings, chosen)]
        if len(chosen):
            self._waiting.append((slot.take(chosen), readings.time.take(chosen), readings.value.take(chosen)))
            if sum(len(slots) for slots, _, _ in self._waiting) >= self.patience:
                self.hear(out)
        self._close(out)
        return readings

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self._sync()
        self._replace(out)
        self._close(out)
        self.hear(out)
        for rule in self.rules:
            rule.tick(tick.time, out)

    def _replace(self, out: Outputs) -> None:
        """Take away the signals instead of which the rules speak."""
        if out.signals:
            out.signals = [signal for signal in out.signals if not self.replaces(signal)]

    def replaces(self, signal: Signal) -> bool:
        """Whether the rules speak instead of a detector's signal."""
        quantities, slot = self.instead.get(signal.kind), self.slot_of(signal)
        if quantities is None or slot == NOT_OURS:
            return False
        return self.roster.quantities[int(self.roster.quantity[slot])] in quantities

    def slot_of(self, signal: Signal) -> int:
        """The slot of its member; NOT_OURS where it has none."""
        known = 0 <= signal.member < len(self.roster.slot)
        return int(self.roster.slot[signal.member]) if known else NOT_OURS

    def indicators(self) -> list[dict[str, Any]]:
        """What its rules tell beside alarms."""
        rows = [row for rule in self.rules if isinstance(rule, Telling) for row in rule.indicators()]
        return [{"domain": self.roster.domain, **row} for row in rows]

    def hear(self, out: Outputs) -> None:
        """Let the rules hear what has waited, before it would be its turn."""
        if not self._waiting:
            return
        waves, older = gather(self._drained(), self.roster.quantity, self.newest, CAUGHT_UP)
        if len(waves.rows):
            self.look_up(waves.rows)
        masks = {id(ear.slots): ear.slots for ear in self._ears}
        parts = {which: waves.among(slots) for which, slots in masks.items()}
        catching = [(older, rule.older) for rule in self._catching]
        tell([*catching, *((parts[id(ear.slots)], ear.heard) for ear in self._ears)], out)

    def look_up(self, readings: Wave) -> None:
        """Look up for all readings that are about to be heard what rules will ask of each wave."""

    def _drained(self) -> tuple[Int32, Int64, Float64]:
        slots, times, values = zip(*self._waiting, strict=True)
        self._waiting = []
        return np.concatenate(slots), np.concatenate(times), np.concatenate(values)

    def _close(self, out: Outputs) -> None:
        """Show the windows that an earlier processor has closed since the last call, after the readings in them."""
        if not self._closing:
            return
        if self._round is not out:
            self._round, self._taken = out, 0
        for windows in out.windows[self._taken :]:
            if windows.length != self.shortest:
                continue
            mine = self.roster.slot.take(windows.series) != NOT_OURS
            if mine.any():
                self.hear(out)
                ours = windows.take(mine)
                for rule in self._closing:
                    rule.closed(ours, out)
        self._taken = len(out.windows)

    def _sync(self) -> None:
        if self.roster.sync():
            self.newest = extended(self.newest, len(self.roster), UNSEEN)
            for rule in self.rules:
                rule.grow()
            self._ears = [ear for rule in self.rules if isinstance(rule, Hearing) for ear in rule.ears()]

    def pieces(self) -> Iterator[State]:
        """As a snapshot, but most of it is the state itself: to be read before the next call."""
        slot, time, value = NOTHING
        if self._waiting:
            slot, time, value = self._drained()
            self._waiting = [(slot, time, value)]
        newest = self.newest[: len(self.roster)]
        yield {"newest": newest, "waiting.slot": slot, "waiting.time": time, "waiting.value": value}
        for rule in self.rules:
            yield {f"{rule.name}.{name}": column for name, column in rule.snapshot().items()}

    def snapshot(self) -> State:
        return {name: column.copy() for piece in self.pieces() for name, column in piece.items()}

    def restore(self, state: State) -> None:
        self._sync()
        self.newest = extended(state["newest"].copy(), len(self.roster), UNSEEN)
        slot, time, value = (state[f"waiting.{name}"].copy() for name in ("slot", "time", "value"))
        self._waiting = [(slot, time, value)] if len(slot) else []
        for rule in self.rules:
            prefix = f"{rule.name}."
            rule.restore({name.removeprefix(prefix): state[name] for name in state if name.startswith(prefix)})


NOTHING: Final = (np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.float64))


def _too_old(readings: Readings, rows: Index) -> Bool:
    """Which of `rows` are late, and tell of a time too long ago. Whether a window was closed says little: by then a
    device whose clock is slow, or that sends packs, has told what is newest all the same."""
    late: Bool = (readings.flags.take(rows) & flags.LATE) != 0
    if late.any():
        late &= readings.arrival.take(rows) - readings.time.take(rows) > HEARD_WITHIN
    return late
