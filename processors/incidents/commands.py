"""What operators decide: acknowledge, shelve, comment. Applied in the order of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from journal.entries import CommandEntry
from processors.incidents.model import NEVER, Incident, Shelf
from processors.incidents.register import Register
from processors.incidents.rules import LONGEST_SHELF_MS

Command = Callable[[Register, Incident, CommandEntry], None]


def refusal(state: str | None, command: CommandEntry) -> str | None:
    """Why a command can't be carried out on an incident in `state` (None: there is no such); None where it can."""
    if command.command not in COMMANDS:
        return f"command {command.command!r} is not known; allowed: {', '.join(COMMANDS)}"
    if state is None:
        return f"there is no incident {command.incident}; it may have been closed long ago"
    if state not in ALLOWED.get(command.command, (state,)):
        return f"incident {command.incident} is {state}; {command.command} takes one that is " + " or ".join(
            ALLOWED[command.command]
        )
    if command.command in ("shelve", "comment", "out-of-service") and not command.reason.strip():
        return f"{command.command} needs a reason"
    if command.command == "shelve" and not 0 < command.until - command.time <= LONGEST_SHELF_MS:
        return f"until must lie ahead, by {LONGEST_SHELF_MS // 86_400_000} days at most"
    return None


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
    state = register.known.state_of(incident) if incident is not None and incident.told else None
    if incident is None or refusal(state, command) is not None:
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
