"""Messages that are under way: held back in columns until their time of arrival has come."""

from __future__ import annotations

import heapq

import numpy as np

from simulators.feed import Samples, join, take


class Held:
    """A heap of parcels, each by arrival; the next to arrive on top."""

    def __init__(self) -> None:
        self._parcels: list[tuple[int, int, int, Samples]] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._parcels)

    def pass_through(self, number: int, fresh: Samples, now: int) -> Samples | None:
        """What of `fresh` (any order) arrives up to `now`; the rest is held. number: of its fleet."""
        if not len(fresh):
            return None
        if (fresh.arrival[1:] < fresh.arrival[:-1]).any():
            fresh = take(fresh, np.argsort(fresh.arrival, kind="stable"))
        if fresh.arrival[-1] <= now:
            return fresh
        cut = int(np.searchsorted(fresh.arrival, now, side="right"))
        self._hold(number, take(fresh, slice(cut, None)))
        return take(fresh, slice(cut)) if cut else None

    def release(self, now: int) -> dict[int, list[Samples]]:
        """What has arrived up to `now`, by fleet."""
        out: dict[int, list[Samples]] = {}
        while self._parcels and self._parcels[0][0] <= now:
            _, _, number, parcel = heapq.heappop(self._parcels)
            cut = int(np.searchsorted(parcel.arrival, now, side="right"))
            out.setdefault(number, []).append(take(parcel, slice(cut)))
            if cut < len(parcel):
                self._hold(number, take(parcel, slice(cut, None)))
        return out

    def _hold(self, number: int, parcel: Samples) -> None:
        self._count += 1
        heapq.heappush(self._parcels, (int(parcel.arrival[0]), self._count, number, parcel))


def merge(released: list[Samples], fresh: Samples | None) -> Samples:
    """One fleet's messages of a step."""
    parts = [*released, *([fresh] if fresh is not None else [])]
    return parts[0] if len(parts) == 1 else join(parts)
