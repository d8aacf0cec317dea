"""The `seq` counters of gateways: how far each is stored without a gap, and what is missing.

For each gateway this keeps the greatest seq so far (`top`) and the holes below it, as ranges.
`contiguous`, which the receipt names, is the seq before the first hole:

    stored   1 2 3 . . 6 7 . 9          top 9, holes 4..5 and 8..8, contiguous 3, missing 3

- The first seq seen tells where a counter begins. Below FIRST_SIGHT it is taken to have begun
  at 1 (or 0, if that is what came), and what is missing before it is a hole. Above, the
  gateway had been counting before nadi knew it: nothing below is waited for.
- A seq at or below `top` that fills no hole is a duplicate.
- A counter has restarted when RESTART_RUN messages in a row are duplicates numbered upwards
  from 0 or 1. A gateway that resends all it has looks the same, and is not harmed: the
  counter is then followed up again from there. Holes of the old count are lost for good.
- At most MAX_HOLES holes: beyond, the shortest stored run between two holes is forgotten, so
  that nadi asks for it again rather than promise what is not there.
- A hole that stays while its gateway sends in PATIENCE ticks (an hour at one a second) is
  given up as lost: the gateway no longer has it, or it would have sent it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from processors.base import State
from telemetry.batch import Bool, Index, Int64, Sequences

FIRST_SIGHT: Final = 1_000
RESTART_RUN: Final = 3
MAX_HOLES: Final = 64
PATIENCE: Final = 3_600
MOST: Final = 2**63 - 1
"""Where `lost` stays, however much more is."""
UNSEEN: Final = -2
"""`top` and `contiguous` of a gateway that has sent no seq; -1 is one that begins at 0."""

Hole = tuple[int, int]
_COLUMNS: Final = ("top", "contiguous", "duplicates", "lost", "restarts", "run_next", "run_length", "waited")


class SequenceTracker:
    """Per-gateway arrays indexed by gateway id; gaps and repeats take a slower way."""

    def __init__(self) -> None:
        self.top: Int64 = np.empty(0, np.int64)
        self.contiguous: Int64 = np.empty(0, np.int64)
        self.duplicates: Int64 = np.empty(0, np.int64)
        self.lost: Int64 = np.empty(0, np.int64)
        self.restarts: Int64 = np.empty(0, np.int64)
        self.run_next: Int64 = np.empty(0, np.int64)
        self.run_length: Int64 = np.empty(0, np.int64)
        self.waited: Int64 = np.empty(0, np.int64)
        self.active: Bool = np.empty(0, np.bool_)
        self.changed: Bool = np.empty(0, np.bool_)
        self.holes: dict[int, list[Hole]] = {}
        self._missing = 0
        """Over all gateways."""

    def note(self, sequences: Sequences) -> None:
        """Take in counters, in the order in which the messages came."""
        named = sequences.gateway >= 0
        gateway: Index = sequences.gateway[named].astype(np.intp)
        seq = sequences.seq[named]
        if not len(gateway):
            return
        self._grow(int(gateway.max()) + 1)
        count = np.bincount(gateway, minlength=len(self.top))
        self.active |= count > 0
        unusual = self._unusual(gateway, seq, count)
        count[unusual] = 0
        self._extend(np.flatnonzero(count), count)
        if len(unusual):
            self._take_each(gateway, seq, unusual)

    def _unusual(self, gateway: Index, seq: Int64, count: Int64) -> Index:
        """The gateways that sent anything else than just the next `count` numbers."""
        ahead = seq - self.top.take(gateway) - 1
        inside = (ahead >= 0) & (ahead < count.take(gateway))
        slot = np.cumsum(count) - count
        taken = np.zeros(len(seq), np.bool_)
        taken[(slot.take(gateway) + ahead)[inside]] = True
        if taken.all():
            return np.empty(0, np.intp)
        return np.unique(np.repeat(np.arange(len(count)), count)[~taken])

    def _extend(self, who: Index, count: Int64) -> None:
        whole = self.contiguous[who] == self.top[who]
        self.top[who] += count[who]
        self.run_length[who] = 0
        settled = who[whole]
        self.contiguous[settled] = self.top[settled]
        self.changed[settled] = True
        self.waited[settled] = 0

    def _take_each(self, gateway: Index, seq: Int64, unusual: Index) -> None:
        """The slow way: first sights, gaps, repeats and restarts, one gateway after the other."""
        rows = np.flatnonzero(np.isin(gateway, unusual))
        rows = rows[np.argsort(gateway[rows], kind="stable")]
        ends = np.searchsorted(gateway[rows], unusual, side="right").tolist()
        ordered = seq[rows].tolist()
        begin = 0
        for number, end in zip(unusual.tolist(), ends, strict=True):
            for first, last in _runs(ordered[begin:end]):
                self._take_run(number, first, last)
            self._settle(number)
            begin = end

    def _settle(self, gateway: int) -> None:
        """Set how far all is stored; the patience begins anew when that has moved."""
        holes = self.holes.get(gateway)
        contiguous = holes[0][0] - 1 if holes else self.top.item(gateway)
        if contiguous != self.contiguous.item(gateway):
            self.contiguous[gateway] = contiguous
            self.changed[gateway] = True
            self.waited[gateway] = 0

    def _take_run(self, gateway: int, first: int, last: int) -> None:
        """Consecutive seqs, piece by piece: within a hole, already there, or new."""
        if self.top.item(gateway) == UNSEEN:
            self.top[gateway] = first - 1 if first <= 1 or first >= FIRST_SIGHT else 0
        while first <= last:
            top = self.top.item(gateway)
            holes = self.holes.get(gateway, [])
            above = next((number for number, hole in enumerate(holes) if hole[1] >= first), len(holes))
            if first > top:
                self._reach(gateway, holes, first, last)
                return
            if above < len(holes) and holes[above][0] <= first:
                end = min(last, holes[above][1])
                self._fill(gateway, holes, above, (first, end))
            else:
                known_to = holes[above][0] - 1 if above < len(holes) else top
                end = self._repeat(gateway, first, min(last, known_to))
            first = end + 1

    def _reach(self, gateway: int, holes: list[Hole], first: int, last: int) -> None:
        """New seqs above all others; what they skip is a hole."""
        if first > self.top.item(gateway) + 1:
            self._keep(gateway, [*holes, (self.top.item(gateway) + 1, first - 1)])
        self.top[gateway] = last
        self.run_length[gateway] = 0

    def _fill(self, gateway: int, holes: list[Hole], number: int, filled: Hole) -> None:
        low, high = holes[number]
        left = [(low, filled[0] - 1), (filled[1] + 1, high)]
        self._keep(gateway, [*holes[:number], *(hole for hole in left if hole[0] <= hole[1]), *holes[number + 1 :]])
        self.run_length[gateway] = 0

    def _keep(self, gateway: int, holes: list[Hole]) -> None:
        if len(holes) > MAX_HOLES:
            runs = [after[0] - hole[1] for hole, after in pairwise(holes)]
            shortest = runs.index(min(runs))
            holes[shortest : shortest + 2] = [(holes[shortest][0], holes[shortest + 1][1])]
        self._missing += sum(high - low + 1 for low, high in holes) - self.missing(gateway)
        if holes:
            self.holes[gateway] = holes
        else:
            self.holes.pop(gateway, None)

    def _repeat(self, gateway: int, first: int, last: int) -> int:
        """Duplicates: count them up to where they amount to a restart, and return that seq."""
        if not self.run_length[gateway] or first != self.run_next[gateway]:
            self.run_length[gateway] = 0
        starts_or_goes_on = first <= 1 or self.run_length[gateway] > 0
        if starts_or_goes_on:
            last = min(last, first + RESTART_RUN - self.run_length.item(gateway) - 1)
            self.run_length[gateway] += last - first + 1
            self.run_next[gateway] = last + 1
        self.duplicates[gateway] += last - first + 1
        # Whoever sends again has not got the receipt.
        self.changed[gateway] = True
        if self.run_length[gateway] >= RESTART_RUN:
            self._restart(gateway, last)
        return last

    def _restart(self, gateway: int, last: int) -> None:
        self._lose(gateway, self.missing(gateway))
        self._keep(gateway, [])
        self.restarts[gateway] += 1
        self.run_length[gateway] = 0
        self.top[gateway] = last

    def tick(self) -> None:
        """A second of log time: holes age while their gateway sends."""
        for gateway in [gateway for gateway in self.holes if self.active[gateway]]:
            self.waited[gateway] += 1
            if self.waited[gateway] >= PATIENCE:
                self._give_up(gateway)
        self.active[:] = False

    def _give_up(self, gateway: int) -> None:
        (low, high), *rest = self.holes[gateway]
        self._lose(gateway, high - low + 1)
        self._keep(gateway, rest)
        self._settle(gateway)

    def _lose(self, gateway: int, number: int) -> None:
        """A counter is the sender's to choose: one that leaps may lose more than an int64 holds."""
        self.lost[gateway] = min(self.lost.item(gateway) + number, MOST)

    def missing(self, gateway: int) -> int:
        """How many seqs below the greatest one are not stored, and still waited for."""
        return sum(high - low + 1 for low, high in self.holes.get(gateway, ()))

    def summary(self, count: int) -> list[dict[str, int | None]]:
        """What an operator sees of the first `count` gateways; None where no seq was sent."""
        return self.told(np.arange(count))

    def told(self, gateways: Index) -> list[dict[str, int | None]]:
        """The same of these gateways."""
        self._grow(int(gateways.max(initial=-1)) + 1)
        columns = [self.contiguous, self.top, self.lost, self.duplicates, self.restarts]
        rows = zip(gateways.tolist(), *(column[gateways].tolist() for column in columns), strict=True)
        return [
            {
                "contiguous": contiguous if top != UNSEEN else None,
                "highest": top if top != UNSEEN else None,
                "missing": self.missing(gateway),
                "lost": lost,
                "duplicates": duplicates,
                "restarts": restarts,
            }
            for gateway, contiguous, top, lost, duplicates, restarts in rows
        ]

    def copied(self) -> SequenceTracker:
        """As it is now: what is noted from here on does not show in it."""
        made = SequenceTracker()
        for name in (*_COLUMNS, "active", "changed"):
            setattr(made, name, getattr(self, name).copy())
        made.holes = dict(self.holes)  # its lists are replaced, never changed
        made._missing = self._missing
        return made

    def totals(self) -> dict[str, int]:
        """Over all gateways."""
        return {
            "missing": self._missing,
            "lost": sum(self.lost.tolist()),
            "duplicates": int(self.duplicates.sum()),
            "restarts": int(self.restarts.sum()),
        }

    def receipts(self) -> list[tuple[int, int]]:
        """(gateway id, contiguous seq) of those that moved since this was last asked."""
        moved = np.flatnonzero(self.changed & (self.contiguous >= 0))
        self.changed[:] = False
        return list(zip(moved.tolist(), self.contiguous[moved].tolist(), strict=True))

    def snapshot(self) -> State:
        holes = [(gateway, low, high) for gateway in sorted(self.holes) for low, high in self.holes[gateway]]
        size = int(np.flatnonzero(self.top != UNSEEN).max(initial=-1)) + 1
        columns = {name: getattr(self, name)[:size].copy() for name in (*_COLUMNS, "active")}
        return {**columns, "holes": np.array(holes, np.int64).reshape(-1, 3)}

    def restore(self, state: State) -> None:
        """Take a snapshot back; every receipt counts as moved, for nobody knows which were sent."""
        for name in (*_COLUMNS, "active"):
            setattr(self, name, state[name].copy())
        self.changed = self.top != UNSEEN
        for gateway, low, high in state["holes"].tolist():
            self.holes.setdefault(gateway, []).append((low, high))
        self._missing = sum(map(self.missing, self.holes))

    def _grow(self, size: int) -> None:
        if size <= len(self.top):
            return
        more = max(size, 2 * len(self.top), 64) - len(self.top)
        for name in (*_COLUMNS, "active", "changed"):
            column = getattr(self, name)
            fill = UNSEEN if name in ("top", "contiguous") else 0
            setattr(self, name, np.concatenate([column, np.full(more, fill, column.dtype)]))


def _runs(seqs: list[int]) -> Iterator[Hole]:
    """The maximal runs of consecutive numbers, in order: (first, last)."""
    first = last = seqs[0]
    for seq in seqs[1:]:
        if seq != last + 1:
            yield first, last
            first = seq
        last = seq
    yield first, last
