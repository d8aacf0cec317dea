"""All faults of a scenario at work on its feed."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence

from simulators.base import Fleet
from simulators.faults.base import Case, Fault
from simulators.faults.table import FAULTS
from simulators.feed import GatewayState, RawMessage, Samples


class Faults:
    """cases: with the seed of each. Fleets are known by their number."""

    def __init__(self, cases: Sequence[tuple[Case, tuple[int, ...]]], fleets: Sequence[Fleet]) -> None:
        faults = [FAULTS[case.kind].make(case, seed) for case, seed in cases]
        faults.sort(key=lambda fault: fault.stage)
        self._of: list[list[Fault]] = [[fault for fault in faults if fault.bind(fleet)] for fleet in fleets]
        self._states = deque(
            sorted((state for fault in faults for state in fault.states()), key=lambda state: state.arrival)
        )
        self._count = 0
        self._raw: list[tuple[int, int, RawMessage]] = []
        for fault in faults:
            self._keep(fault.outright())

    @property
    def waiting(self) -> bool:
        """Whether anything but samples is still to come."""
        return bool(self._states or self._raw)

    def apply(self, fleet: int, samples: Samples) -> Samples:
        """The messages of a fleet as they come out of all faults, one stage after the other."""
        raw: list[RawMessage] = []
        before = None
        for fault in self._of[fleet]:
            if samples is not before:
                if not len(samples):
                    break
                before, first, last = samples, int(samples.arrival.min()), int(samples.arrival.max())
            if fault.case.start <= last and fault.case.end > first:
                samples = fault.apply(samples, raw)
        self._keep(raw)
        return samples

    def _keep(self, messages: Sequence[RawMessage]) -> None:
        for message in messages:
            self._count += 1
            heapq.heappush(self._raw, (message.arrival, self._count, message))

    def states_until(self, now: int) -> list[GatewayState]:
        """What has become of gateways since the last call."""
        found = []
        while self._states and self._states[0].arrival <= now:
            found.append(self._states.popleft())
        return found

    def raw_until(self, now: int) -> list[RawMessage]:
        """Payloads that arrive as they are, since the last call."""
        found = []
        while self._raw and self._raw[0][0] <= now:
            found.append(heapq.heappop(self._raw)[2])
        return found
