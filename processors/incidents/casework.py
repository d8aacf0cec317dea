"""The work on cases: signals applied in the order of event time, incidents begun and ended."""

from __future__ import annotations

from typing import Final

from processors.base import Outputs
from processors.incidents import cases
from processors.incidents.hearing import NO_DATA, Hearing
from processors.incidents.model import Case, Condition, Incident
from processors.incidents.register import Register
from processors.incidents.rules import MOST_CONDITIONS, OUTLASTS_ELSE_MS, OUTLASTS_MS, QUIET_MS
from processors.kinds import KINDS
from processors.signals import NOBODY, Signal

FAULT: Final = "sensor-fault"


class Casework:
    """Follows all cases of one register."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.known = register.known
        self.faulty: dict[int, int] = {}
        """Series that are said to be faulty, and by how many."""
        self.hearing = Hearing()
        self._counted = {FAULT: self.faulty, NO_DATA: self.hearing.silent}
        for case in self.known.cases.values():
            self.hearing.restore(case)
            for condition in case.conditions.values():
                self._count(case, condition.member, int(condition.active))

    def take(self, now: int, out: Outputs) -> dict[int, Case]:
        """Apply what has been gathered; the cases that it concerns, by identity."""
        memory, touched = self.known.memory, dict[int, Case]()
        pending, memory.pending = memory.pending, []
        # Of a clock that is ahead: what it shows is so now, and not only when the log has come so far.
        pending = [signal._replace(time=min(signal.time, now)) for signal in pending]
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
        graver = _is_graver(case, signal)
        if turned := cases.apply(case, signal, now):
            self._count(case, signal.member, 1 if signal.active else -1)
        if signal.active:
            self.hearing.mark(signal.member, now)
            if turned or graver:
                self._rise(case, case.conditions[signal.member], now, graver)
            elif case.incident:
                self.register.join(self.known.incidents[case.incident], case.conditions[signal.member])

    def _rise(self, case: Case, condition: Condition, now: int, graver: bool = False) -> None:
        """A condition holds anew, or is of the gravest now: whoever took on what it joins may have to look again."""
        if not case.incident:
            return
        incident = self.known.incidents[case.incident]
        anew = KINDS[case.kind].life_safety and incident.acknowledged
        anew = anew and (graver or self._is_news(case, incident, condition, now))
        self.register.join(incident, condition)
        if anew and incident.acknowledged:
            self.register.call_again(incident, condition)

    def _is_news(self, case: Case, incident: Incident, condition: Condition, now: int) -> bool:
        """Where another member is heard: one that had not shown it for long. Else a new member, or one after long."""
        new = condition.member != NOBODY and condition.member not in incident.members
        quiet = now - incident.paged >= QUIET_MS
        others = [each.member for each in case.conditions.values() if each.active and each is not condition]
        if all(member in self.hearing.silent for member in others):
            return new or quiet
        return quiet and (new or now - condition.ended >= QUIET_MS)

    def _count(self, case: Case, member: int, change: int) -> None:
        """Keep count of those who are said to be faulty, or silent."""
        counts = self._counted.get(case.kind)
        if counts is None or not change:
            return
        counts[member] = counts.get(member, 0) + change
        if not counts[member]:
            del counts[member]

    def _create(self, case: Case, reach: cases.Reach, out: Outputs) -> None:
        found = cases.opening(case, reach, self.faulty, self.register.device_of)
        if found and self.register.create(case, found) is None:
            out.count("incidents.dropped", 1)

    def _return(self, case: Case, reach: cases.Reach) -> None:
        if case.incident and (ended := cases.ending(case, reach)) is not None:
            incident, case.incident = self.known.incidents[case.incident], ""
            latest = max(case.conditions.values(), key=lambda each: each.ended)
            lost = {member: each for member, each in case.conditions.items() if each.lost}
            self.known.conditions -= len(case.conditions) - len(lost)
            case.conditions = lost
            if latest.lost:
                self.register.lose_sight(incident)
            self.register.give_back(incident, ended, incident.reason if latest.lost else "")

    def advance(self, waiting: list[Case], now: int, out: Outputs) -> None:
        """Follow the cases to where the log is now, and those that a host frees meanwhile."""
        while waiting:
            for case in waiting:
                self.follow(case, now, out)
            waiting = self.freed()

    def follow(self, case: Case, now: int, out: Outputs) -> None:
        # What is put away stays so while its sensor is away; but what protects lives must not hide the next.
        stays = case.key in self.known.shelves and not KINDS[case.kind].life_safety
        lost = [] if stays else self.hearing.lose(case, now)
        for member in (*cases.expire(case, now), *lost):
            self._count(case, member, -1)
        for condition in self.hearing.find(case, now):
            self._count(case, condition.member, 1)
            self._rise(case, condition, now)
        if not case.incident and not case.host:
            self._create(case, cases.so_far(now), out)
        self._return(case, cases.so_far(now))
        if case.incident:
            self.register.speak(self.known.incidents[case.incident], case)
        if not case.incident and not case.active:
            before = len(case.conditions)
            cases.forget_ended(case, now)
            self.known.conditions -= before - len(case.conditions)
            if not case.conditions:
                self.known.cases.pop(case.key, None)
        case.due = min(cases.due(case, now), self.hearing.due(case, now))

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


def _is_graver(case: Case, signal: Signal) -> bool:
    """Whether it tells the gravest of its kind of a member that had not shown that."""
    least, before = KINDS[signal.kind].gravest, case.conditions.get(signal.member)
    shown = before is not None and before.active and before.score >= least
    return signal.active and signal.score >= least and not shown
