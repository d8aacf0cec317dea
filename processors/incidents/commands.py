"""What operators decide: acknowledge, shelve, comment. Applied in the order of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from journal.entries import CommandEntry
from processors.incidents.model import NEVER, Incident, Shelf
from processors.incidents.register import Register
from processors.incidents.rules import LONGEST_SHELF_MS

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


def carry_out(register: Register, command: CommandEntry) -> bool:
    """Whether it could be: the incident may have changed since the operator was shown it."""
    incident = register.known.incidents.get(command.incident)
    if incident is None or not incident.told:
        return False
    if fault(command) is not None or conflict(register.known.state_of(incident), command) is not None:
        return False
    COMMANDS[command.command](register, incident, command)
    return True


def _acknowledge(register: Register, incident: Incident, command: CommandEntry) -> None:
    incident.acknowledged, incident.suppressed = True, False
    register.flood(incident).held.pop(incident.id, None)
    register.note(incident, "acknowledged", command.by, command.reason)
    if incident.phase == "returned":
        register.close(incident, command.by)


def _put_away(register: Register, incident: Incident, command: CommandEntry) -> None:
    until = command.until if command.command == "shelve" else NEVER
    shelf = Shelf(incident.key, until, command.by, command.reason)
    register.known.shelves[incident.key] = shelf
    register.note(incident, shelf.state, command.by, command.reason)
    if incident.phase == "returned":
        register.close(incident, command.by)


def _bring_back(register: Register, incident: Incident, command: CommandEntry) -> None:
    del register.known.shelves[incident.key]
    event = "unshelved" if command.command == "unshelve" else "in-service"
    register.note(incident, event, command.by, command.reason)


def _comment(register: Register, incident: Incident, command: CommandEntry) -> None:
    register.note(incident, "comment", command.by, command.reason)


COMMANDS: Final[dict[str, Command]] = {
    "acknowledge": _acknowledge,
    "shelve": _put_away,
    "unshelve": _bring_back,
    "comment": _comment,
    "out-of-service": _put_away,
    "in-service": _bring_back,
}


def end_shelves(register: Register) -> None:
    """Bring back what was put away until now."""
    for key, shelf in list(register.known.shelves.items()):
        if shelf.until <= register.now:
            del register.known.shelves[key]
            for incident in [each for each in register.open() if each.key == key]:
                if not incident.suppressed and not incident.acknowledged:
                    register.page(incident, "released")
                else:
                    register.note(incident, "unshelved")
