"""Operators and incidents: what they are shown, and how what they decide gets into the log.

POST ─▶ IncidentDesk ─ may it be? ─▶ Gate ─▶ JOURNAL (durable: 200) ─▶ incidents, at the next tick
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from journal.base import Position
from journal.entries import CommandEntry
from processors.incidents import IncidentsProcessor
from processors.incidents.commands import COMMANDS, conflict, fault, shelved, state_of
from telemetry.durations import AmountError, parse_duration
from telemetry.time import epoch_ms, rfc3339_ms

log = logging.getLogger("nadi.incidents")

LOCAL: Final = "local"
"""Who decides where nobody signs in."""
MOST_REASON: Final = 1_000
"""Characters of a reason or comment."""


class CommandRefused(ValueError):
    """Why, and the HTTP status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class IncidentDesk:
    """incidents: the present processor. commit: makes a command durable. clock: ms."""

    def __init__(
        self,
        incidents: Callable[[], IncidentsProcessor],
        commit: Callable[[CommandEntry], Awaitable[Position]],
        clock: Callable[[], int],
    ) -> None:
        self.incidents = incidents
        self.commit = commit
        self.clock = clock

    def told(self) -> dict[str, Any]:
        """What `/api/v1/incidents` answers."""
        return {"now": self.clock(), "incidents": self.incidents().listing()}

    def one(self, incident: str) -> dict[str, Any] | None:
        """What `/api/v1/incidents/ID` answers; None where there is none."""
        found = self.incidents().one(incident)
        return None if found is None else {"now": self.clock(), "incident": found}

    def shelves(self) -> dict[str, Any]:
        """What `/api/v1/shelves` answers: all that is shelved or out of service, its incidents over or not."""
        return {"now": self.clock(), "shelves": shelved(self.incidents().known)}

    def open(self) -> dict[tuple[str, str], int]:
        """How many have not ended, by domain and severity."""
        return self.incidents().open_counts()

    async def command(self, incident: str, command: str, body: object, user: str) -> dict[str, Any]:
        """Store what an operator decided. Raises CommandRefused; Full and Unavailable where nothing can be stored."""
        if command not in COMMANDS:
            raise CommandRefused(404, f"{command!r} is no command; allowed: {', '.join(COMMANDS)}")
        now = self.clock()
        entry = self._entry(now, incident, command, body, user or LOCAL)
        if (why := fault(entry)) is not None:
            raise CommandRefused(400, why)
        state = state_of(self.incidents().known, incident, command)
        if state is None:
            raise CommandRefused(404, f"there is no incident {incident}; it may have been closed long ago")
        if (why := conflict(state, entry)) is not None:
            raise CommandRefused(409, why)
        await self.commit(entry)
        log.info("an operator decided", extra={"incident": incident, "command": command, "by": entry.by})
        return {"incident": incident, "command": command, "by": entry.by, "time": now}

    def _entry(self, now: int, incident: str, command: str, body: object, user: str) -> CommandEntry:
        if not isinstance(body, dict):
            raise CommandRefused(400, 'write an object, like {"reason": "…"}')
        reason = body.get("reason", "")
        if not isinstance(reason, str) or len(reason) > MOST_REASON:
            raise CommandRefused(400, f"reason: write a text of at most {MOST_REASON} characters")
        until = self._until(now, body) if command == "shelve" else 0
        return CommandEntry(now, incident, command, user, reason.strip(), until)

    def _until(self, now: int, body: dict[str, Any]) -> int:
        """The end of a shelf, ms: `until` as an epoch number or RFC 3339, or `for` as a duration."""
        until, lasting = body.get("until"), body.get("for")
        try:
            if isinstance(lasting, str):
                return now + parse_duration(lasting)
            if isinstance(until, str):
                return rfc3339_ms(until)
            if isinstance(until, int | float) and not isinstance(until, bool):
                return epoch_ms(until)
        except (AmountError, ValueError, OverflowError) as error:
            raise CommandRefused(400, f"shelve: {error}") from None
        raise CommandRefused(400, 'shelve: say how long, like {"for": "2h"} or {"until": "2026-11-21T16:00:00Z"}')
