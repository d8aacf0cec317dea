"""The register of incidents: what befalls them, in ISA-18.2's states.

                        ┌── acknowledge ──▶ acknowledged ──┐ returned
    signals ─▶ unacknowledged                              ├──▶ closed ─▶ forgotten
               (suppressed, shelved) ── returned ─▶ returned ── acknowledge

Whatever happens is noted in `happened` and `changed` until `rows.emit` takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from processors import texts
from processors.incidents.flood import Flood
from processors.incidents.memory import Remembered
from processors.incidents.model import SYSTEM, Case, Condition, Evidence, Happening, Incident, Key, identify
from processors.incidents.rules import (
    EXCUSED,
    GROWTH,
    HOSTS,
    LINGER_MS,
    MOST_EVENTS,
    MOST_EVIDENCE,
    MOST_INCIDENTS,
    MOST_MEMBERS,
    PATIENCE_MS,
)
from processors.kinds import KINDS, Kind
from processors.signals import NOBODY, Place
from telemetry.batch import NOT_ENDED

FLOOD_KIND = "alarm-flood"


class Register:
    """Changes incidents. device_of: the device of a series."""

    def __init__(self, known: Remembered, language: texts.Language, device_of: Callable[[int], int]) -> None:
        self.known = known
        self.language = language
        self.device_of = device_of
        self.now = 0
        """The log's time, ms."""
        self.happened: list[tuple[Incident, Happening]] = []
        self.changed: dict[str, Incident] = {}
        self.freed: dict[str, int] = {}
        """Hosts that ended, and when (event time): their guests stand for themselves again."""

    def create(self, case: Case, conditions: Iterable[Condition]) -> Incident | None:
        """An incident that nobody has been told of yet; None where there is no room for another."""
        memory = self.known.memory
        going_on = len(memory.incidents) - len(memory.closed)
        if going_on >= MOST_INCIDENTS and not KINDS[case.kind].life_safety:
            return None
        found = sorted(conditions, key=lambda each: (each.since, each.member))
        opened = min(each.begun for each in found)
        first = found[0]
        incident = Incident(
            identify(case.key, opened), *case.key, opened, opened, first.severity, first.value, self.words(first)
        )
        memory.closed.pop(incident.id, None)
        memory.returned.pop(incident.id, None)
        memory.incidents[incident.id] = incident
        memory.untold[incident.id] = None
        case.incident = incident.id
        for each in found:
            self.join(incident, each)
        return incident

    def join(self, incident: Incident, condition: Condition) -> None:
        """A member shows it too, or shows it more clearly."""
        if condition.member != NOBODY and condition.member not in incident.members:
            incident.members[condition.member] = None
            self.changed[incident.id] = incident
        words = self.words(condition)
        alone = len(incident.members) < 2 and words != incident.reason
        strongest = KINDS[incident.kind].counted and condition.value >= incident.value
        if alone or strongest or condition.severity > incident.severity:
            self._say(incident, condition, words)
        self._grow(incident, condition.severity)

    def _say(self, incident: Incident, condition: Condition, words: str) -> None:
        incident.value, incident.reason = condition.value, words
        self.changed[incident.id] = incident

    def speak(self, incident: Incident, case: Case) -> None:
        """Let it say what holds: who told its sentence may do so no longer, or another tells what is graver."""
        kind = KINDS[incident.kind]
        holding = [each for each in case.conditions.values() if each.active]
        if kind.counted or not holding:
            return
        worst = max(_gravity(each, kind) for each in holding)
        worst_of_all = [each for each in holding if _gravity(each, kind) == worst]
        if all(self.words(each) != incident.reason for each in worst_of_all):
            latest = max(worst_of_all, key=lambda each: (each.since, each.member))
            self._say(incident, latest, self.words(latest))

    def _grow(self, incident: Incident, severity: int) -> None:
        kind = KINDS[incident.kind]
        if not kind.fault and incident.severity < kind.most and len(incident.members) >= GROWTH[-1][0]:
            devices = len({self.device_of(member) for member in incident.members})
            grown = max((least for size, least in GROWTH if devices >= size), default=severity)
            severity = max(severity, min(grown, kind.most))
        if severity <= incident.severity:
            return
        incident.severity = severity
        if incident.told:
            incident.acknowledged = False
            self.page(incident, "escalated")

    def host_of(self, incident: Incident, others: Iterable[Incident]) -> Incident | None:
        """The one of `others` that takes this one in."""
        return next((other for other in others if takes_in(other.key, other.members, incident)), None)

    def left_behind(self, incident: Incident) -> Incident | None:
        """The incident that has just ended and whose aftermath this one is: what comes back is as unusual as what
        went away."""
        if incident.kind not in EXCUSED:
            return None
        ended = (each for each in self.known.incidents.values() if each.phase in ("returned", "closed") and each.told)
        near = (each for each in ended if each.opened <= incident.opened <= each.ended + LINGER_MS)
        return self.host_of(incident, near)

    def may_wait(self, incident: Incident) -> bool:
        """Whether an analysis has begun to see what would take it in, so that its page may wait for that."""
        if incident.kind not in EXCUSED or self.now - incident.opened >= PATIENCE_MS:
            return False
        waiting = (case for case in self.known.cases.values() if case.active and not case.incident and not case.host)
        return any(takes_in(case.key, case.conditions, incident) for case in waiting)

    def open(self) -> list[Incident]:
        """Told, and still going on."""
        return [each for each in self.known.incidents.values() if each.phase == "open" and each.told]

    def tell(self, incident: Incident) -> None:
        """Bring it to the operators: as a page, unless it is shelved or a flood holds it back."""
        self._told(incident)
        if KINDS[incident.kind].latched:
            self._take_over(incident)
        shelf = self.known.shelf_of(incident)
        if shelf is not None:
            self.note(incident, shelf.state, shelf.by, shelf.reason)
        elif self._held_back(incident):
            incident.suppressed = True
            self.flood(incident).hold(incident.id)
            self.note(incident, "suppressed", reason=self.reason(incident))
        else:
            self.page(incident, "opened")

    def _take_over(self, incident: Incident) -> None:
        """What stays until somebody has seen it stays once: who looks at the latest has seen those before it."""
        for each in list(self.known.incidents.values()):
            if each.key == incident.key and each.phase == "returned":
                self.take_in(incident, each)

    def history(self, incident: Incident) -> None:
        """It had ended long before it was known: written down, and no page."""
        self._told(incident)
        incident.phase = "historical"
        self._end(incident)
        self.note(incident, "historical", reason=self.reason(incident))

    def _told(self, incident: Incident) -> None:
        self.known.memory.untold.pop(incident.id, None)
        incident.told = True
        tags = ("incident", *incident.place, incident.kind)
        incident.time = self.known.memory.claim(tags, incident.opened, incident.id)

    def page(self, incident: Incident, event: str) -> None:
        """Something that an operator should look at now, if the state says so."""
        if incident.kind != FLOOD_KIND and self.known.state_of(incident) == "unacknowledged":
            self.flood(incident).paged(self.now)
            incident.paged = self.now
        self.note(incident, event, reason=self.reason(incident))

    def call_again(self, incident: Incident, condition: Condition) -> None:
        """Another member shows what somebody had taken on: that one asks for a person, too."""
        incident.acknowledged = False
        self._say(incident, condition, self.words(condition))
        self.page(incident, "escalated")

    def lose_sight(self, incident: Incident) -> None:
        """Nobody can tell whether it is over: all that showed it is silent."""
        incident.reason = texts.say("incidents.last_known", self.language, reason=incident.reason)
        self.changed[incident.id] = incident

    def forget(self, incident: Incident) -> None:
        """Nobody can tell whether it is over: the analysis that told of it has begun anew."""
        incident.reason = texts.say("incidents.forgotten", self.language, reason=incident.reason)
        self.changed[incident.id] = incident

    def words(self, condition: Condition) -> str:
        """Its reason; of one whose sensor was away, that it is as it was."""
        back = condition.active and condition.again
        return texts.say("incidents.as_before", self.language, reason=condition.reason) if back else condition.reason

    def flood(self, incident: Incident) -> Flood:
        return self.known.memory.floods.setdefault(incident.place[0], Flood())

    def _held_back(self, incident: Incident) -> bool:
        if KINDS[incident.kind].life_safety or incident.kind == FLOOD_KIND:
            return False
        return self.flood(incident).full(incident.severity, self.now)

    def take_in(self, host: Incident, guest: Incident) -> None:
        """`guest` is evidence of `host`; where operators know of it they are told that it is."""
        if len(host.evidence) < MOST_EVIDENCE:
            member = next(iter(guest.members), NOBODY)
            host.evidence.append(Evidence(guest.kind, member, guest.opened, guest.reason))
            self.changed[host.id] = host
        if guest.told:
            guest.phase = "merged"
            self._end(guest)
            self.note(guest, "merged", reason=texts.say("incidents.merged", self.language, incident=host.id))
        else:
            self.known.memory.untold.pop(guest.id, None)
            del self.known.incidents[guest.id]
            self.changed.pop(guest.id, None)

    def give_back(self, incident: Incident, ended: int, reason: str = "") -> None:
        """Its condition is over since `ended`, or all that is known of it: then there is a reason to tell."""
        incident.ended = max(ended, incident.opened)
        if not incident.told:
            return
        incident.phase = "returned"
        self.freed[incident.id] = incident.ended
        self.note(incident, "returned", reason=reason)
        kind, state = KINDS[incident.kind], self.known.state_of(incident)
        if kind.fault or state not in ("returned", "unacknowledged"):
            self.close(incident)
        elif not kind.latched:
            self.known.memory.returned[incident.id] = self.now

    def close(self, incident: Incident, by: str = SYSTEM) -> None:
        incident.phase = "closed"
        self._end(incident)
        self.note(incident, "closed", by)

    def _end(self, incident: Incident) -> None:
        memory = self.known.memory
        incident.ended = self.now if incident.ended == NOT_ENDED else incident.ended
        incident.suppressed = False
        for member in list(incident.members)[MOST_MEMBERS:]:
            del incident.members[member]
            incident.more += 1
        self.flood(incident).held.pop(incident.id, None)
        memory.returned.pop(incident.id, None)
        memory.closed[incident.id] = self.now
        self.freed[incident.id] = incident.ended

    def reason(self, incident: Incident) -> str:
        """Its gravest reason, and how many sensors show it."""
        count = len(incident.members) + incident.more
        if count < 2 or KINDS[incident.kind].counted:
            return incident.reason
        return texts.say("incidents.members", self.language, reason=incident.reason, count=str(count))

    def note(self, incident: Incident, event: str, by: str = SYSTEM, reason: str = "") -> None:
        incident.updated = self.now
        happening = Happening(self.now, event, self.known.state_of(incident), by, reason)
        incident.events.append(happening)
        del incident.events[1 : max(1, len(incident.events) - MOST_EVENTS)]
        self.happened.append((incident, happening))
        self.changed[incident.id] = incident


def _gravity(condition: Condition, kind: Kind) -> tuple[int, float]:
    """Where lives are at stake the score tells stages apart that are of one severity; elsewhere it is only how sure
    one is, and who speaks first goes on."""
    return condition.severity, condition.score if kind.life_safety else 0.0


def takes_in(key: Key, members: Container[int], guest: Incident) -> bool:
    """Whether what has this kind, place, cause and members takes `guest` in."""
    kind, place, cause = key
    host = HOSTS.get(kind)
    if host is None or guest.kind not in host.kinds:
        return False
    if host.scope == "members":
        return bool(guest.members) and all(member in members for member in guest.members)
    return covers(place, guest.place) and (host.scope == "zone" or cause == guest.cause)


def covers(host: Place, place: Place) -> bool:
    return host[0] == place[0] and host[1] in (place[1], "*") and host[2] in (place[2], "*")
