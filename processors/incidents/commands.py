"""What operators decide: acknowledge, shelve, comment. Applied in the order of the log.

What is put away is a kind at its place with its cause, not one occurrence: it outlives its incident, is listed by
`shelved` as long as it stands, and brought back by the id of any of its incidents, or of the one with which it was
put away. Only what is out of service and protects lives ends with its incident: the next one is told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from journal.entries import CommandEntry
from processors.incidents.memory import Remembered
from processors.incidents.model import NEVER, SYSTEM, Incident, Key, Shelf
from processors.incidents.register import Register
from processors.incidents.rules import LONGEST_SHELF_MS
from processors.kinds import KINDS

Command = Callable[[Register, Incident, CommandEntry], None]


def fault(command: CommandEntry) -> str | None:
    """What is wrong with the command itself, whatever it is about; None if nothing is."""
    if command.command not in COMMANDS:
        return f"{command.command!r} is no command; allowed: {', '.join(COMMANDS)}"
    if command.command in NEED_REASON and not command.reason.strip():
        return f"{command.command} needs a reason"
    if command.command == "shelve" and not 0 < command.until - command.time <= LONGEST_SHELF_MS:
        return f"shelve ends after now, and within {LONGEST_SHELF_MS // 86_400_000} days"
    return None


def conflict(state: str, command: CommandEntry) -> str | None:
    """Why it makes no sense for an incident in `state`; None where it does."""
    allowed = ALLOWED.get(command.command, (state,))
    if state in allowed:
        return None
    return f"incident {command.incident} is {state}; {command.command} takes one that is {' or '.join(allowed)}"


NEED_REASON: Final = ("shelve", "comment", "out-of-service")
_GOING_ON: Final = ("unacknowledged", "acknowledged", "suppressed")
ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "acknowledge": ("unacknowledged", "returned", "suppressed"),
    "shelve": (*_GOING_ON, "shelved", "returned"),
    "unshelve": ("shelved",),
    "out-of-service": (*_GOING_ON, "shelved", "returned"),
    "in-service": ("out-of-service",),
}
"""The states in which a command makes sense; a comment does in every one."""


BACK: Final = ("unshelve", "in-service")
"""These are about what is put away, whatever has become of its incident."""


def state_of(known: Remembered, incident: str, command: str) -> str | None:
    """The state that decides on `command` about the id `incident`; None where nothing goes by it."""
    shelf = _shelf_named(known, incident) if command in BACK else None
    if shelf is not None:
        return shelf.state
    found = known.incidents.get(incident)
    return known.state_of(found) if found is not None and found.told else None


def _shelf_named(known: Remembered, incident: str) -> Shelf | None:
    found = known.incidents.get(incident)
    if found is not None:
        return known.shelf_of(found)
    return next((shelf for shelf in known.shelves.values() if incident and shelf.incident == incident), None)


def shelved(known: Remembered) -> list[dict[str, Any]]:
    """All that is put away, the newest first, ready for JSON. Times in ms; `until` is None while out of service."""
    found = sorted(known.shelves.values(), key=lambda shelf: (-shelf.since, shelf.key))
    return [_shown(known, shelf) for shelf in found]


def _shown(known: Remembered, shelf: Shelf) -> dict[str, Any]:
    kind, (city, domain, zone), cause = shelf.key
    ids = [each.id for each in known.incidents.values() if each.key == shelf.key and each.told]
    return {
        "incident": shelf.incident or (ids[-1] if ids else ""),
        "kind": kind,
        "city": city,
        "domain": domain,
        "zone": zone,
        "cause": cause,
        "state": shelf.state,
        "life_safety": KINDS[kind].life_safety,
        "by": shelf.by,
        "reason": shelf.reason,
        "since": shelf.since or None,
        "until": shelf.until if shelf.until != NEVER else None,
    }


def carry_out(register: Register, command: CommandEntry) -> bool:
    """Whether it could be: the incident may have changed since the operator was shown it."""
    state = state_of(register.known, command.incident, command.command)
    if state is None or fault(command) is not None or conflict(state, command) is not None:
        return False
    if command.command in BACK:
        _bring_back(register, command)
    else:
        _CARRIED[command.command](register, register.known.incidents[command.incident], command)
    return True


def _acknowledge(register: Register, incident: Incident, command: CommandEntry) -> None:
    incident.acknowledged, incident.suppressed = True, False
    register.flood(incident).held.pop(incident.id, None)
    register.note(incident, "acknowledged", command.by, command.reason)
    if incident.phase == "returned":
        register.close(incident, command.by)


def _put_away(register: Register, incident: Incident, command: CommandEntry) -> None:
    until = command.until if command.command == "shelve" else NEVER
    shelf = Shelf(incident.key, until, command.by, command.reason, register.now, incident.id)
    register.known.shelves[incident.key] = shelf
    register.note(incident, shelf.state, command.by, command.reason)
    if incident.phase == "returned":
        register.close(incident, command.by)


def _bring_back(register: Register, command: CommandEntry) -> None:
    known = register.known
    shelf = _shelf_named(known, command.incident)
    assert shelf is not None
    del known.shelves[shelf.key]
    event = "unshelved" if command.command == "unshelve" else "in-service"
    for incident in known.incidents.values():
        if incident.id == command.incident or (incident.key == shelf.key and _goes_on(incident)):
            register.note(incident, event, command.by, command.reason)


def _goes_on(incident: Incident) -> bool:
    return incident.told and incident.phase in ("open", "returned")


def _comment(register: Register, incident: Incident, command: CommandEntry) -> None:
    register.note(incident, "comment", command.by, command.reason)


_CARRIED: Final[dict[str, Command]] = {
    "acknowledge": _acknowledge,
    "shelve": _put_away,
    "out-of-service": _put_away,
    "comment": _comment,
}
COMMANDS: Final = (*_CARRIED, *BACK)


def end_shelves(register: Register) -> None:
    """Bring back what was put away until now, and what protects lives and is over."""
    for key, shelf in list(register.known.shelves.items()):
        if shelf.until <= register.now:
            del register.known.shelves[key]
            for incident in [each for each in register.open() if each.key == key]:
                if not incident.suppressed and not incident.acknowledged:
                    register.page(incident, "released")
                else:
                    register.note(incident, "unshelved")
        elif shelf.until == NEVER and KINDS[key[0]].life_safety:
            _end_with_incident(register, key)


def _end_with_incident(register: Register, key: Key) -> None:
    """That a siren was once switched off for a drill must not hide the next quake."""
    mine = [each for each in register.known.incidents.values() if each.key == key and each.told]
    if not any(_goes_on(each) for each in mine):
        del register.known.shelves[key]
        if mine:
            register.note(mine[-1], "in-service", SYSTEM)
