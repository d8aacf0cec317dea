"""A desk for tests of incidents: signals and seconds go in, what operators are told comes out."""

from __future__ import annotations

from typing import Any, Final

from journal.entries import CommandEntry, TickEntry
from processors.base import Outputs
from processors.incidents import IncidentsProcessor
from processors.signals import Place, Signal
from telemetry.batch import IncidentEvents, Incidents
from telemetry.series import Identity, SeriesTable

T0: Final = 1_763_769_600_000
ZONE: Final[Place] = ("3578", "water", "Genteng")
OTHER: Final[Place] = ("3578", "water", "Gubeng")


def city(devices: int = 40) -> SeriesTable:
    """One series a device, all in one zone: series 7 is that of device 7."""
    table = SeriesTable()
    for number in range(devices):
        table.intern(Identity(*ZONE, f"d{number}", "flow"))
    return table


def rows_of(batch: Incidents | IncidentEvents) -> list[dict[str, Any]]:
    names = type(batch).__slots__
    columns = [list(getattr(batch, name)) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


class Desk:
    """Times in seconds from T0. `incidents`: the last row of each; `events`: all of them."""

    def __init__(self, processor: IncidentsProcessor | None = None) -> None:
        self.processor = processor or IncidentsProcessor(city(), "en")
        self.now = 0.0
        self.incidents: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.counts: dict[str, int] = {}
        self.batches = 0

    def signal(
        self,
        kind: str,
        at: float,
        *,
        active: bool = True,
        member: int = 0,
        place: Place = ZONE,
        cause: str = "",
        severity: int = 1,
        score: float = 0.6,
    ) -> None:
        """Gathered now, about what was at `at`."""
        out = Outputs()
        reason = f"{kind} of {member}"
        out.signals.append(Signal(kind, place, cause, member, self._ms(at), active, severity, 1.5, score, reason))
        self.processor._gather(out)

    def flood(self, count: int, start: float, severity: int = 1, kind: str = "voltage") -> None:
        """One each in as many zones, at once."""
        for number in range(count):
            self.signal(kind, start, place=("3578", "energy", f"z{number}"), severity=severity)

    def command(self, command: str, incident: str, reason: str = "", until: float = 0.0) -> None:
        entry = CommandEntry(self._ms(self.now), incident, command, "siti", reason, self._ms(until) if until else 0)
        self.processor.command(entry)

    def pass_to(self, second: float, step: float = 1.0) -> None:
        """Tick up to `second`."""
        while self.now < second:
            self.now = min(second, self.now + step)
            self.tick()

    def tick(self) -> None:
        out = Outputs()
        self.processor.tick(TickEntry(self._ms(self.now), T0), out)
        for incidents in out.incidents:
            self.batches += 1
            for row in rows_of(incidents):
                self.incidents[row["incident"]] = row
        for events in out.incident_events:
            self.events += rows_of(events)
        for name, number in out.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number

    def restart(self) -> None:
        """A new process, from the snapshot."""
        again = IncidentsProcessor(city(), "en")
        again.restore(self.processor.snapshot())
        self.processor = again

    def told(self) -> list[tuple[str, str, float]]:
        """Kind, event and second of all that was told."""
        return [(event["kind"], event["event"], (int(event["time"]) - T0) / 1000) for event in self.events]

    def states(self) -> dict[str, str]:
        """Of each kind the state of its only incident."""
        kinds = [row["kind"] for row in self.incidents.values()]
        assert len(kinds) == len(set(kinds)), kinds
        return {row["kind"]: row["state"] for row in self.incidents.values()}

    def only(self, kind: str) -> dict[str, Any]:
        """The only incident of this kind."""
        (row,) = [row for row in self.incidents.values() if row["kind"] == kind]
        return row

    def _ms(self, second: float) -> int:
        return T0 + round(second * 1000)
