"""Event time by device: when windows are closed, and which readings are late or expired.

All of it follows the readings one by one in log order, computed for a batch at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from processors.base import State
from processors.windows.config import WindowsConfig
from processors.windows.rows import NEVER, UInt16
from telemetry.batch import Bool, Index, Int64
from telemetry.growth import zeros


@dataclass(slots=True)
class Verdict:
    """Of a batch. late: uint16 marks, bit k: the window of length k was closed. closed:
    [level, row], how far a late row's device was closed when it came."""

    late: UInt16
    expired: Bool
    closed: Int64


def floors(time: Int64, length: int) -> Int64:
    """The greatest multiple of `length` that is not above each time."""
    return np.asarray(time // length * length)


class Clocks:
    """Columns by device, int64 ms; those of [level, device] have a row for each window length.

    greatest: time so far; arrived: arrival of its last reading; since: when it was first known;
    closed: windows that end here or before are closed; emitted: and have been looked through;
    frozen: the device was silent for so long that its rows before this may be gone: windows
    that start before it are not emitted again. begin: windows that start before it are never
    emitted, for their rows were lost when the settings changed. bits: of a row's mark, by level: a
    length keeps its bit when others come and go, so that rows on disk go on meaning what they say.
    """

    def __init__(self, config: WindowsConfig) -> None:
        levels = len(config.lengths)
        self.config = config
        self.bits = list(range(levels))
        self.size = 0
        self.greatest: Int64 = np.empty(0, np.int64)
        self.arrived: Int64 = np.empty(0, np.int64)
        self.since: Int64 = np.empty(0, np.int64)
        self.closed: Int64 = np.empty((levels, 0), np.int64)
        self.emitted: Int64 = np.empty((levels, 0), np.int64)
        self.ceiling: Int64 = np.empty(0, np.int64)
        """The greatest of `closed` of all lengths."""
        self.begin: Int64 = np.empty((levels, 0), np.int64)
        self.frozen: Int64 = np.empty(0, np.int64)
        self.gaps: Int64 = np.empty((3, 0), np.int64)
        """Rows device, from, to: a jump ahead by more than the lateness; silent series get no
        windows within from..to."""

    _SINGLE = ("greatest", "arrived", "since", "frozen", "ceiling")
    _LEVELLED = ("closed", "emitted", "begin")

    def grow(self, size: int) -> None:
        """Make room for devices up to `size`."""
        if size > len(self.greatest):
            room = max(size, len(self.greatest) * 9 // 8, 1024)
            for name in self._SINGLE + self._LEVELLED:
                column = getattr(self, name)
                bigger = zeros((*column.shape[:-1], room), column.dtype)
                bigger[..., : column.shape[-1]] = column
                bigger[..., column.shape[-1] :] = NEVER
                setattr(self, name, bigger)
        self.size = max(self.size, size)

    def admit(self, device: Index, time: Int64, arrival: Int64) -> Verdict | None:
        """Judge readings in their order, and advance their devices' clocks. None: all are in time.

        Nearly always all are, which a few gathers show; only where that is in doubt are the
        readings of the devices concerned gone through exactly.
        """
        before = self.greatest.take(device)
        np.maximum.at(self.greatest, device, time)
        if int(before.min()) == NEVER:
            self._first_seen(device, time)
        self.arrived[device] = arrival
        closing = floors(self.greatest.take(device) - self.config.grace, self.config.base)
        suspect = time < np.maximum(self.ceiling.take(device), closing)
        growing = closing > self.closed[0].take(device)
        if not growing.any():
            return self._one_by_one(device, time, before, suspect) if suspect.any() else None
        rows = np.flatnonzero(growing)
        jumped = np.zeros(len(time), np.bool_)
        jumped[rows] = self._may_jump(device[rows], time[rows], closing[rows])
        doubt = suspect | jumped
        verdict = self._one_by_one(device, time, before, doubt) if doubt.any() else None
        self._advance(device[rows])
        return verdict

    def _first_seen(self, device: Index, time: Int64) -> None:
        rows = np.flatnonzero(self.since.take(device) == NEVER)[::-1]
        self.since[device[rows]] = time[rows]

    def _may_jump(self, device: Index, time: Int64, closing: Int64) -> Bool:
        closed = self.closed[0].take(device)
        known = np.where(closed == NEVER, time - self.config.grace - self.config.base, closed)
        return np.asarray(closing - known > self.config.lateness)

    def _advance(self, device: Index) -> None:
        watermark = self.greatest.take(device) - self.config.grace
        for level, length in enumerate(self.config.lengths):
            closed = np.maximum(self.closed[level].take(device), floors(watermark, length))
            self.closed[level][device] = closed
        self.ceiling[device] = np.maximum(self.ceiling.take(device), self.closed[0].take(device))

    def _one_by_one(self, device: Index, time: Int64, before: Int64, doubt: Bool) -> Verdict:
        """The exact verdict on the readings of devices of which one is in doubt."""
        involved = np.zeros(self.size, np.bool_)
        involved[device[doubt]] = True
        rows = np.flatnonzero(involved[device])
        rows = rows[np.argsort(device[rows], kind="stable")]
        who = device[rows]
        so_far = np.maximum(running_maximum(who, time[rows]), before[rows])
        config, times = self.config, time[rows]
        verdict = Verdict(
            np.zeros(len(time), np.uint16),
            np.zeros(len(time), np.bool_),
            np.full((len(config.lengths), len(time)), NEVER, np.int64),
        )
        marks = np.zeros(len(rows), np.uint16)
        for level, length in enumerate(config.lengths):
            closed = np.maximum(self.closed[level, who], floors(so_far - config.grace, length))
            marks |= (times < closed).astype(np.uint16) << self.bits[level]
            verdict.closed[level, rows] = closed
        horizon = np.maximum(so_far - config.grace - config.lateness, self.frozen[who])
        horizon = np.maximum(horizon, self.begin[0, who])
        verdict.late[rows] = marks
        verdict.expired[rows] = (marks & 1 != 0) & (times < horizon)
        self._note_gaps(who, times, so_far)
        return verdict

    def _note_gaps(self, who: Index, times: Int64, so_far: Int64) -> None:
        """Jumps of a device's closed windows from one reading to the next."""
        grace, base = self.config.grace, self.config.base
        known = self.closed[0, who]
        earlier = np.maximum(known, floors(so_far - grace, base))
        later = np.maximum(known, floors(np.maximum(so_far, times) - grace, base))
        jumped = (earlier > NEVER) & (later - earlier > self.config.lateness)
        self._add_gaps(who[jumped], earlier[jumped], later[jumped])

    def _add_gaps(self, who: Index, earlier: Int64, later: Int64) -> None:
        if len(who):
            fresh = np.stack([who.astype(np.int64), earlier, later - self.config.lateness])
            self.gaps = np.concatenate([self.gaps, fresh], axis=1)

    def close_silent(self, now: int, connected_since: int, watched: Bool) -> None:
        """Close by a tick what silent devices left open.

        A device's own last window bounds how far it closes, so that one which sends its past
        in bursts is not late each time; a watched one (with silent series to be reported,
        bool[device]) closes up to now - idle_close.
        """
        everyone = slice(0, self.size)
        heard = np.maximum(self.arrived[everyone], connected_since)
        silent = np.flatnonzero(now - heard >= self.config.idle_close)
        if not len(silent):
            return
        earlier = self.closed[0, silent]
        for level, length in enumerate(self.config.lengths):
            upto = (now - self.config.idle_close) // length * length
            own = floors(self.greatest[silent], length) + length
            own[self.greatest[silent] == NEVER] = NEVER
            limit = np.where(watched[silent], upto, np.minimum(upto, own))
            self.closed[level, silent] = np.maximum(self.closed[level, silent], limit)
            self.ceiling[silent] = np.maximum(self.ceiling[silent], self.closed[level, silent])
        later = self.closed[0, silent]
        jumped = (earlier > NEVER) & (later - earlier > self.config.lateness)
        self._add_gaps(silent[jumped], earlier[jumped], later[jumped])

    def freeze(self, now: int, connected_since: int) -> None:
        """Give up, by a tick, the past of devices that have been silent beyond all horizons."""
        config, everyone = self.config, slice(0, self.size)
        heard = np.maximum(self.arrived[everyone], connected_since)
        done = (now - heard > config.lateness + config.longest + config.idle_close) & (self.greatest[everyone] > NEVER)
        for level, length in enumerate(config.lengths):
            done &= self.closed[level, everyone] >= floors(self.greatest[everyone], length) + length
        silent = np.flatnonzero(done)
        self.frozen[silent] = floors(self.greatest[silent], config.base) + config.base

    def save(self) -> State:
        state: State = {f"clock.{name}": getattr(self, name)[..., : self.size] for name in self._names()}
        return {**state, "clock.gaps": self.gaps, "clock.bits": np.array(self.bits, np.int64)}

    def load(self, state: State) -> None:
        self.grow(state["clock.greatest"].shape[-1])
        for name in self._names():
            saved = state[f"clock.{name}"]
            getattr(self, name)[..., : saved.shape[-1]] = saved
        self.gaps = state["clock.gaps"]
        self.bits = bits_of(state, len(self.bits))

    def _names(self) -> tuple[str, ...]:
        return self._SINGLE + self._LEVELLED


def bits_of(state: State, levels: int) -> list[int]:
    """Of a saved state; one of an earlier version has them in the order of the lengths."""
    return state["clock.bits"].tolist() if "clock.bits" in state else list(range(levels))


def running_maximum(group: Index, value: Int64) -> Int64:
    """The greatest earlier value of the same group (equal ones side by side), NEVER for its first."""
    if not len(value):
        return value
    low, span = int(value.min()), int(value.max()) - int(value.min()) + 1
    first = np.empty(len(group), np.bool_)
    first[0] = True
    np.not_equal(group[1:], group[:-1], out=first[1:])
    rank = np.cumsum(first) - 1
    lifted = np.maximum.accumulate(value - low + rank * span)
    result = np.empty(len(value), np.int64)
    result[1:] = lifted[:-1] - rank[:-1] * span + low
    result[first] = NEVER
    return result
