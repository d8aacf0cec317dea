"""The processor "incidents": signals in, incidents out, once a tick.

    signals ─ gathered ─▶ tick ─▶ cases in event time ─▶ told, merged, held back ─▶ rows
    commands ────────────┘

Everything waits for the next tick and is then taken in the order of event time, so that how the
log was cut into batches makes no difference. When nothing has happened a tick costs two
comparisons.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from journal.entries import CommandEntry, TickEntry
from processors import texts
from processors.base import Outputs, State
from processors.incidents import cases, commands, rows, view
from processors.incidents.casework import FAULT, Casework
from processors.incidents.memory import Memory, Remembered, decode
from processors.incidents.model import NEVER, Case, Incident
from processors.incidents.register import FLOOD_KIND, Register
from processors.incidents.rules import (
    CLOSED_MS,
    EXCUSED,
    HOSTS,
    LAG_MS,
    MOST_CLOSED,
    PATIENCE_MS,
    RETURNED_MS,
    TOLD_BY,
    WARNING,
)
from processors.kinds import KINDS
from processors.signals import NOBODY, Place, Signal
from telemetry.batch import NOT_ENDED, Readings
from telemetry.series import SeriesTable


class IncidentsProcessor:
    """Takes `Outputs.signals` of the processors before it; gives `incidents` and `incident_events`."""

    name = "incidents"

    def __init__(self, table: SeriesTable, language: texts.Language = "id") -> None:
        self.table = table
        self.language = language
        self._begin(Remembered(Memory()))

    def _begin(self, known: Remembered) -> None:
        self.known = known
        self.register = Register(known, self.language, self._device_of)
        self.casework = Casework(self.register)

    def process(self, readings: Readings, out: Outputs) -> Readings:
        self._gather(out)
        self.casework.hearing.note(readings)
        return readings

    def command(self, entry: CommandEntry) -> None:
        """Take note of what an operator decided, in log order."""
        self.known.memory.commands.append(entry)

    def tick(self, tick: TickEntry, out: Outputs) -> None:
        self._gather(out)
        memory, now = self.known.memory, tick.time
        self.casework.hearing.connected = tick.connected_since
        if not memory.pending and not memory.commands and now < memory.next:
            return
        self.register.now = now
        touched = self.casework.take(now, out)
        self._commands(out)
        for case in self.known.cases.values():
            if case.due <= now:
                touched.setdefault(id(case), case)
        self.casework.advance(list(touched.values()), now, out)
        self._tell(now)
        self._floods(now, out)
        commands.end_shelves(self.register)
        self._forget(now)
        rows.emit(self.register, out)
        memory.next = self._next(now)

    def listing(self, limit: int = 1_000) -> list[dict[str, Any]]:
        """Incidents for operators: see `view.listing`."""
        return view.listing(self.register, self.table, limit)

    def open_counts(self) -> dict[tuple[str, str], int]:
        """How many have not ended, by domain and severity."""
        return view.open_counts(self.known)

    def tally(self) -> dict[tuple[str, str, str], int]:
        """How many are not over, by domain, severity and state."""
        return view.tally(self.known)

    def one(self, incident: str) -> dict[str, Any] | None:
        """The incident with this id as in `listing`; None where operators know of none."""
        return next(iter(view.some(self.register, self.table, [incident])), None)

    def standing(self, now: int) -> dict[str, tuple[int, int]]:
        """By city, how many alarms stand before operators, and how many of them for a day or longer."""
        return view.standing(self.known, now)

    def state_of(self, incident: str) -> str | None:
        """The state of the incident with this id; None where operators know of none."""
        found = self.known.incidents.get(incident)
        return self.known.state_of(found) if found is not None and found.told else None

    def snapshot(self) -> State:
        for case in self.known.cases.values():
            self.casework.hearing.save(case)
        return self.known.encode()

    def restore(self, state: State) -> None:
        self._begin(decode(state))

    def begin_anew(self, processors: Container[str]) -> None:
        """The processors with these names have forgotten all: what they told of holds no longer, for they would never
        tell its end. It was so when it was last known to be; what still is so they tell again."""
        for case in self.known.cases.values():
            if (TOLD_BY.get(case.kind) or f"domains.{KINDS[case.kind].domain}") not in processors:
                continue
            if case.incident and case.active:
                self.register.forget(self.known.incidents[case.incident])
            for each in case.conditions.values():
                until = max(each.heard, self.casework.hearing.last(each.member))
                over = Signal(*case.key, each.member, until, False, each.severity, each.value, each.score, each.reason)
                self.known.memory.pending.append(over)

    def _gather(self, out: Outputs) -> None:
        if out.signals:
            self.known.memory.pending += map(_plain, out.signals)
            out.signals = []

    def _device_of(self, series: int) -> int:
        return int(self.table.device_of[series]) if 0 <= series < len(self.table) else -1 - series

    def _commands(self, out: Outputs) -> None:
        waiting, self.known.memory.commands = self.known.memory.commands, []
        for entry in waiting:
            done = commands.carry_out(self.register, entry)
            out.count("incidents.commands" if done else "incidents.commands_refused", 1)

    def _tell(self, now: int) -> None:
        """Decide what becomes of new incidents: what others take in first, then the gravest first, for a
        flood leaves the rest waiting."""
        ready: list[Incident] = []
        untold = [self.known.incidents[each] for each in self.known.memory.untold]
        going_on = self.register.open() if untold else []
        for incident in sorted(untold, key=_taking):
            ended, case = incident.ended != NOT_ENDED, self.known.cases.get(incident.key)
            if ended and now - incident.ended > LAG_MS:
                self.register.history(incident)
            elif ended or (case is not None and _holds(case, now)):
                host = self.register.host_of(incident, going_on) or self.register.left_behind(incident)
                if host is not None:
                    self._take_in(host, incident)
                elif case is not None and not ended and self.register.may_wait(incident):
                    case.due = min(case.due, incident.opened + PATIENCE_MS)
                else:
                    ready.append(incident)
                    going_on.append(incident)
        for incident in sorted(ready, key=_gravest):
            self.register.tell(incident)
            self._take_in_guests(incident)
            if incident.ended != NOT_ENDED:
                self.register.give_back(incident, incident.ended)
        for case in self.casework.freed():
            case.due = now + 1

    def _take_in(self, host: Incident, guest: Incident) -> None:
        case = self.known.cases.get(guest.key)
        if case is not None and case.incident == guest.id:
            case.incident, case.host = "", host.id
            if host.ended != NOT_ENDED:
                self.casework.outlast(case, host.ended)
                case.due = self.register.now + 1
        self.register.take_in(host, guest)

    def _take_in_guests(self, host: Incident) -> None:
        """What operators know already, and what turns out to be evidence of `host`."""
        for guest in self.register.open():
            if guest is host:
                continue
            if self.register.host_of(guest, (host,)) is not None:
                self._take_in(host, guest)
            elif host.kind == FAULT and guest.kind in EXCUSED and self._excused(guest):
                self.known.cases[guest.key].incident = ""
                self.register.take_in(host, guest)

    def _excused(self, guest: Incident) -> bool:
        """Whether all sensors that show it are faulty."""
        shown = [each.member for each in self.known.cases[guest.key].conditions.values() if each.active]
        return bool(shown) and all(member in self.casework.faulty for member in shown)

    def _floods(self, now: int, out: Outputs) -> None:
        """Page what was held back as far as there is room again, and tell how much is held back."""
        for city, flood in self.known.memory.floods.items():
            held = [self.known.incidents[each] for each in flood.held]
            for incident in sorted(held, key=_gravest):
                if flood.full(incident.severity, now):
                    break
                incident.suppressed = False
                del flood.held[incident.id]
                self.register.page(incident, "released")
            place: Place = (city, "*", "*")
            if flood.held or (FLOOD_KIND, place, "") in self.known.cases:
                self._notice(place, flood.count, bool(flood.held), now, out)
            if not flood.held:
                flood.count = 0

    def _notice(self, place: Place, count: int, active: bool, now: int, out: Outputs) -> None:
        reason = texts.say("incidents.flood", self.language, count=str(count))
        signal = Signal(FLOOD_KIND, place, "", NOBODY, now, active, WARNING, float(count), 1.0, reason)
        if (case := self.casework.case_of(signal, out)) is not None:
            self.casework.apply(case, signal, now, out)
            self.casework.follow(case, now, out)
            self._tell(now)

    def _forget(self, now: int) -> None:
        memory = self.known.memory
        for incident in [each for each, since in memory.returned.items() if now - since >= RETURNED_MS]:
            self.register.close(self.known.incidents[incident])
        for incident, since in list(memory.closed.items()):
            if len(memory.closed) <= MOST_CLOSED and now - since < CLOSED_MS:
                break
            del memory.closed[incident]
            self.known.incidents.pop(incident, None)

    def _next(self, now: int) -> int:
        memory = self.known.memory
        if any(flood.held for flood in memory.floods.values()):
            return now + 1
        moments = [case.due for case in self.known.cases.values()]
        moments += [shelf.until for shelf in self.known.shelves.values()]
        moments += [since + RETURNED_MS for since in _oldest(memory.returned)]
        moments += [since + CLOSED_MS for since in _oldest(memory.closed)]
        return min(moments, default=NEVER)


def _plain(signal: Signal) -> Signal:
    """With numbers of Python, for those of numpy can't be encoded in a snapshot."""
    kind, (city, domain, zone), cause, member, time, active, severity, value, score, reason = signal
    return Signal(
        kind,
        (city, domain, zone),
        cause,
        int(member),
        int(time),
        bool(active),
        int(severity),
        float(value),
        float(score),
        reason,
    )


def _oldest(times: dict[str, int]) -> Iterator[int]:
    if times:
        yield next(iter(times.values()))


def _holds(case: Case, now: int) -> bool:
    """Whether it is known that the case is as it is now, and not only in a device's past."""
    return any(cases.settled(each, now) for each in case.conditions.values() if each.active or not case.active)


def _taking(incident: Incident) -> tuple[int, int, str]:
    """What takes in many others comes first."""
    host = HOSTS.get(incident.kind)
    return -len(host.kinds) if host is not None else 0, incident.opened, incident.id


def _gravest(incident: Incident) -> tuple[bool, int, int, str]:
    return not KINDS[incident.kind].life_safety, -incident.severity, incident.opened, incident.id
