"""The work on cases: signals applied in the order of event time, incidents begun and ended."""

from __future__ import annotations

from typing import Final

from processors.base import Outputs
from processors.incidents import cases
from processors.incidents.model import Case
from processors.incidents.register import Register
from processors.incidents.rules import MOST_CONDITIONS, OUTLASTS_ELSE_MS, OUTLASTS_MS
from processors.kinds import KINDS
from processors.signals import Signal

FAULT: Final = "sensor-fault"


class Casework:
    """Follows all cases of one register."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.known = register.known
        self.faulty: dict[int, int] = {}
        """Series that are said to be faulty, and by how many."""
        for case in self.known.cases.values():
            if case.kind == FAULT:
                for condition in case.conditions.values():
                    self._count_fault(condition.member, int(condition.active))

    def take(self, now: int, out: Outputs) -> dict[int, Case]:
        """Apply what has been gathered; the cases that it concerns, by identity."""
        memory, touched = self.known.memory, dict[int, Case]()
        pending, memory.pending = memory.pending, []
        pending.sort(key=lambda signal: (signal.time, signal.kind, signal.place, signal.cause, signal.member))
        for signal in pending:
            case = self.case_of(signal, out)
            if case is not None:
                self.apply(case, signal, now, out)
                touched[id(case)] = case
        return touched

    def case_of(self, signal: Signal, out: Outputs) -> Case | None:
        """The case that the signal speaks of; None for the end of what is not known, and where there is no room."""
        if signal.kind not in KINDS:
            out.count("incidents.unknown_kind", 1)
            return None
        key = signal.kind, signal.place, signal.cause
        case = self.known.cases.get(key)
        if not signal.active or (case is not None and signal.member in case.conditions):
            return case
        if self.known.conditions >= MOST_CONDITIONS and not KINDS[signal.kind].life_safety:
            out.count("incidents.dropped", 1)
            return None
        self.known.conditions += 1
        if case is None:
            case = self.known.cases[key] = Case(*key)
        return case

    def apply(self, case: Case, signal: Signal, now: int, out: Outputs) -> None:
        """Settle what was over before the signal, then take it."""
        if signal.active:
            self._return(case, cases.before(signal))
        elif not case.incident and not case.host:
            self._create(case, cases.before(signal), out)
        if cases.apply(case, signal, now) and case.kind == FAULT:
            self._count_fault(signal.member, 1 if signal.active else -1)
        if signal.active and case.incident:
            self.register.join(self.known.incidents[case.incident], case.conditions[signal.member])

    def _count_fault(self, member: int, change: int) -> None:
        self.faulty[member] = self.faulty.get(member, 0) + change
        if not self.faulty[member]:
            del self.faulty[member]

    def _create(self, case: Case, reach: cases.Reach, out: Outputs) -> None:
        found = cases.opening(case, reach, self.faulty, self.register.device_of)
        if found and self.register.create(case, found) is None:
            out.count("incidents.dropped", 1)

    def _return(self, case: Case, reach: cases.Reach) -> None:
        if case.incident and (ended := cases.ending(case, reach)) is not None:
            incident, case.incident = self.known.incidents[case.incident], ""
            self.known.conditions -= len(case.conditions)
            case.conditions.clear()
            self.register.give_back(incident, ended)

    def advance(self, waiting: list[Case], now: int, out: Outputs) -> None:
        """Follow the cases to where the log is now, and those that a host frees meanwhile."""
        while waiting:
            for case in waiting:
                self.follow(case, now, out)
            waiting = self.freed()

    def follow(self, case: Case, now: int, out: Outputs) -> None:
        for member in cases.expire(case, now):
            if case.kind == FAULT:
                self._count_fault(member, -1)
        if not case.incident and not case.host:
            self._create(case, cases.so_far(now), out)
        self._return(case, cases.so_far(now))
        if not case.incident and not case.active:
            before = len(case.conditions)
            cases.forget_ended(case, now)
            self.known.conditions -= before - len(case.conditions)
            if not case.conditions:
                self.known.cases.pop(case.key, None)
        case.due = cases.due(case, now)

    def freed(self) -> list[Case]:
        """The guests of hosts that have ended."""
        freed, self.register.freed = self.register.freed, {}
        guests = [case for case in self.known.cases.values() if case.host in freed] if freed else []
        for case in guests:
            self.outlast(case, freed[case.host])
        return guests

    def outlast(self, case: Case, ended: int) -> None:
        """Its host has `ended`: what it shows still was told with that, and counts by itself only later."""
        case.host = ""
        room = 0 if KINDS[case.kind].fault else OUTLASTS_MS.get(case.kind, OUTLASTS_ELSE_MS)
        for condition in case.conditions.values():
            condition.floor = ended + (room if condition.since <= ended else min(room, OUTLASTS_ELSE_MS))
